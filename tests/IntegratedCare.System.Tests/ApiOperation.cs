using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using IntegratedCare.Host.Auth;
using IntegratedCare.Host.OpenApi;
using IntegratedCare.Host.Verbs;
using IntegratedCare.Shared.Access;

namespace IntegratedCare.System.Tests;

/// <summary>One operation, read from the document alone.</summary>
internal sealed record ApiOperation(JsonObject Document, string Path, string Method, JsonObject Node)
{
    /// <summary>More levels than any body has.</summary>
    private const int MaxLevels = 12;

    /// <summary>The document as the code makes it.</summary>
    public static readonly Lazy<JsonObject> Exported = new(() =>
        JsonNode.Parse(ExportOpenApiVerb.TextAsync(ApiDocument.V31, CancellationToken.None).GetAwaiter().GetResult())!.AsObject());

    /// <summary>Every operation that needs a token.</summary>
    public static IReadOnlyList<ApiOperation> Guarded => [.. All(Exported.Value).Where(o => o.Scope is not null)];

    /// <summary>Every operation that anybody may call.</summary>
    public static IReadOnlyList<ApiOperation> Open => [.. All(Exported.Value).Where(o => o.Scope is null)];

    public bool IsGet => Method == "GET";

    public string Id => Node["operationId"]!.GetValue<string>();

    public string? Scope => Node["security"]?[0]?["oauth2"]?[0]?.GetValue<string>();

    private string Description => Node["description"]!.GetValue<string>();

    public bool PersonLevel => Description.Contains("Person-level", StringComparison.Ordinal);

    public IReadOnlyList<string> Purposes => IntegratedCare.Shared.Access.Purposes.All.Where(p => Description.Contains($"`{p}`", StringComparison.Ordinal))
        .ToList();

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

    /// <summary>Whether it answers only when asked for something narrower.</summary>
    public bool NeedsQuery => Parameters.Any(p => p["in"]!.GetValue<string>() == "query" && p["required"]?.GetValue<bool>() == true);

    public bool TakesIfMatch => Parameters.Any(p => p["name"]!.GetValue<string>() == "If-Match");

    public bool TakesKey => Parameters.Any(p => p["name"]!.GetValue<string>() == "Idempotency-Key");

    /// <summary>The first media type that is one JSON value.</summary>
    public string Media => Node["requestBody"]!["content"]!.AsObject().Select(c => c.Key)
        .OrderBy(k => k == "application/json" ? 0 : k == "application/cloudevents+json" ? 1 : 2).First();

    public JsonObject? Body => Node["requestBody"] is null ? null : Resolve(Node["requestBody"]!["content"]![Media]!["schema"]!.AsObject());

    /// <summary>CloudEvents may carry extensions; nothing else may carry members that are not known.</summary>
    public bool Closed => Media == "application/json" && Body?["additionalProperties"]?.GetValueKind() == JsonValueKind.False;

    public bool NothingRequired => Body?["required"] is null or JsonArray { Count: 0 };

    public static IEnumerable<ApiOperation> All(JsonObject document) => document["paths"]!.AsObject().SelectMany(path =>
        path.Value!.AsObject().Where(o => o.Value is JsonObject && o.Value["operationId"] is not null)
            .Select(o => new ApiOperation(document, path.Key, o.Key.ToUpperInvariant(), o.Value!.AsObject())));

    /// <summary>
    /// Whether reading this is not a matter of whose it is: registers, definitions, runs and values that all of the system may see; of a run's
    /// changes each sees its own.
    /// </summary>
    public bool IsForAll => Id is "readOrganisation" or "readPlace" or "readRiskModel" or "readStratification"
        or "readPathwayDefinition" or "readMetricDefinition"
        or "listTierChanges" or "readComputation" or "readLineage" or "verifyValue";

    /// <summary>The demo client whose records the seeded ones are, or else one that may call it.</summary>
    public DemoClient Client()
    {
        string[] owners = Id switch
        {
            "acceptHandover" => ["demo-acute-trust"],
            "registerPersons" => ["demo-operator"],
            _ when Path.StartsWith("/v1/contracts/", StringComparison.Ordinal) || Path.StartsWith("/v1/commissioning/", StringComparison.Ordinal) =>
                ["demo-commissioner"],
            _ when Path.StartsWith("/v1/population/events", StringComparison.Ordinal) || Path.StartsWith("/v1/population/loads", StringComparison.Ordinal)
                || Path.StartsWith("/v1/population/waiting-records", StringComparison.Ordinal) => ["demo-acute-trust"],
            _ => ["demo-practice", "demo-commissioner"],
        };
        return owners.Select(o => DemoClients.Find(o)!).Concat(DemoClients.All)
            .FirstOrDefault(c => c.Scopes.Contains(Scope) && c.Purposes.Intersect(Purposes).Any() && (Kinds.Count == 0 || Kinds.Contains(c.Kind)))
            ?? throw new InvalidOperationException($"No demo client may call {Id}.");
    }

    /// <summary>The human who acts for a client, as the seeded records name them.</summary>
    private static string ActingUser(DemoClient client) => client.Id switch
    {
        "demo-commissioner" => "name=Omar Officer; role=accountable officer",
        "demo-acute-trust" => "name=Nora Nurse; role=community-nurse; registration=NMC 12A3456E",
        _ => "name=Gee Pee; role=gp; registration=GMC 1234567",
    };

    /// <summary>A request to a real record, where the world has one.</summary>
    public HttpRequestMessage Call(CareWorld world, string? token, DemoClient client, HttpContent? body, string? query, Action<HttpRequestHeaders>? headers,
        (string Name, string Value)? path = null)
    {
        var address = PathParameters.Aggregate(Path,
            (at, name) => at.Replace($"{{{name}}}", path?.Name == name ? path.Value.Value : world.Id(this, name) ?? PathValue(name)));
        var request = new HttpRequestMessage(new HttpMethod(Method), query is null ? address : $"{address}?{query}") { Content = body };
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Headers.Add("X-Purpose-Of-Use", client.Purposes.First(Purposes.Contains));
        request.Headers.Add("X-Acting-User", ActingUser(client));
        if (TakesIfMatch)
            request.Headers.TryAddWithoutValidation("If-Match", "*");
        headers?.Invoke(request.Headers);
        return request;
    }

    private string PathValue(string name)
    {
        var schema = Resolve(Parameters.First(p => p["name"]!.GetValue<string>() == name)["schema"]!.AsObject());
        return schema["format"]?.GetValue<string>() == "uuid" ? "0196e1b0-0000-7000-8000-00000000dead" : Types(schema).Contains("integer") ? "7"
            : "hostile-unknown";
    }

    /// <summary>The media types an answer may have.</summary>
    public IReadOnlyList<string> Answers => Node["responses"]?["200"]?["content"] is JsonObject content ? [.. content.Select(c => c.Key)]
        : ["application/json"];

    /// <summary>The media types a body may have.</summary>
    public IReadOnlyList<string> MediaTypes => Node["requestBody"]?["content"] is JsonObject content ? [.. content.Select(c => c.Key)] : [];

    /// <summary>Whether the document has a body that is accepted. See src/Host/OpenApi/Examples.</summary>
    public bool HasExample => Node["requestBody"]?["content"]?[Media]?["example"] is not null;

    /// <summary>
    /// The document's example, with the world's ids for the example's own; where there is none, a body of the right shape that may well make no
    /// sense.
    /// </summary>
    public JsonNode? Example(CareWorld? world = null) =>
        Node["requestBody"]?["content"]?[Media]?["example"] is { } example ? JsonNode.Parse(world?.Real(example.ToJsonString()) ?? example.ToJsonString())
            : Body is null ? null : Made(Body, 0);

    /// <summary>A value of this shape, with every member there is.</summary>
    public JsonNode? Made(JsonObject schema) => Made(schema, 0);

    private JsonNode? Made(JsonObject schema, int depth)
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
                else if (depth < MaxLevels)
                    made[name] = Made(member!.AsObject(), depth + 1);
            }

            return made;
        }

        if (types.Contains("array"))
            return schema["items"] is JsonObject items && depth < MaxLevels ? new JsonArray(Made(items, depth + 1)) : [];
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

    /// <summary>Every member there is to attack: all that the schema declares, and each element of the body's arrays.</summary>
    public IEnumerable<Member> Members(JsonNode? whole) => Members(Body!, whole, [], MaxLevels);

    private IEnumerable<Member> Members(JsonObject schema, JsonNode? node, string[] at, int levels)
    {
        levels.ShouldBeGreaterThan(0, $"{Id} is deeper at /{string.Join('/', at)} than tests look");
        schema = Resolve(schema);
        var required = schema["required"]?.AsArray().Select(r => r!.GetValue<string>()).ToHashSet() ?? [];
        var inner = Types(schema).Contains("array")
            ? schema["items"] is JsonObject items ? Enumerable.Range(0, Math.Max((node as JsonArray)?.Count ?? 0, 1))
                .Select(i => (i.ToString(CultureInfo.InvariantCulture), items)) : []
            : (schema["properties"]?.AsObject() ?? []).Select(p => (p.Key, p.Value!.AsObject()));
        foreach (var (name, member) in inner)
        {
            string[] pointer = [.. at, name];
            yield return new(pointer, Resolve(member), required.Contains(name), MayBeNull(member));
            var within = node switch
            {
                JsonArray list => list.ElementAtOrDefault(int.Parse(name, CultureInfo.InvariantCulture)),
                JsonObject members => members[name],
                _ => null,
            };
            foreach (var deeper in Members(member, within, pointer, levels - 1))
                yield return deeper;
        }
    }

    /// <summary>
    /// Every member the schema declares, whichever of several shapes it is in, with 0 for an element: found apart from
    /// <see cref="Members(JsonNode?)"/>, which is held against it.
    /// </summary>
    public HashSet<string> Declared()
    {
        var found = new HashSet<string>();
        void Walk(JsonObject schema, string at)
        {
            if (schema["$ref"] is not null)
                schema = Referred(schema);
            foreach (var choice in (schema["oneOf"] ?? schema["anyOf"])?.AsArray().Where(c => c!["type"]?.ToString() != "null") ?? [])
                Walk(choice!.AsObject(), at);
            foreach (var (name, member) in schema["properties"]?.AsObject() ?? [])
            {
                found.Add($"{at}/{name}");
                Walk(member!.AsObject(), $"{at}/{name}");
            }

            if (schema["items"] is JsonObject items)
            {
                found.Add($"{at}/0");
                Walk(items, $"{at}/0");
            }

            schema["additionalProperties"]?.GetValueKind().ShouldBe(JsonValueKind.False, $"{Id} {at}: members of any name need attacks of their own");
        }

        Walk(Body!, "");
        return found;
    }

    /// <summary>
    /// Whole bodies that are accepted, which between them have every shape a body can have: the example, and for events one of each type.
    /// </summary>
    public IReadOnlyList<(ApiOperation Operation, JsonObject Whole)> Wholes(CareWorld? world = null)
    {
        if (Example(world) is not JsonObject example)
            return [];
        if (Id != "postEvents")
            return [(this, example)];
        // In the order of the shapes in the document.
        return [.. EventSamples.All.OrderBy(s => s.Type, StringComparer.Ordinal)
            .Select((s, i) => (this with { Choice = i }, EventSamples.Event(example, s.Type, s.Data)))];
    }

    /// <summary>Which shape a member is taken to have where the document gives it more than one.</summary>
    private int Choice { get; init; }

    /// <summary>How many shapes the member with the most of them may have.</summary>
    public int Shapes()
    {
        var most = 1;
        void Walk(JsonObject schema)
        {
            if (schema["$ref"] is not null)
                schema = Referred(schema);
            var choices = (schema["oneOf"] ?? schema["anyOf"])?.AsArray().Where(c => c!["type"]?.ToString() != "null").ToList() ?? [];
            most = Math.Max(most, choices.Count);
            foreach (var inner in choices.Concat((schema["properties"]?.AsObject() ?? []).Select(p => p.Value)).Append(schema["items"]).OfType<JsonObject>())
                Walk(inner);
        }

        Walk(Body!);
        return most;
    }

    public static HashSet<string> Types(JsonObject schema) => schema["type"] switch
    {
        JsonArray many => [.. many.Select(t => t!.GetValue<string>())],
        JsonValue one => [one.GetValue<string>()],
        _ => schema["enum"] is not null ? ["string"] : [],
    };

    public JsonObject Resolve(JsonObject node)
    {
        if ((node["oneOf"] ?? node["anyOf"]) is JsonArray choices)
        {
            var shapes = choices.Select(c => c!.AsObject()).Where(c => c["type"]?.ToString() != "null").ToList();
            return Resolve(shapes[Math.Min(Choice, shapes.Count - 1)]);
        }

        return node["$ref"] is null ? node : Resolve(Referred(node));
    }

    private bool MayBeNull(JsonObject schema) => schema["$ref"] is not null ? MayBeNull(Referred(schema))
        : (schema["oneOf"] ?? schema["anyOf"]) is JsonArray choices ? choices.Any(c => MayBeNull(c!.AsObject())) : Types(schema).Contains("null");

    private JsonObject Referred(JsonObject node)
    {
        JsonNode at = Document;
        foreach (var part in node["$ref"]!.GetValue<string>().Split('/')[1..])
            at = at[part]!;
        return at.AsObject();
    }
}

/// <summary>A member of a body, by its path.</summary>
internal sealed record Member(string[] At, JsonObject Schema, bool Required, bool MayBeNull)
{
    public string Pointer => $"/{string.Join('/', At)}";
}
