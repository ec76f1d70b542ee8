using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using IntegratedCare.Metrics;
using IntegratedCare.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace IntegratedCare.System.Tests;

/// <summary>The same 1,000 events in ten random orders, each on a database of its own, give the same timelines, scores and values.</summary>
public class OrderTests
{
    private const int Persons = 30;

    [Fact]
    public async Task The_order_of_arrival_changes_nothing_that_can_be_read()
    {
        var events = Events();
        events.Count.ShouldBe(1000);
        string? first = null;
        for (var order = 0; order < 10; order++)
        {
            var shuffled = events.ToArray();
            new Random(order).Shuffle(shuffled);
            var app = new TestApp();
            await app.InitializeAsync();
            try
            {
                var picture = await PictureAsync(app, shuffled);
                first ??= picture;
                var lines = picture.Split('\n').Zip(first.Split('\n')).FirstOrDefault(l => l.First != l.Second);
                lines.First.ShouldBe(lines.Second, $"order {order}");
                picture.Length.ShouldBe(first.Length);
            }
            finally
            {
                await app.DisposeAsync();
            }
        }

        first!.Length.ShouldBeGreaterThan(20_000);
    }

    /// <summary>Records of up to three versions, some cancelled, some posted twice.</summary>
    private static List<string> Events()
    {
        var random = new Random(11);
        string[][] diagnoses = [["I500", "N390"], ["J441"], ["F03X", "R268", "W190"], ["R074"], ["E116", "I10X"]];
        var events = new List<string>();
        for (var record = 0; events.Count < 850; record++)
        {
            var versions = 1 + random.Next(3);
            for (var version = 1; version <= versions; version++)
            {
                var admitted = new DateTimeOffset(2026, 1, 1, 10, 0, 0, TimeSpan.Zero).AddDays(random.Next(240));
                events.Add(CareSystem.Spell(record % Persons, $"r{record}", admitted, random.Next(9), diagnoses[random.Next(diagnoses.Length)], version,
                    version == versions && record % 6 == 0 ? "cancelled" : null, random.Next(4) == 0 ? "11" : "21"));
            }
        }

        for (var i = 0; events.Count < 1000; i++)
            events.Add(events[i * 5]);
        return events[..1000];
    }

    private static async Task<string> PictureAsync(TestApp app, string[] events)
    {
        var system = new CareSystem((client, purpose, user) => Task.FromResult(app.ClientFor(client, purpose, user)));
        // A third of the persons arrive only after their events.
        await system.RegisterAsync(Enumerable.Range(0, 20).Select(n => CareSystem.Person(n, n % 2 == 0 ? "Y99001" : "Y99002")));
        var trust = await system.Trust;
        foreach (var chunk in events.Chunk(125))
            await trust.PostAsync("/v1/population/events", $"[{string.Join(',', chunk)}]", 200, mediaType: "application/cloudevents-batch+json");
        var op = await system.Operator;
        for (var n = 20; n < Persons; n++)
            await op.PostAsync("/v1/population/persons", CareSystem.Person(n, n % 2 == 0 ? "Y99001" : "Y99002"), 201);
        await system.DrainAsync();

        var run = await op.PostAsync("/v1/population/stratifications", new { model = "hospital-frailty-risk-score", indexDate = "2026-09-01", seed = 3 }, 202);
        for (var i = 0; i < 600 && run.GetProperty("state").GetString() != "completed"; i++)
        {
            await Task.Delay(50);
            run = await op.GetAsync($"/v1/population/stratifications/{run.GetProperty("id").GetGuid()}", 200);
        }

        var picture = new StringBuilder();
        using var practices = new Practices(app);
        for (var n = 0; n < Persons; n++)
        {
            var client = practices.Of(n % 2 == 0 ? "demo-practice" : "demo-practice-2");
            var id = (await client.PostAsync("/v1/population/persons/look-up", new { nhsNumber = NhsNumbers.Nth(n) }, 200)).GetProperty("id").GetGuid();
            var timeline = await client.GetAsync($"/v1/population/persons/{id}/timeline?limit=1000", 200);
            // Ranks and tiers settle ties by a hash of the person's id, which is another on each database.
            var risk = await client.GetAsync($"/v1/population/persons/{id}/risk", 200);
            picture.AppendLine(CultureInfo.InvariantCulture, $"{n} {timeline.GetProperty("items")}").AppendLine(Without(risk, "personId", "run", "rank", "tier", "systemTier"));
        }

        await Values(app);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/metrics/values?from=2026-01&to=2026-08");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/x-ndjson"));
        using var response = await op.SendAsync(request);
        response.EnsureSuccessStatusCode();
        foreach (var line in (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => Without(JsonDocument.Parse(l).RootElement, "id", "knownAt")).Order(StringComparer.Ordinal))
            picture.AppendLine(line);
        return picture.ToString();
    }

    /// <summary>Waits for the register's counts, then lets the values catch up.</summary>
    private static async Task Values(TestApp app)
    {
        for (var i = 0; i < 300 && await app.ScalarAsync<long>("SELECT count(*) FROM population.register_dirty") > 0; i++)
            await Task.Delay(50);
        await app.DrainOutboxAsync();
        await app.Services.GetRequiredService<LiveValues>().CatchUpAsync();
    }

    private static string Without(JsonElement json, params string[] members) => json.ValueKind switch
    {
        JsonValueKind.Object => "{" + string.Join(',', json.EnumerateObject().Where(m => !members.Contains(m.Name)).Select(m => $"{m.Name}:{Without(m.Value, members)}")) + "}",
        JsonValueKind.Array => "[" + string.Join(',', json.EnumerateArray().Select(e => Without(e, members))) + "]",
        _ => json.GetRawText(),
    };

    private sealed class Practices(TestApp app) : IDisposable
    {
        private readonly Dictionary<string, HttpClient> _clients = [];

        public HttpClient Of(string name) => _clients.TryGetValue(name, out var client) ? client : _clients[name] = app.ClientFor(name, "direct-care");

        public void Dispose()
        {
            foreach (var client in _clients.Values)
                client.Dispose();
        }
    }
}
