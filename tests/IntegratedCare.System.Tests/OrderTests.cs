using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using IntegratedCare.Metrics.Values;
using IntegratedCare.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace IntegratedCare.System.Tests;

/// <summary>The same 1,000 events in ten random orders, each on a database of its own, give the same timelines, scores and values.</summary>
public class OrderTests
{
    private const int Persons = 30;
    private const int NeverRegistered = 2;
    private static readonly string[] Sources = ["urn:ods:RZ1:epr", "urn:ods:E06000991:care"];
    private static readonly string[] Kinds = ["inpatient-spell", "emergency-attendance", "condition-recorded", "social-care-service", "death-recorded"];

    [Fact]
    public async Task The_order_of_arrival_changes_nothing_that_can_be_read()
    {
        var events = Events().ConvertAll(e => e.ToJsonString());
        events.Count.ShouldBe(1000);
        events.Distinct().Count().ShouldBe(850);
        string? first = null;
        for (var order = 0; order < 10; order++)
        {
            var shuffled = events.ToArray();
            new Random(order).Shuffle(shuffled);
            var app = new TestApp();
            await app.InitializeAsync();
            try
            {
                var picture = await PictureAsync(app, shuffled, new Random(order + 100));
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

    /// <summary>
    /// Records of all five types and both sources, of up to three versions: amended, given to another person, made another type, cancelled,
    /// cancelled and taken up again; every record id is used by both sources; 150 events come twice.
    /// </summary>
    private static List<JsonObject> Events()
    {
        var random = new Random(11);
        var events = new List<JsonObject>();
        for (var record = 0; events.Count < 850; record++)
        {
            var (source, id) = (Sources[record % 2], $"r{record / 2}");
            var kind = Kind();
            var person = random.Next(Persons + NeverRegistered);
            var versions = 1 + random.Next(3);
            for (var version = 1; version <= versions; version++)
            {
                if (version > 1 && random.Next(4) == 0)
                    person = random.Next(Persons + NeverRegistered);
                if (version > 1 && random.Next(12) == 0)
                    kind = Kind();
                var data = random.Next(7) == 0 ? [] : Data(kind, source.Split(':')[2], random);
                if (data.Count == 0)
                    data["status"] = "cancelled";
                else if (random.Next(12) == 0)
                    data["status"] = "cancelled";
                data["recordId"] = id;
                data["recordVersion"] = version;
                events.Add(new JsonObject
                {
                    ["specversion"] = "1.0",
                    ["id"] = $"{id}-{version}",
                    ["source"] = source,
                    ["type"] = $"uk.integratedcare.{kind}.v1",
                    ["subject"] = NhsNumbers.Nth(person),
                    ["data"] = data,
                });
            }
        }

        events.RemoveRange(850, events.Count - 850);
        // What the test is about must be in it.
        foreach (var kind in Kinds)
        {
            Count(e => Kindof(e) == kind).ShouldBeGreaterThan(20, kind);
            Count(e => Kindof(e) == kind && IsCancelled(e)).ShouldBeGreaterThan(2, $"cancelled {kind}");
        }

        var records = events.GroupBy(e => $"{e["source"]} {e["data"]!["recordId"]}").ToList();
        records.Count(r => r.Select(e => e["subject"]!.ToString()).Distinct().Count() > 1).ShouldBeGreaterThan(30, "another subject");
        records.Count(r => r.Select(Kindof).Distinct().Count() > 1).ShouldBeGreaterThan(10, "another type");
        records.Count(r => r.SkipLast(1).Any(IsCancelled) && !IsCancelled(r.Last())).ShouldBeGreaterThan(10, "taken up again");
        records.Count(r => r.Any(e => Kindof(e) == "death-recorded" && !IsCancelled(e)) && (IsCancelled(r.Last()) || Kindof(r.Last()) != "death-recorded"))
            .ShouldBeGreaterThan(2, "a death withdrawn");
        for (var i = 0; events.Count < 1000; i++)
            events.Add(events[i * 5]);
        return events;

        int Count(Func<JsonObject, bool> which) => events.Count(which);
        string Kind() => Kinds[random.Next(100) switch { < 45 => 0, < 62 => 1, < 77 => 2, < 91 => 3, _ => 4 }];
    }

    private static string Kindof(JsonObject e) => e["type"]!.ToString()["uk.integratedcare.".Length..^3];

    private static bool IsCancelled(JsonObject e) => e["data"]!["status"] is not null;

    private static JsonObject Data(string kind, string organisation, Random random)
    {
        string[][] diagnoses = [["I500", "N390"], ["J441"], ["F03X", "R268", "W190"], ["R074"], ["E116", "I10X"]];
        var from = new DateTimeOffset(2026, 1, 1, 10, 0, 0, TimeSpan.Zero).AddDays(random.Next(240));
        var to = from.AddDays(random.Next(9)).AddHours(2);
        JsonNode Day(DateTimeOffset at) => at.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return kind switch
        {
            "inpatient-spell" => new()
            {
                ["provider"] = "RZ1",
                ["admissionMethod"] = random.Next(4) == 0 ? "11" : "21",
                ["admissionSource"] = "19",
                ["patientClass"] = "1",
                ["admitted"] = from,
                ["discharged"] = random.Next(8) == 0 ? null : to,
                ["diagnoses"] = new JsonArray([.. diagnoses[random.Next(diagnoses.Length)].Select(d => (JsonNode)d)]),
                ["tariffPrice"] = 1000 + random.Next(3000),
            },
            "emergency-attendance" => new()
            {
                ["provider"] = "RZ1",
                ["departmentType"] = "01",
                ["arrived"] = from,
                ["departed"] = from.AddHours(random.Next(12)),
                ["byAmbulance"] = random.Next(2) == 0
            },
            "condition-recorded" => new()
            {
                ["code"] = diagnoses[random.Next(diagnoses.Length)][0],
                ["register"] = "QOF",
                ["onset"] = Day(from),
                ["resolved"] = random.Next(2) == 0 ? null : Day(to)
            },
            "social-care-service" => new()
            {
                ["council"] = organisation,
                ["kind"] = "home-care",
                ["started"] = Day(from),
                ["ended"] = random.Next(2) == 0 ? null : Day(to),
                ["weeklyCost"] = random.Next(900),
                ["permanent"] = false,
            },
            _ => new() { ["date"] = Day(from), ["place"] = "home" },
        };
    }

    /// <summary>Singly, as batches and as NDJSON, in lots of random size and in this order.</summary>
    private static async Task PostAsync(HttpClient vendor, Random random, ReadOnlyMemory<string> events)
    {
        while (!events.IsEmpty)
        {
            var lot = events[..Math.Min(events.Length, 1 + random.Next(60))];
            events = events[lot.Length..];
            switch (random.Next(3))
            {
                case 0:
                    foreach (var one in lot[..Math.Min(lot.Length, 8)].ToArray())
                    {
                        using var content = new StringContent(one, new MediaTypeHeaderValue("application/cloudevents+json"));
                        using var response = await vendor.PostAsync("/v1/population/events", content);
                        ((int)response.StatusCode).ShouldBeOneOf(200, 202);
                    }

                    if (lot.Length > 8)
                        await PostAsync(vendor, random, lot[8..]);
                    break;
                case 1:
                    var answers = await vendor.PostAsync("/v1/population/events", $"[{string.Join(',', lot.ToArray())}]", 200,
                        mediaType: "application/cloudevents-batch+json");
                    answers.EnumerateArray().ShouldAllBe(a => a.GetProperty("status").GetString() != "rejected");
                    break;
                default:
                    var load = await vendor.PostAsync("/v1/population/events", string.Join('\n', lot.ToArray()), 200, mediaType: "application/x-ndjson");
                    load.GetProperty("rejected").GetInt64().ShouldBe(0);
                    break;
            }
        }
    }

    private static async Task<string> PictureAsync(TestApp app, string[] events, Random random)
    {
        var system = new CareSystem((client, purpose, user) => Task.FromResult(app.ClientFor(client, purpose, user)));
        // A third of the persons arrive only in the midst of their events, or after them; two never do.
        await system.RegisterAsync(Enumerable.Range(0, 20).Select(n => CareSystem.Person(n, n % 2 == 0 ? "Y99001" : "Y99002")));
        using var vendor = app.ClientFor("demo-vendor", "direct-care");
        var op = await system.Operator;
        var half = random.Next(200, 800);
        await PostAsync(vendor, random, events.AsMemory(..half));
        for (var n = 20; n < 25; n++)
            await op.PostAsync("/v1/population/persons", CareSystem.Person(n, n % 2 == 0 ? "Y99001" : "Y99002"), 201);
        await PostAsync(vendor, random, events.AsMemory(half..));
        for (var n = 25; n < Persons; n++)
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
            var person = await client.PostAsync("/v1/population/persons/look-up", new { nhsNumber = NhsNumbers.Nth(n) }, 200);
            var id = person.GetProperty("id").GetGuid();
            var timeline = await client.GetAsync($"/v1/population/persons/{id}/timeline?limit=1000", 200);
            // Ranks and tiers settle ties by a hash of the person's id, which is another on each database.
            var risk = await client.GetAsync($"/v1/population/persons/{id}/risk", 200);
            picture.AppendLine(CultureInfo.InvariantCulture, $"{n} died {person.GetProperty("deathDate")} {timeline.GetProperty("items")}")
                .AppendLine(Without(risk, "personId", "run", "rank", "tier", "systemTier"));
        }

        var waiting = await op.GetAsync("/v1/population/waiting-records?limit=1000", 200);
        waiting.GetProperty("items").GetArrayLength().ShouldBeGreaterThan(5);
        picture.AppendLine(Without(waiting, "receivedAt"));
        picture.ToString().ShouldContain("died 2026-");

        await Values(app);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/metrics/values?from=2026-01&to=2026-08");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/x-ndjson"));
        using var response = await op.SendAsync(request);
        response.EnsureSuccessStatusCode();
        foreach (var line in (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => Without(JsonDocument.Parse(l).RootElement, "id", "knownAt")).Order(StringComparer.Ordinal))
            picture.AppendLine(line);
        return picture.ToString();
    }

    /// <summary>Waits for the register's counts, then lets the values catch up.</summary>
    private static async Task Values(TestApp app)
    {
        for (var i = 0; i < 300 && await app.ScalarAsync<long>("SELECT count(*) FROM population.register_dirty") > 0; i++)
            await Task.Delay(50);
        await app.DrainOutboxAsync();
        await app.Services.GetRequiredService<LiveValueWorker>().CatchUpAsync();
    }

    private static string Without(JsonElement json, params string[] members) => json.ValueKind switch
    {
        JsonValueKind.Object => "{" + string.Join(',', json.EnumerateObject().Where(m => !members.Contains(m.Name))
            .Select(m => $"{m.Name}:{Without(m.Value, members)}")) + "}",
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
