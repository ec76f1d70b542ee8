using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using IntegratedCare.Host.Auth;
using IntegratedCare.Shared.Access;
using IntegratedCare.Testing;

namespace IntegratedCare.System.Tests;

/// <summary>
/// Every operation of the OpenAPI document, so every endpoint there is: whatever is thrown at it, the answer is a 4xx problem
/// document and nothing is stored. The records that are asked for are real, the caller may have them, and the body is one that is
/// accepted but for the one thing made wrong: so it is that thing which is refused.
/// </summary>
[Collection(HostileCollection.Name)]
public sealed class HostileInputTests(HostileApp app, ITestOutputHelper output)
{
    /// <summary>What a bulk body leaves behind whatever was in it: the load, and the lines that were not taken.</summary>
    private static readonly string[] Loads = ["population.mt_doc_load", "population.load_reject"];

    public static TheoryData<string> Operations => [.. ApiOperation.Guarded.Select(o => o.Id)];

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task Given_hostile_input_the_answer_is_a_problem_and_nothing_is_stored(string operationId)
    {
        var operation = ApiOperation.Guarded.Single(o => o.Id == operationId);
        var before = await app.RowsAsync();
        var faults = new ConcurrentQueue<string>();
        var attacked = new ConcurrentDictionary<string, bool>();
        using var http = new HttpClient { BaseAddress = app.Url, Timeout = TimeSpan.FromSeconds(60) };
        // Requests are made one after the other, as their nodes are not to be read by several at once, and sent several at once.
        await Parallel.ForEachAsync(Attacks(operation).Concat(BulkAttacks(operation)).Select(a => (a, a.Request())),
            new ParallelOptions { MaxDegreeOfParallelism = 6 }, async (one, ct) =>
        {
            var (attack, request) = one;
            try
            {
                using (request)
                {
                    using var response = await http.SendAsync(request, ct);
                    if (await FaultAsync(response, attack) is { } fault)
                        faults.Enqueue($"{attack.Name}: {fault}");
                    else if (attack.Mutation is { } mutation)
                        attacked[mutation.Pointer] = true;
                }
            }
            catch (HttpRequestException e)
            {
                faults.Enqueue($"{attack.Name}: {e.HttpRequestError}");
            }
        });
        if (faults.IsEmpty && operation.HasExample)
            Untouched(operation, attacked.Keys).ShouldBeEmpty("nothing was done to these members");

        foreach (var media in operation.MediaTypes)
            await BreakOffAsync(operation, media);
        var bulk = operation.MediaTypes.Any(m => m is "application/x-ndjson" or "text/csv");
        // What was broken off may be noted as a load after its sender has gone: not to be taken for the next operation's.
        for (var loads = ""; bulk && loads != (loads = string.Join(' ', (await app.RowsAsync()).Where(c => Loads.Contains(c.Key))));)
            await Task.Delay(300);
        (await app.RowsAsync()).Except(before).Where(c => !(bulk && Loads.Contains(c.Key)))
            .Select(c => $"{c.Key}: {c.Value} instead of {before.GetValueOrDefault(c.Key)}")
            .Concat(faults).ShouldBeEmpty();
    }

    /// <summary>As many rows as before, but one of them is other than it was; set back, all is as it was, in whatever order it is stored.</summary>
    [Fact]
    public async Task A_change_of_a_row_does_not_go_unseen()
    {
        var before = await app.RowsAsync();
        before.Count.ShouldBeGreaterThan(50);
        (await app.RowsAsync()).ShouldBe(before);
        await app.ScalarAsync<string>("UPDATE population.mt_doc_place SET mt_version = mt_version + 1 WHERE code = 'NORTH' RETURNING code");
        (await app.RowsAsync()).Except(before).Select(c => c.Key).ShouldBe(["population.mt_doc_place"]);
        await app.ScalarAsync<string>("UPDATE population.mt_doc_place SET mt_version = mt_version - 1 WHERE code = 'NORTH' RETURNING code");
        (await app.RowsAsync()).ShouldBe(before);
    }

    /// <summary>The members of the examples and of the schema that no request had wrong.</summary>
    private IEnumerable<string> Untouched(ApiOperation operation, ICollection<string> attacked)
    {
        var whole = operation.Wholes(app.World).SelectMany(w => Pointers(w.Whole, "")).ToHashSet();
        var declared = operation.Declared();
        whole.Count.ShouldBeGreaterThan(0);
        whole.Select(Declared).Except(declared).ShouldBeEmpty("the example has members that the schema does not declare");
        return whole.Except(attacked).Concat(declared.Except(attacked.Select(Declared)));

        static string Declared(string pointer) => string.Join('/', pointer.Split('/').Select(p => p.Length > 0 && p.All(char.IsAsciiDigit) ? "0" : p));

        static IEnumerable<string> Pointers(JsonNode? node, string at) => node switch
        {
            JsonObject members => members.SelectMany(m => Pointers(m.Value, $"{at}/{m.Key}").Prepend($"{at}/{m.Key}")),
            JsonArray list => list.SelectMany((e, i) => Pointers(e, $"{at}/{i}").Prepend($"{at}/{i}")),
            _ => [],
        };
    }

    /// <summary>Every member there is, in every way that is wrong for its type.</summary>
    [Fact]
    public void Every_kind_of_mutation_is_made()
    {
        var all = ApiOperation.Guarded.Where(o => o.HasExample).SelectMany(o => Mutations.Of(o, app.World).Select(m => (o.Id, m.Kind, m.Pointer))).ToList();
        var kinds = all.CountBy(m => m.Kind).ToDictionary();
        output.WriteLine($"{all.Count} mutations of {all.DistinctBy(m => (m.Id, m.Pointer)).Count()} "
            + $"members:\n{string.Join('\n', kinds.OrderByDescending(k => k.Value).Select(k => $"{k.Value,7} {k.Key}"))}");
        kinds.Keys.ShouldBe(Mutations.Kinds, ignoreOrder: true);
        foreach (var operation in ApiOperation.Guarded.Where(o => o.HasExample))
            operation.Shapes().ShouldBe(operation.Wholes(app.World).Count, $"{operation.Id} has as many samples as a body has shapes");
    }

    [Fact]
    public void There_is_something_to_attack()
    {
        Operations.Count.ShouldBeGreaterThan(80);
        ApiOperation.Guarded.SelectMany(o => o.MediaTypes).Distinct().Order().ShouldBe(
            ["application/cloudevents+json", "application/cloudevents-batch+json", "application/json", "application/x-ndjson", "text/csv"], ignoreOrder: true,
                "a new media type needs attacks of its own");
        foreach (var operation in ApiOperation.Guarded.Where(o => o.HasExample))
            operation.Declared().Count.ShouldBeGreaterThan(0, operation.Id);
    }

    private IEnumerable<Attack> Attacks(ApiOperation operation)
    {
        var client = operation.Client();
        var good = app.Token(client, [.. client.Scopes]);
        HttpRequestMessage Call(string? token, HttpContent? body = null, string? query = null, Action<HttpRequestHeaders>? headers = null) =>
            operation.Call(app.World, token, client, body
                ?? (operation.Body is null ? null : Json(operation.Example(app.World)?.ToJsonString() ?? "{}", operation.Media)), query, headers);

        // Who is asking.
        yield return new("no token", () => Call(null), 401);
        yield return new("a token of nonsense", () => Call("nonsense"), 401);
        yield return new("a forged token", () => Call(app.Forged(client)), 401);
        yield return new("an unsigned token", () => Call(app.Unsigned(client)), 401);
        yield return new("an expired token", () => Call(app.Expired(client)), 401);
        yield return new("a token without the scope", () => Call(app.Token(client, [])), 403);
        yield return new("a purpose that is none", () => Call(good, headers: h => Set(h, "X-Purpose-Of-Use", "marketing")), 403);
        yield return new("an acting user that cannot be read", () => Call(good, headers: h => Set(h, "X-Acting-User", "somebody")), 400);

        // Whose record it is. A register that is for all is changed by its kinds alone: there the stranger is a trust.
        var stranger = new DemoClient("hostile-stranger", "ZZZ99", client.Kind == OrganisationKinds.SystemOperator ? OrganisationKinds.AcuteTrust : client.Kind,
            client.Scopes, client.Purposes, []);
        if (operation.PathParameters.Count > 0 && !operation.IsForAll)
            yield return new("somebody else's record", () => Call(app.Token(stranger, [.. client.Scopes])), null)
            {
                Codes = operation.Body is null
                || operation.HasExample ? [403, 404] : [400, 403, 404]
            };

        // What stands in the address. A record that is not there or rows that are not to be seen may be refused before the query is looked at.
        int? badQuery = operation.PathParameters.Count == 0 && !operation.PersonLevel ? 400 : null;
        foreach (var (name, type) in operation.QueryParameters)
        {
            yield return new($"U+0000 in {name}", () => Call(good, query: $"{name}=a%00b"), type is "cursor" or "integer" or "formatted" ? badQuery
                : null)
            { MayPass = true };
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
                yield return new($"{value[..Math.Min(20, value.Length)]} as {parameter}",
                    () => operation.Call(app.World, good, client, Call(null).Content, null, null, (parameter, value)), null);
        }

        if (operation.TakesIfMatch)
        {
            yield return new("no If-Match", () => Call(good, headers: h => h.Remove("If-Match")), 428);
            yield return new("a stale If-Match", () => Call(good, headers: h => Set(h, "If-Match", "\"999999\"")), null)
            {
                Codes = operation.Body is null
                || operation.HasExample ? [404, 409, 412] : null
            };
        }

        if (operation.TakesKey)
            yield return new("an Idempotency-Key without end", () => Call(good, headers: h => Set(h, "Idempotency-Key", new string('k', 5000))), 400);

        if (operation.Body is null)
            yield break;

        // What stands in the body.
        var example = operation.Example(app.World);
        // A body that may be left out is no attack: then it is the version that is wrong.
        Action<HttpRequestHeaders>? stale = operation.TakesIfMatch && operation.NothingRequired ? h => Set(h, "If-Match", "\"999999\"") : null;
        yield return new("another media type", () => Call(good, Json("<x/>", "application/xml")), 415);
        foreach (var media in operation.MediaTypes)
        {
            foreach (var charset in new[] { "nonsense", "utf-7", "utf-16", "iso-8859-1" })
                yield return new($"{media} with the charset {charset}", () => Call(good, Encoded(operation, media, charset: charset)), 415);
            foreach (var coding in new[] { "gzip", "br", "nonsense", "identity, gzip" })
                yield return new($"{media} that is said to be {coding}", () => Call(good, Encoded(operation, media, coding)), 415);
        }

        yield return new("no body", () => Call(good, Json("", operation.Media), headers: stale), null);
        yield return new("not JSON", () => Call(good, Json("{\"a\": ", operation.Media)), 400);
        yield return new("bytes that are no text", () => Call(good, Bytes([0xff, 0xfe, 0x00, 0x7b], operation.Media)), 400);
        yield return new("null", () => Call(good, Json("null", operation.Media), headers: stale), null);
        yield return new("an array", () => Call(good, Json("[]", operation.Media)), 400);
        yield return new("a text", () => Call(good, Json("\"text\"", operation.Media)), 400);
        yield return new("an empty object", () => Call(good, Json("{}", operation.Media), headers: stale), null);
        yield return new("1,000 levels", () => Call(good,
            Json(string.Concat(Enumerable.Repeat("{\"a\":", 1000)) + "1" + new string('}', 1000), operation.Media)), 400);
        yield return new("1,000 arrays", () => Call(good, Json(new string('[', 1000) + new string(']', 1000), operation.Media)), 400);
        yield return new("10 MB", () => Call(good, Json($"{{\"a\":\"{new string('x', 10 * 1024 * 1024)}\"}}", operation.Media),
            headers: h => h.ExpectContinue = true), 413);
        if (example is not JsonObject whole)
            yield break;

        if (operation.Closed)
            yield return new("an unknown member", () => Call(good, Json(With(whole, o => o["noSuchMember"] = 1), operation.Media)),
                400)
            { Pointer = operation.HasExample ? "/noSuchMember" : null };
        yield return new("a member twice", () => Call(good, Json("{\"a\":1," + whole.ToJsonString()[1..^1] + ",\"a\":2}", operation.Media)), 400);
        foreach (var m in Mutations.Of(operation, app.World))
            yield return new(m.Name, () => Call(good, Json(m.Body, operation.Media)), m.Status) { Pointer = m.Named, Mutation = m };
    }

    /// <summary>The other media types: each line, element or row wrong in one way, so that none is taken.</summary>
    private IEnumerable<Attack> BulkAttacks(ApiOperation operation)
    {
        if (operation.Example(app.World) is not JsonObject whole)
            yield break;
        var client = operation.Client();
        var good = app.Token(client, [.. client.Scopes]);
        var broken = Mutations.Of(operation, app.World).Select(m => m.Body.ReplaceLineEndings(" ")).ToList();
        broken.AddRange([With(whole, o => o.Clear()), With(whole, o => o["noSuchMember"] = 1), "[]", "null", "1", "\"text\""]);
        if (operation.Media != "application/json")
            broken.RemoveAll(b => b.Contains("noSuchMember", StringComparison.Ordinal)); // CloudEvents may carry extensions.
        Attack Send(string name, string media, byte[] body, int? expected = null, int? rejected = null) =>
            new(name, () => operation.Call(app.World, good, client, Bytes(body, media), null, h => h.ExpectContinue = body.Length > 2_000_000),
                expected)
            { Rejected = rejected, MayPass = expected is null };
        Attack Text(string name, string media, string body, int? expected = null, int? rejected = null) =>
            Send(name, media, Encoding.UTF8.GetBytes(body), expected, rejected);

        foreach (var media in operation.MediaTypes.Where(m => m != operation.Media))
        {
            switch (media)
            {
                case "application/cloudevents-batch+json":
                    foreach (var (some, n) in broken.Chunk(40).Select((some, n) => (some, n)))
                        yield return Text($"{media}: bad events {n}", media, $"[{string.Join(',', some)}]", rejected: some.Length);
                    yield return Text($"{media}: no array", media, whole.ToJsonString(), 400);
                    yield return Text($"{media}: not JSON at its end", media, $"[{whole.ToJsonString()},", 400);
                    yield return Text($"{media}: too many", media, $"[{string.Join(',', Enumerable.Repeat("{}", 1001))}]", 413);
                    yield return Text($"{media}: 5 MB", media, $"[\"{new string('x', 5 * 1024 * 1024)}\"]", 413);
                    yield return Text($"{media}: 1,000 arrays", media, new string('[', 1000) + new string(']', 1000), 400);
                    yield return Send($"{media}: bytes that are no text", media, [(byte)'[', (byte)'"', 0xff, 0xfe, (byte)'"', (byte)']'], rejected: 1);
                    break;
                case "application/x-ndjson":
                    yield return Text($"{media}: bad lines", media, string.Join('\n', broken), rejected: broken.Count);
                    yield return Text($"{media}: bad lines with Windows' ends, empty ones between", media, string.Join("\r\n\r\n", broken),
                        rejected: broken.Count);
                    yield return Text($"{media}: a line of 1 MB, and one more", media,
                        $"{With(whole, o => o["noSuchMember"] = new string('x', 1024 * 1024))}\n{{}}", rejected: 2);
                    yield return Text($"{media}: 10 MB without a line's end", media, new string('x', 10 * 1024 * 1024), rejected: 1);
                    yield return Text($"{media}: 1,000 levels", media, string.Concat(Enumerable.Repeat("{\"a\":", 1000)) + "1" + new string('}', 1000),
                        rejected: 1);
                    yield return Text($"{media}: a line cut short", media, $"{whole.ToJsonString()[..^2]}\n{whole.ToJsonString()[..^1]}", rejected: 2);
                    yield return Send($"{media}: bytes that are no text", media,
                    [0xff, 0xfe, 0x00, 0x7b, (byte)'\n', .. Encoding.ASCII.GetBytes("""{"id":"\ud800"}""")], rejected: 2);
                    yield return Text($"{media}: nothing", media, "", rejected: 0);
                    break;
                case "text/csv":
                    var columns = whole.Select(m => m.Key).ToList();
                    string Row(string column, string value) => string.Join(',', columns.Select(c => c == column ? value : whole[c]!.ToString()));
                    var rows = columns.SelectMany(c => new[] { Row(c, new string('x', 1000)), Row(c, "a\0b") })
                        .Concat(columns.Where(c => c is not ("familyName" or "givenName")).Select(c => Row(c, "nonsense")))
                        .Concat(columns.Where(c => c == "nhsNumber").SelectMany(c => Mutations.BadNhsNumbers.Where(b => b.Trim() == b).Select(b => Row(c, b))))
                            .ToList();
                    var header = string.Join(',', columns);
                    yield return Text($"{media}: bad rows", media, $"{header}\n{string.Join('\n', rows)}\n", rejected: rows.Count);
                    yield return Text($"{media}: no header", media, $"{Row("", "")}\n{Row("", "")}\n");
                    yield return Text($"{media}: a header only", media, $"{header}\n", rejected: 0);
                    yield return Text($"{media}: a column short", media,
                        $"{string.Join(',', columns.Skip(1))}\n{string.Join(',', columns.Skip(1).Select(c => whole[c]))}\n");
                    yield return Text($"{media}: a quote that never ends", media, $"{header}\n\"{Row("", "")}\n{Row("", "")}\n");
                    yield return Text($"{media}: a row of 1 MB", media, $"{header}\n{Row("familyName", new string('x', 1024 * 1024))}\n");
                    yield return Send($"{media}: bytes that are no text", media, [0xff, 0xfe, 0x00, 0x7b, (byte)'\n', 0xc3, 0x28]);
                    yield return Text($"{media}: nothing", media, "");
                    break;
            }
        }
    }

    /// <summary>A whole, good body whose sender promises more and goes away: it may not be taken, and the host must go on.</summary>
    private async Task BreakOffAsync(ApiOperation operation, string media)
    {
        var client = operation.Client();
        var example = operation.Example(app.World)?.ToJsonString() ?? "{}";
        var body = media.EndsWith("-batch+json", StringComparison.Ordinal) ? $"[{example}]" : media == "text/csv"
            ? operation.Node["requestBody"]!["content"]![media]!["example"]?.ToString() ?? "a\n" : example;
        // Somebody who is not registered: whoever is would be taken again without a trace.
        body = body.Replace("9434765870", "9449304130", StringComparison.Ordinal);
        using var request = operation.Call(app.World, app.Token(client, [.. client.Scopes]), client, null, null, null);
        var head = new StringBuilder($"{operation.Method} {request.RequestUri} HTTP/1.1\r\nHost: {app.Url.Authority}\r\nContent-Type: {media}\r\n");
        foreach (var (name, values) in request.Headers.NonValidated)
            head.Append($"{name}: {values}\r\n");
        foreach (var framing in new[] { $"Content-Length: {Encoding.UTF8.GetByteCount(body) + 100}\r\n\r\n{body}",
            $"Transfer-Encoding: chunked\r\n\r\n{Encoding.UTF8.GetByteCount(body):x}\r\n{body}\r\n",
            $"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n{body}\r\n" })
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(app.Url.Host, app.Url.Port);
            var stream = socket.GetStream();
            await stream.WriteAsync(Encoding.UTF8.GetBytes($"{head}{framing}"));
            socket.Client.Shutdown(SocketShutdown.Send);
            // Whatever it answers, if anything; then it has seen the end.
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            var answer = "";
            try
            {
                using var reader = new StreamReader(stream);
                answer = await reader.ReadToEndAsync(patience.Token);
            }
            catch (IOException)
            {
            }

            answer.ShouldNotStartWith("HTTP/1.1 5");
        }

        using var http = new HttpClient { BaseAddress = app.Url };
        (await http.GetAsync("/health/live")).EnsureSuccessStatusCode();
    }

    private static async Task<string?> FaultAsync(HttpResponseMessage response, Attack attack)
    {
        var status = (int)response.StatusCode;
        var text = await response.Content.ReadAsStringAsync();
        var shown = text.Length > 300 ? text[..300] : text;
        if (attack.Expected is { } expected && status != expected)
            return $"{status} instead of {expected}: {shown}";
        if (attack.Codes?.Contains(status) == false)
            return $"{status} instead of {string.Join(" or ", attack.Codes)}: {shown}";
        if (status == 200 && attack.Rejected is not null && JsonNode.Parse(text) is { } answer)
        {
            var (taken, rejected) = answer is JsonArray events
                ? (events.Count(e => e!["status"]!.ToString() != "rejected"), events.Count(e => e!["problem"] is not null))
                : (answer["accepted"]!.GetValue<int>() + answer["duplicate"]!.GetValue<int>(), answer["rejected"]!.GetValue<int>());
            return (taken, rejected) == (0, attack.Rejected.Value) ? null : $"{taken} taken and {rejected} of {attack.Rejected} rejected: {shown}";
        }

        if (status is < 400 or > 499)
            return status is 200 && attack.MayPass ? null : $"{status}: {shown}";
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json")
            return $"{status} is no problem document: {shown}";
        var problem = JsonDocument.Parse(text).RootElement;
        foreach (var member in new[] { "code", "type", "traceId", "title", "detail" })
        {
            if (!problem.TryGetProperty(member, out var value) || string.IsNullOrEmpty(value.GetString()))
                return $"{status} without {member}: {shown}";
        }

        if (attack.Pointer is { } pointer && !Names(problem, pointer))
            return $"{status} does not name {pointer}: {shown}";
        return text.Contains("   at ", StringComparison.Ordinal) || text.Contains("IntegratedCare.", StringComparison.Ordinal)
            ? $"{status} tells of the inside: {shown}" : null;
    }

    /// <summary>Whether a problem's errors point to a member, to what is in it or to what it is in, or its detail has the member's name.</summary>
    private static bool Names(JsonElement problem, string pointer) =>
        (problem.TryGetProperty("errors", out var errors) && errors.EnumerateArray().Select(e => e.GetProperty("pointer").GetString()!).Any(p =>
            p == pointer || p.StartsWith(pointer + "/", StringComparison.Ordinal) || (p.Length > 1 && pointer.StartsWith(p + "/", StringComparison.Ordinal))))
        || problem.GetProperty("detail").GetString()!.Contains(pointer.Split('/')[^1], StringComparison.OrdinalIgnoreCase);

    /// <summary>A good body that is said to be what it is not.</summary>
    private ByteArrayContent Encoded(ApiOperation operation, string media, string? coding = null, string? charset = null)
    {
        var example = operation.Node["requestBody"]!["content"]![media]!["example"];
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(app.World.Real(media is "application/x-ndjson" or "text/csv" ? example!.ToString()
            : example?.ToJsonString() ?? "{}")));
        content.Headers.TryAddWithoutValidation("Content-Type", charset is null ? media : $"{media}; charset={charset}");
        if (coding is not null)
            content.Headers.TryAddWithoutValidation("Content-Encoding", coding);
        return content;
    }

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
        /// <summary>Whether 200 will do, such as an empty page.</summary>
        public bool MayPass { get; init; }

        /// <summary>The statuses that will do, where more than one does.</summary>
        public int[]? Codes { get; init; }

        /// <summary>The member that the problem must name.</summary>
        public string? Pointer { get; init; }

        /// <summary>The member that is wrong, and how, if it is only one.</summary>
        public Mutation? Mutation { get; init; }

        /// <summary>How many lines or events are rejected, and no other taken, if the answer is 200.</summary>
        public int? Rejected { get; init; }
    }
}
