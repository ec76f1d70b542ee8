using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using IntegratedCare.Host.Auth;
using IntegratedCare.Host.OpenApi;
using IntegratedCare.Host.Verbs;
using IntegratedCare.Shared.Access;
using IntegratedCare.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Npgsql;

namespace IntegratedCare.System.Tests;

/// <summary>
/// Every operation of the OpenAPI document, so every endpoint there is: whatever is thrown at it, the answer is a 4xx problem
/// document and nothing is stored.
/// </summary>
public sealed class HostileInputTests(HostileInputTests.App app) : IClassFixture<HostileInputTests.App>
{
    private const string ActingUser = "name=Jo Bell; role=nurse; registration=NMC 01A2345E";
    private const int MostMutations = 250;
    private static readonly Lazy<JsonObject> Document = new(() =>
        JsonNode.Parse(ExportOpenApiVerb.TextAsync(ApiDocument.V31, CancellationToken.None).GetAwaiter().GetResult())!.AsObject());

    /// <summary>Ten digits or nearly, and no NHS number.</summary>
    private static readonly string[] BadNhsNumbers = ["4857773456", "9434765918", "1234567890", "4010232138", "0000000000", "1111111111", "999999999", "943476591X", "94347659190", "９４３４７６５９１９", " 9434765919"];

    public static TheoryData<string> Operations => [.. Operation.All(Document.Value).Where(o => o.Scope is not null).Select(o => o.Id)];

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task Given_hostile_input_the_answer_is_a_problem_and_nothing_is_stored(string operationId)
    {
        var operation = Operation.All(Document.Value).Single(o => o.Id == operationId);
        var before = await app.CountsAsync();
        var faults = new List<string>();
        using var http = new HttpClient { BaseAddress = app.Url, Timeout = TimeSpan.FromSeconds(60) };
        foreach (var attack in Attacks(operation))
        {
            using var request = attack.Request();
            try
            {
                using var response = await http.SendAsync(request);
                if (await FaultAsync(response, attack.Expected, attack.MayPass) is { } fault)
                    faults.Add($"{attack.Name}: {fault}");
            }
            catch (HttpRequestException e)
            {
                faults.Add($"{attack.Name}: {e.HttpRequestError}");
            }
        }

        (await app.CountsAsync()).Except(before).Select(c => $"{c.Key} has {c.Value} rows").ShouldBeEmpty();
        faults.ShouldBeEmpty();
    }

    [Fact]
    public void There_is_something_to_attack()
    {
        Operations.Count.ShouldBeGreaterThan(20);
        Operation.All(Document.Value).Count(o => o.Body is not null).ShouldBeGreaterThan(5);
    }

    private IEnumerable<Attack> Attacks(Operation operation)
    {
        var client = operation.Client();
        var good = app.Token(client, [.. client.Scopes]);
        HttpRequestMessage Call(string? token, HttpContent? body = null, string? query = null, Action<HttpRequestHeaders>? headers = null) =>
            operation.Call(token, client, body ?? (operation.Body is null ? null : Json(operation.Example()?.ToJsonString() ?? "{}", operation.Media)), query, headers);

        // Who is asking.
        yield return new("no token", () => Call(null), 401);
        yield return new("a token of nonsense", () => Call("nonsense"), 401);
        yield return new("a forged token", () => Call(app.Forged(client)), 401);
        yield return new("an unsigned token", () => Call(app.Unsigned(client)), 401);
        yield return new("an expired token", () => Call(app.Expired(client)), 401);
        yield return new("a token without the scope", () => Call(app.Token(client, [])), 403);
        yield return new("a purpose that is none", () => Call(good, headers: h => Set(h, "X-Purpose-Of-Use", "marketing")), 403);
        yield return new("an acting user that cannot be read", () => Call(good, headers: h => Set(h, "X-Acting-User", "somebody")), 400);
        if (operation.PersonLevel)
        {
            var commissioner = new DemoClient("hostile-commissioner", "99A", OrganisationKinds.Commissioner, Scopes.All, Purposes.All, []);
            foreach (var purpose in operation.Purposes)
                yield return new($"a commissioner asking for rows for {purpose}", () => operation.Call(app.Token(commissioner, Scopes.All), client, Call(null).Content, null, h => Set(h, "X-Purpose-Of-Use", purpose)), null) { MayPass = true };
        }

        var stranger = new DemoClient("hostile-stranger", "ZZZ99", client.Kind, client.Scopes, client.Purposes, []);
        if (operation.PathParameters.Count > 0)
            yield return new("somebody else's record", () => Call(app.Token(stranger, [.. client.Scopes])), null) { MayPass = operation.IsGet };

        // What stands in the address. A record that is not there or rows that are not to be seen may be refused before the query is looked at.
        int? badQuery = operation.PathParameters.Count == 0 && !operation.PersonLevel ? 400 : null;
        foreach (var (name, type) in operation.QueryParameters)
        {
            yield return new($"U+0000 in {name}", () => Call(good, query: $"{name}=a%00b"), type is "cursor" or "integer" or "formatted" ? badQuery : null) { MayPass = true };
            if (type is "integer" or "formatted")
                yield return new($"nonsense in {name}", () => Call(good, query: $"{name}=nonsense"), badQuery);
            if (name == "limit")
            {
                foreach (var limit in new[] { "0", "-1", "1001", "99999999999" })
                    yield return new($"limit {limit}", () => Call(good, query: $"limit={limit}"), badQuery);
            }

            if (name == "cursor")
            {
                foreach (var cursor in new[] { "nonsense", "W10", "WyJhIiwiYiIsImMiLCJkIiwiZSIsImYiXQ", "%FF%FE" })
                    yield return new($"cursor {cursor}", () => Call(good, query: $"cursor={cursor}"), badQuery);
            }
        }

        // Kestrel itself refuses U+0000 in a path, before anything of ours runs.
        foreach (var parameter in operation.PathParameters)
        {
            foreach (var value in new[] { "%01", "..%2F..%2Fetc", new string('x', 2000), "'%20OR%201=1--", "%F0%9F%92%A9" })
                yield return new($"{value[..Math.Min(20, value.Length)]} as {parameter}", () => operation.Call(good, client, Call(null).Content, null, null, (parameter, value)), null);
        }

        if (operation.TakesIfMatch)
        {
            yield return new("no If-Match", () => Call(good, headers: h => h.Remove("If-Match")), null);
            yield return new("a stale If-Match", () => Call(good, headers: h => Set(h, "If-Match", "\"999999\"")), null);
        }

        if (operation.TakesKey)
            yield return new("an Idempotency-Key without end", () => Call(good, headers: h => Set(h, "Idempotency-Key", new string('k', 5000))), 400);

        if (operation.Body is null)
            yield break;

        // What stands in the body.
        var example = operation.Example();
        yield return new("another media type", () => Call(good, Json("<x/>", "application/xml")), 415);
        yield return new("no body", () => Call(good, Json("", operation.Media)), null);
        yield return new("not JSON", () => Call(good, Json("{\"a\": ", operation.Media)), 400);
        yield return new("bytes that are no text", () => Call(good, Bytes([0xff, 0xfe, 0x00, 0x7b], operation.Media)), 400);
        yield return new("null", () => Call(good, Json("null", operation.Media)), null);
        yield return new("an array", () => Call(good, Json("[]", operation.Media)), 400);
        yield return new("a text", () => Call(good, Json("\"text\"", operation.Media)), 400);
        yield return new("an empty object", () => Call(good, Json("{}", operation.Media)), null) { MayPass = operation.NothingRequired };
        yield return new("1,000 levels", () => Call(good, Json(string.Concat(Enumerable.Repeat("{\"a\":", 1000)) + "1" + new string('}', 1000), operation.Media)), 400);
        yield return new("1,000 arrays", () => Call(good, Json(new string('[', 1000) + new string(']', 1000), operation.Media)), 400);
        yield return new("10 MB", () => Call(good, Json($"{{\"a\":\"{new string('x', 10 * 1024 * 1024)}\"}}", operation.Media), headers: h => h.ExpectContinue = true), 413);
        if (example is not JsonObject whole)
            yield break;

        if (operation.Closed)
            yield return new("an unknown member", () => Call(good, Json(With(whole, o => o["noSuchMember"] = 1), operation.Media)), 400);
        yield return new("a member twice", () => Call(good, Json("{\"a\":1," + whole.ToJsonString()[1..^1] + ",\"a\":2}", operation.Media)), 400);
        foreach (var (name, body, wrongType) in Mutations(operation, whole).Take(MostMutations))
            yield return new(name, () => Call(good, Json(body, operation.Media)), wrongType ? 400 : null);
    }

    /// <summary>The example with one member made wrong at a time.</summary>
    private static IEnumerable<(string Name, string Body, bool WrongType)> Mutations(Operation operation, JsonObject whole)
    {
        foreach (var (pointer, schema) in operation.Members())
        {
            foreach (var (what, value, wrongType) in Wrong(pointer[^1], schema))
            {
                yield return ($"{what} at /{string.Join('/', pointer)}", With(whole, o =>
                {
                    JsonNode at = o;
                    foreach (var step in pointer[..^1])
                        at = at is JsonArray list ? list[int.Parse(step)]! : at[step]!;
                    if (at is JsonArray array)
                        array[int.Parse(pointer[^1])] = value?.DeepClone();
                    else
                        at[pointer[^1]] = value?.DeepClone();
                }), wrongType);
            }
        }
    }

    private static IEnumerable<(string, JsonNode?, bool)> Wrong(string name, JsonObject schema)
    {
        var types = Operation.Types(schema);
        if (types.Count == 0)
            yield break;
        if (!types.Contains("object"))
            yield return ("an object", new JsonObject { ["a"] = 1 }, true);
        if (!types.Contains("array"))
            yield return ("an array", new JsonArray(1), true);
        if (!types.Contains("string"))
            yield return ("a text", "text", true);
        if (!types.Contains("integer") && !types.Contains("number"))
            yield return ("a number", 12345, true);
        if (!types.Contains("boolean"))
            yield return ("a truth value", true, true);
        if (types.Contains("integer") || types.Contains("number"))
        {
            yield return ("a number beyond any range", JsonNode.Parse("1e400"), false);
            yield return ("a negative number", -1234567890123, false);
        }

        if (types.Contains("string"))
        {
            if (schema["enum"] is not null || schema["format"]?.GetValue<string>() is "date" or "date-time" or "uuid")
                yield return ("nonsense", "no-such-value", true);
            yield return ("U+0000", "a\0b", false);
            yield return ("100,000 characters", new string('x', 100_000), false);
            if (name == "subject" || name.Contains("nhsNumber", StringComparison.OrdinalIgnoreCase))
            {
                foreach (var number in BadNhsNumbers)
                    yield return ($"the NHS number {number}", number, false);
            }

            if (name == "source")
                yield return ("somebody else's source", "urn:ods:ZZZ99", false);
        }
    }

    private static async Task<string?> FaultAsync(HttpResponseMessage response, int? expected, bool mayPass)
    {
        var status = (int)response.StatusCode;
        var text = await response.Content.ReadAsStringAsync();
        var shown = text.Length > 300 ? text[..300] : text;
        if (expected is not null && status != expected)
            return $"{status} instead of {expected}: {shown}";
        if (status is < 400 or > 499)
            return status is 200 && mayPass && !PersonMembers.Any(m => text.Contains(m, StringComparison.Ordinal)) ? null : $"{status}: {shown}";
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json")
            return $"{status} is no problem document: {shown}";
        var problem = JsonDocument.Parse(text).RootElement;
        foreach (var member in new[] { "code", "type", "traceId", "title", "detail" })
        {
            if (!problem.TryGetProperty(member, out var value) || string.IsNullOrEmpty(value.GetString()))
                return $"{status} without {member}: {shown}";
        }

        return text.Contains("   at ", StringComparison.Ordinal) || text.Contains("IntegratedCare.", StringComparison.Ordinal) ? $"{status} tells of the inside: {shown}" : null;
    }

    private static readonly string[] PersonMembers = ["\"nhsNumber\":\"", "\"familyName\":\"", "\"givenName\":\"", "\"birthDate\":\"", "\"personId\":\""];

    private static string With(JsonObject whole, Action<JsonObject> change)
    {
        var copy = whole.DeepClone().AsObject();
        change(copy);
        return copy.ToJsonString();
    }

    private static StringContent Json(string text, string media) => new(text, new MediaTypeHeaderValue(media));

    private static ByteArrayContent Bytes(byte[] bytes, string media) => new(bytes) { Headers = { ContentType = new MediaTypeHeaderValue(media) } };

    private static void Set(HttpRequestHeaders headers, string name, string value)
    {
        headers.Remove(name);
        headers.TryAddWithoutValidation(name, value);
    }

    private sealed record Attack(string Name, Func<HttpRequestMessage> Request, int? Expected)
    {
        /// <summary>Whether an answer without anything about a person will do, such as an empty page.</summary>
        public bool MayPass { get; init; }
    }

    /// <summary>One operation, read from the document alone.</summary>
    private sealed record Operation(JsonObject Document, string Path, string Method, JsonObject Node)
    {
        public bool IsGet => Method == "GET";

        public string Id => Node["operationId"]!.GetValue<string>();

        public string? Scope => Node["security"]?[0]?["oauth2"]?[0]?.GetValue<string>();

        private string Description => Node["description"]!.GetValue<string>();

        public bool PersonLevel => Description.Contains("Person-level", StringComparison.Ordinal);

        public IReadOnlyList<string> Purposes => IntegratedCare.Shared.Access.Purposes.All.Where(p => Description.Contains($"`{p}`", StringComparison.Ordinal)).ToList();

        private IReadOnlyList<string> Kinds => OrganisationKinds.All.Where(k => Description.Contains("For: ", StringComparison.Ordinal)
            && Description[Description.IndexOf("For: ", StringComparison.Ordinal)..].Contains($"`{k}`", StringComparison.Ordinal)).ToList();

        private IEnumerable<JsonObject> Parameters => Node["parameters"]!.AsArray().Select(p => Resolve(p!.AsObject()));

        public IReadOnlyList<string> PathParameters => [.. Parameters.Where(p => p["in"]!.GetValue<string>() == "path").Select(p => p["name"]!.GetValue<string>())];

        public IReadOnlyList<(string Name, string Type)> QueryParameters =>
        [
            .. Parameters.Where(p => p["in"]!.GetValue<string>() == "query").Select(p =>
            {
                var name = p["name"]!.GetValue<string>();
                var schema = Resolve(p["schema"]!.AsObject());
                return (name, name == "cursor" ? "cursor" : Types(schema).Contains("integer") || Types(schema).Contains("boolean") ? "integer"
                    : schema["format"] is not null || schema["enum"] is not null ? "formatted" : "text");
            }),
        ];

        public bool TakesIfMatch => Parameters.Any(p => p["name"]!.GetValue<string>() == "If-Match");

        public bool TakesKey => Parameters.Any(p => p["name"]!.GetValue<string>() == "Idempotency-Key");

        /// <summary>The first media type that is one JSON value.</summary>
        public string Media => Node["requestBody"]!["content"]!.AsObject().Select(c => c.Key).OrderBy(k => k == "application/json" ? 0 : k == "application/cloudevents+json" ? 1 : 2).First();

        public JsonObject? Body => Node["requestBody"] is null ? null : Resolve(Node["requestBody"]!["content"]![Media]!["schema"]!.AsObject());

        /// <summary>CloudEvents may carry extensions; nothing else may carry members that are not known.</summary>
        public bool Closed => Media == "application/json" && Body?["additionalProperties"]?.GetValueKind() == JsonValueKind.False;

        public bool NothingRequired => Body?["required"] is null or JsonArray { Count: 0 };

        public static IEnumerable<Operation> All(JsonObject document) => document["paths"]!.AsObject().SelectMany(path =>
            path.Value!.AsObject().Where(o => o.Value is JsonObject && o.Value["operationId"] is not null).Select(o => new Operation(document, path.Key, o.Key.ToUpperInvariant(), o.Value!.AsObject())));

        /// <summary>A demo client that may call it.</summary>
        public DemoClient Client() => DemoClients.All.FirstOrDefault(c => c.Scopes.Contains(Scope) && c.Purposes.Intersect(Purposes).Any() && (Kinds.Count == 0 || Kinds.Contains(c.Kind)))
            ?? throw new InvalidOperationException($"No demo client may call {Id}.");

        public HttpRequestMessage Call(string? token, DemoClient client, HttpContent? body, string? query, Action<HttpRequestHeaders>? headers, (string Name, string Value)? path = null)
        {
            var address = PathParameters.Aggregate(Path, (at, name) => at.Replace($"{{{name}}}", path?.Name == name ? path.Value.Value : PathValue(name)));
            var request = new HttpRequestMessage(new HttpMethod(Method), query is null ? address : $"{address}?{query}") { Content = body };
            if (token is not null)
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            request.Headers.Add("X-Purpose-Of-Use", client.Purposes.First(Purposes.Contains));
            request.Headers.Add("X-Acting-User", ActingUser);
            if (TakesIfMatch)
                request.Headers.TryAddWithoutValidation("If-Match", "\"1\"");
            headers?.Invoke(request.Headers);
            return request;
        }

        private string PathValue(string name)
        {
            var schema = Resolve(Parameters.First(p => p["name"]!.GetValue<string>() == name)["schema"]!.AsObject());
            return schema["format"]?.GetValue<string>() == "uuid" ? "0196e1b0-0000-7000-8000-00000000dead" : Types(schema).Contains("integer") ? "7" : "hostile-unknown";
        }

        /// <summary>A body with every member there is, each of its type.</summary>
        public JsonNode? Example() => Example(Body!, 0);

        private JsonNode? Example(JsonObject schema, int depth)
        {
            schema = Resolve(schema);
            if (schema["enum"] is JsonArray values)
                return values.First(v => v is not null)!.DeepClone();
            var types = Types(schema);
            if (types.Contains("object"))
            {
                var made = new JsonObject();
                foreach (var (name, member) in schema["properties"]?.AsObject() ?? [])
                {
                    if (name == "source" && depth == 0)
                        made[name] = $"urn:ods:{Client().Organisation}";
                    else if (depth < 5)
                        made[name] = Example(member!.AsObject(), depth + 1);
                }

                return made;
            }

            if (types.Contains("array"))
                return schema["items"] is JsonObject items && depth < 5 ? new JsonArray(Example(items, depth + 1)) : [];
            if (types.Contains("integer") || types.Contains("number"))
                return 1;
            if (types.Contains("boolean"))
                return false;
            return schema["format"]?.GetValue<string>() switch
            {
                "date" => "2026-01-01",
                "date-time" => "2026-01-01T00:00:00Z",
                "uuid" => "0196e1b0-0000-7000-8000-00000000dead",
                _ => new string('x', Math.Max(schema["minLength"]?.GetValue<int>() ?? 1, 1)),
            };
        }

        /// <summary>Every member of the example, by its path.</summary>
        public IEnumerable<(string[] Pointer, JsonObject Schema)> Members() => Members(Body!, [], 0);

        private IEnumerable<(string[], JsonObject)> Members(JsonObject schema, string[] at, int depth)
        {
            schema = Resolve(schema);
            var inner = Types(schema).Contains("array")
                ? schema["items"] is JsonObject items ? [("0", items)] : []
                : (schema["properties"]?.AsObject() ?? []).Select(p => (p.Key, p.Value!.AsObject()));
            foreach (var (name, member) in inner)
            {
                if (depth >= 5)
                    yield break;
                string[] pointer = [.. at, name];
                yield return (pointer, Resolve(member));
                foreach (var deeper in Members(member, pointer, depth + 1))
                    yield return deeper;
            }
        }

        public static HashSet<string> Types(JsonObject schema) => schema["type"] switch
        {
            JsonArray many => [.. many.Select(t => t!.GetValue<string>())],
            JsonValue one => [one.GetValue<string>()],
            _ => schema["enum"] is not null ? ["string"] : [],
        };

        private JsonObject Resolve(JsonObject node)
        {
            if ((node["oneOf"] ?? node["anyOf"]) is JsonArray choices)
                return Resolve(choices.Select(c => c!.AsObject()).First(c => c["type"]?.ToString() != "null"));
            if (node["$ref"]?.GetValue<string>() is not { } reference)
                return node;
            JsonNode at = Document;
            foreach (var part in reference.Split('/')[1..])
                at = at[part]!;
            return Resolve(at.AsObject());
        }
    }

    /// <summary>The host, with tokens no issuer of ours gives out.</summary>
    public sealed class App : TestApp
    {
        private readonly Dictionary<string, string> _tokens = [];

        internal string Token(DemoClient client, IReadOnlyList<string> scopes) => Kept($"{client.Id} {string.Join(' ', scopes)}", () => Issuer.Issue(client, scopes));

        internal string Expired(DemoClient client) => Kept($"{client.Id} expired", () =>
        {
            var claims = new JsonWebToken(Token(client, client.Scopes));
            var now = TimeProvider.System.GetUtcNow().UtcDateTime;
            return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
            {
                Issuer = claims.Issuer,
                Audience = claims.Audiences.Single(),
                NotBefore = now.AddHours(-3),
                Expires = now.AddHours(-2),
                Claims = claims.Claims.Where(c => c.Type is not ("nbf" or "exp" or "iat" or "iss" or "aud")).ToDictionary(c => c.Type, object (c) => c.Value),
                SigningCredentials = new SigningCredentials(Issuer.Key, SecurityAlgorithms.EcdsaSha256),
            });
        });

        internal string Forged(DemoClient client) => Kept($"{client.Id} forged", () =>
        {
            var claims = new JsonWebToken(Token(client, client.Scopes));
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var body = $"{claims.EncodedHeader}.{claims.EncodedPayload}";
            return $"{body}.{Base64UrlEncoder.Encode(key.SignData(Encoding.ASCII.GetBytes(body), HashAlgorithmName.SHA256))}";
        });

        internal string Unsigned(DemoClient client) => Kept($"{client.Id} unsigned", () =>
            $"{Base64UrlEncoder.Encode("""{"alg":"none","typ":"JWT"}""")}.{new JsonWebToken(Token(client, client.Scopes)).EncodedPayload}.");

        /// <summary>The rows of every module's tables, but for audit, idempotency keys, and the day to which a worker has counted.</summary>
        internal async Task<Dictionary<string, long>> CountsAsync()
        {
            var source = Services.GetRequiredService<NpgsqlDataSource>();
            var tables = new List<string>();
            await using (var command = source.CreateCommand(
                """
                SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
                WHERE schemaname = ANY($1) AND tablename NOT IN ('audit', 'idempotency', '__migrations', 'counted_to') ORDER BY 1
                """))
            {
                command.Parameters.Add(new NpgsqlParameter { Value = ModuleOnDisk.All.Select(m => m.Schema).ToArray() });
                await using var reader = await command.ExecuteReaderAsync();
                while (await reader.ReadAsync())
                    tables.Add(reader.GetString(0));
            }

            tables.ShouldNotBeEmpty();
            var counts = new Dictionary<string, long>();
            await using var count = source.CreateCommand(string.Join(" UNION ALL ", tables.Select(t => $"SELECT '{t}', count(*) FROM {t}")));
            await using var rows = await count.ExecuteReaderAsync();
            while (await rows.ReadAsync())
                counts[rows.GetString(0)] = rows.GetInt64(1);
            return counts;
        }

        private DevelopmentIssuer Issuer => Services.GetRequiredService<DevelopmentIssuer>();

        private string Kept(string name, Func<string> make) => _tokens.TryGetValue(name, out var token) ? token : _tokens[name] = make();
    }
}
