using System.Globalization;
using IntegratedCare.CarePathways.Events;
using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace IntegratedCare.Metrics.Tests.Facts;

public sealed class OnCareFactsRecordedTests
{
    private const string Written = "SELECT string_agg(xid::text || known_at::text, ',' ORDER BY metric, grain, first, area_kind, area) FROM metrics.value";

    /// <summary>Facts, registers, deaths and plans in random orders, with duplicates and old versions after new ones, refreshed at random moments.</summary>
    [Fact]
    public async Task The_order_of_events_does_not_change_a_single_figure()
    {
        var persons = Enumerable.Range(0, 40).Select(_ => Guid.CreateVersion7()).ToArray();
        var episodes = persons.Select(_ => Guid.CreateVersion7()).ToArray();
        var events = History(new Random(7), persons, episodes);
        string? expected = null;
        for (var order = 0; order < 4; order++)
        {
            var random = new Random(order);
            var app = new TestApp();
            await app.InitializeAsync();
            try
            {
                app.Clock.SetTo(SampleFacts.Now);
                var mixed = events.Concat(events.Where(_ => random.Next(4) == 0)).ToArray();
                random.Shuffle(mixed);
                foreach (var chunk in mixed.Chunk(random.Next(5, 60)))
                {
                    await SendAsync(app, chunk);
                    if (random.Next(3) == 0)
                        await app.FreshAsync();
                }

                await app.DrainOutboxAsync();
                await app.FreshAsync();
                var values = await ValuesAsync(app);
                values.Length.ShouldBeGreaterThan(2000);
                expected ??= values;
                values.ShouldBe(expected, $"order {order}");

                using var client = app.ClientFor("demo-operator");
                var computation = await client.PostAsync("/v1/metrics/computations", new { from = "2025-07", to = "2026-11" }, 201);
                computation.GetProperty("metrics").EnumerateArray()
                    .ShouldAllBe(m => m.GetProperty("differed").GetInt32() == 0 && m.GetProperty("caughtUp").GetInt32() == 0);
                (await ValuesAsync(app)).ShouldBe(expected, "recomputed");
            }
            finally
            {
                await app.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task Given_an_amendment_the_months_of_the_old_version_are_counted_again_too()
    {
        var app = new TestApp();
        await app.InitializeAsync();
        try
        {
            app.Clock.SetTo(SampleFacts.Now);
            var person = Guid.CreateVersion7();
            await app.SendAsync(new RegisterCounted([SampleFacts.Month("Y99001", "2026-03", 100), SampleFacts.Month("Y99001", "2026-05", 100)]));
            await app.SendFactsAsync(SampleFacts.Spell("a", person, "2026-03-10", "2026-03-20"));
            await app.FreshAsync();
            (await BedDaysAsync(app, "2026-03-01")).ShouldBe(10);

            await app.SendFactsAsync(SampleFacts.Spell("a", person, "2026-05-10", "2026-05-12", version: 3));
            await app.FreshAsync();
            (await BedDaysAsync(app, "2026-03-01")).ShouldBe(0);
            (await BedDaysAsync(app, "2026-05-01")).ShouldBe(2);

            await app.SendFactsAsync(SampleFacts.Spell("a", person, "2026-03-10", "2026-03-25", version: 2));
            await app.FreshAsync();
            (await BedDaysAsync(app, "2026-03-01")).ShouldBe(0, "an older version that arrives late is ignored");
            (await app.ScalarAsync<long>("SELECT version FROM metrics.fact WHERE record_id = 'a'")).ShouldBe(3);

            var before = await app.ScalarAsync<string>(Written);
            await app.SendFactsAsync(SampleFacts.Spell("a", person, "2026-05-10", "2026-05-12", version: 4));
            await app.FreshAsync();
            (await app.ScalarAsync<string>(Written))
                .ShouldBe(before, "nothing is written for a value that did not change");
        }
        finally
        {
            await app.DisposeAsync();
        }
    }

    [Fact]
    public async Task Live_values_follow_the_facts_by_themselves()
    {
        var app = new TestApp();
        await app.InitializeAsync();
        try
        {
            await app.SendFactsAsync(SampleFacts.Spell("a", Guid.CreateVersion7(), "2026-03-10", "2026-03-20"));
            using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            while (await app.ScalarAsync<long>("SELECT count(*) FROM metrics.value WHERE metric = 'emergency_admissions' AND numerator = 1") < 6)
                await Task.Delay(50, timeout.Token);
            (await app.ScalarAsync<long>("SELECT count(*) FROM metrics.dirty")).ShouldBe(0);
        }
        finally
        {
            await app.DisposeAsync();
        }
    }

    private static Task<double> BedDaysAsync(TestApp app, string month) => app.ScalarAsync<double>(
        "SELECT numerator FROM metrics.value WHERE metric = 'total_bed_days' AND grain = 'month' AND area = 'Y99001' AND first = $1", SampleFacts.Day(month));

    private static List<object> History(Random random, Guid[] persons, Guid[] episodes)
    {
        var events = new List<object>();
        for (var month = 0; month < 17; month++)
        {
            var text = $"{2025 + (month + 6) / 12}-{(month + 6) % 12 + 1:00}";
            for (var version = 1; version <= 2; version++)
                events.Add(new RegisterCounted([.. Enumerable.Range(1, 4)
                    .Select(p => SampleFacts.Month($"Y9900{p}", text, 200 * p + version, p < 3 ? "LOC1" : "LOC2", version))]));
        }

        for (var record = 0; record < 300; record++)
        {
            var versions = random.Next(1, 4);
            for (var version = 1; version <= versions; version++)
            {
                var admitted = new DateOnly(2025, 7, 1).AddDays(random.Next(0, 500));
                var practice = random.Next(1, 5);
                events.Add(new CareFactsRecorded([SampleFacts.Spell($"r{record}", persons[random.Next(persons.Length)], Text(admitted),
                    random.Next(8) == 0 ? null : Text(admitted.AddDays(random.Next(0, 40))), $"Y9900{practice}", practice < 3 ? "LOC1" : "LOC2", version,
                    cancelled: random.Next(10) == 0, method: random.Next(4) == 0 ? "11" : "21", patientClass: random.Next(9) == 0 ? "2" : "1",
                    diagnoses: random.Next(3) == 0 ? ["J440"] : ["S720"])]));
            }
        }

        for (var i = 0; i < persons.Length; i++)
        {
            var day = new DateOnly(2026, 1, 1).AddDays(random.Next(0, 200));
            events.Add(SampleFacts.OnRegister(persons[i], Text(day), 1, practice: $"Y9900{i % 4 + 1}"));
            if (i % 3 == 0)
                events.Add(SampleFacts.OnRegister(persons[i], Text(day), 2, Text(day.AddDays(50)), $"Y9900{i % 4 + 1}"));
            if (i % 9 == 0)
                events.Add(SampleFacts.OnRegister(persons[i], Text(day.AddDays(70)), 3, practice: $"Y9900{i % 4 + 1}"));
            if (i % 5 == 0)
                events.Add(new PersonDied(persons[i], day.AddDays(60), 1));
            if (i % 10 == 0)
                events.Add(new DeathWithdrawn(persons[i], 2));
            events.Add(SampleFacts.Plan(episodes[i], persons[i], Text(day.AddDays(3)), 1));
            if (i % 4 == 0)
                events.Add(SampleFacts.Plan(episodes[i], persons[i], Text(day.AddDays(3)), 2, ended: Text(day.AddDays(30))));
        }

        return events;
    }

    private static async Task SendAsync(TestApp app, IReadOnlyCollection<object> events)
    {
        foreach (var @event in events)
        {
            switch (@event)
            {
                case CareFactsRecorded e: await app.PublishAsync(e); break;
                case RegisterCounted e: await app.PublishAsync(e); break;
                case HighRiskConfirmed e: await app.PublishAsync(e); break;
                case PersonDied e: await app.PublishAsync(e); break;
                case DeathWithdrawn e: await app.PublishAsync(e); break;
                case PlanChanged e: await app.PublishAsync(e); break;
            }
        }

        if (events.Count % 2 == 0)
            await app.DrainOutboxAsync();
    }

    private static async Task<string> ValuesAsync(TestApp app)
    {
        await using var command = app.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(
            """
            SELECT concat_ws('|', metric, grain, first, area_kind, area, parent, definition_version, numerator, denominator,
                value, lower95, upper95, lower998, upper998, sum_of_squares, persons, suppressed)
            FROM metrics.value ORDER BY metric, grain, first, area_kind, area
            """);
        await using var reader = await command.ExecuteReaderAsync();
        var text = new System.Text.StringBuilder();
        while (await reader.ReadAsync())
            text.Append(CultureInfo.InvariantCulture, $"{reader.GetString(0)}\n");
        return text.ToString();
    }

    private static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
