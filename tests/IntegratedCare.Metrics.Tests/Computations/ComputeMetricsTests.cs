using System.Text.Json;
using IntegratedCare.Metrics.Events;
using IntegratedCare.Population.Events;
using IntegratedCare.Shared;
using IntegratedCare.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace IntegratedCare.Metrics.Tests.Computations;

public sealed class ComputeMetricsTests : IAsyncLifetime
{
    private readonly TestApp _app = new();
    private readonly Guid[] _persons = [.. Enumerable.Range(0, 30).Select(_ => Guid.CreateVersion7())];

    public async ValueTask InitializeAsync()
    {
        await _app.InitializeAsync();
        _app.Clock.SetTo(SampleFacts.Now);
        await _app.SendAsync(new RegisterCounted(
            [SampleFacts.Month("Y99001", "2026-07", 1000), SampleFacts.Month("Y99002", "2026-07", 500), SampleFacts.Month("Y99001", "2026-08", 1000)]));
        await _app.SendFactsAsync(
            SampleFacts.Spell("a", _persons[0], "2026-07-10", "2026-07-13"),
            SampleFacts.Spell("b", _persons[1], "2026-07-11", "2026-07-12", diagnoses: ["J459"]),
            SampleFacts.Spell("c", _persons[2], "2026-07-12", "2026-08-02", "Y99002"));
        await _app.FreshAsync();
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task Recomputing_finds_exactly_the_values_served()
    {
        using var client = _app.ClientFor("demo-operator");
        var computation = await client.PostAsync("/v1/metrics/computations", new { from = "2026-04", to = "2026-11" }, 201);
        var metrics = computation.GetProperty("metrics").EnumerateArray().ToList();
        metrics.Count.ShouldBe(4);
        metrics.Sum(m => m.GetProperty("values").GetInt32()).ShouldBeGreaterThan(10);
        foreach (var metric in metrics)
            (metric.GetProperty("differed").GetInt32(), metric.GetProperty("published").GetInt32()).ShouldBe((0, 0));
        computation.GetProperty("publish").GetBoolean().ShouldBeFalse();
        var again = await client.GetAsync($"/v1/metrics/computations/{computation.GetProperty("id").GetString()}", 200);
        again.GetRawText().ShouldBe(computation.GetRawText());
    }

    [Fact]
    public async Task A_value_changed_behind_the_facts_is_found_and_put_right()
    {
        await using (var spoil = _app.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(
            "UPDATE metrics.value SET numerator = numerator + 1 WHERE metric = 'acs_admissions' AND area = 'Y99001' AND grain = 'month'"))
            await spoil.ExecuteNonQueryAsync();
        using var client = _app.ClientFor("demo-operator");
        var found = await client.PostAsync("/v1/metrics/computations", new { from = "2026-07", to = "2026-08", metrics = new[] { "acs_admissions" } }, 201);
        found.GetProperty("metrics")[0].GetProperty("differed").GetInt32().ShouldBe(2);
        var then = await client.PostAsync("/v1/metrics/computations", new { from = "2026-07", to = "2026-08", metrics = new[] { "acs_admissions" } }, 201);
        then.GetProperty("metrics")[0].GetProperty("differed").GetInt32().ShouldBe(0);
    }

    [Fact]
    public async Task Publishing_freezes_one_version_however_often_and_announces_the_months()
    {
        using var client = _app.ClientFor("demo-commissioner", "operations");
        var first = await client.PostAsync("/v1/metrics/computations", new { from = "2026-07", to = "2026-07", publish = true, status = "provisional" }, 201);
        var versions = first.GetProperty("metrics").EnumerateArray().Sum(m => m.GetProperty("published").GetInt32());
        versions.ShouldBe(3 * 4, "three metrics of two practices, one locality and one system; nobody is on a register");
        for (var repeat = 0; repeat < 2; repeat++)
        {
            var next = await client.PostAsync("/v1/metrics/computations", new { from = "2026-07", to = "2026-07", publish = true }, 201);
            next.GetProperty("metrics").EnumerateArray().ShouldAllBe(m => m.GetProperty("published").GetInt32() == 0);
        }

        var items = (await client.GetAsync("/v1/metrics/values?status=published&metric=emergency_admissions", 200))
            .GetProperty("items").EnumerateArray().ToList();
        items.Count.ShouldBe(4);
        items.ShouldAllBe(v => v.GetProperty("status").GetString() == "provisional" && v.GetProperty("version").GetInt32() == 1);

        var final = await client.PostAsync("/v1/metrics/computations", new { from = "2026-07", to = "2026-07", publish = true, status = "final" }, 201);
        final.GetProperty("metrics").EnumerateArray().Sum(m => m.GetProperty("published").GetInt32()).ShouldBe(versions);
        var back = await client.PostAsync("/v1/metrics/computations", new { from = "2026-07", to = "2026-07", publish = true, status = "provisional" }, 201);
        back.GetProperty("metrics").EnumerateArray().ShouldAllBe(m => m.GetProperty("published").GetInt32() == 0, "what is final stays final");
    }

    [Fact]
    public async Task A_late_record_restates_what_was_published_and_the_old_version_stays_readable()
    {
        using var client = _app.ClientFor("demo-operator", "operations");
        await client.PostAsync("/v1/metrics/computations", new { from = "2026-Q3", to = "2026-Q3", publish = true, status = "final" }, 201);
        var published = _app.Clock.GetUtcNow();
        _app.Clock.Advance(TimeSpan.FromHours(2));
        await _app.SendFactsAsync(SampleFacts.Spell("late", _persons[3], "2026-07-30", "2026-07-31"));
        await _app.FreshAsync();
        _app.Clock.Advance(TimeSpan.FromHours(2));

        const string path = "/v1/metrics/values?metric=emergency_admissions&area=Y99001&from=2026-07&to=2026-07";
        var now = (await client.GetAsync(path + "&status=published", 200)).GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        (now.GetProperty("numerator").GetDouble(), now.GetProperty("version").GetInt32(), now.GetProperty("status").GetString()).ShouldBe((3, 2, "final"));
        var then = (await client.GetAsync(path + "&knownAt=" + Uri.EscapeDataString(Instants.Format(published.AddMinutes(1))), 200))
            .GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        (then.GetProperty("numerator").GetDouble(), then.GetProperty("version").GetInt32()).ShouldBe((2, 1));
        (await client.GetAsync(path + "&knownAt=2026-01-01T00:00:00Z", 200)).GetProperty("items").GetArrayLength().ShouldBe(0);
        var untouched = (await client.GetAsync(path.Replace("Y99001", "Y99002") + "&status=published", 200))
            .GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        untouched.GetProperty("version").GetInt32().ShouldBe(1);
        var quarter = (await client.GetAsync("/v1/metrics/values?metric=emergency_admissions&area=Y99001&grain=quarter&status=published", 200))
            .GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        (quarter.GetProperty("numerator").GetDouble(), quarter.GetProperty("version").GetInt32()).ShouldBe((3, 2));

        // Cancelled, everything of the practice goes: the published value says 0, it does not vanish.
        await _app.SendFactsAsync(
            SampleFacts.Spell("late", _persons[3], "2026-07-30", "2026-07-31", version: 2, cancelled: true),
            SampleFacts.Spell("a", _persons[0], "2026-07-10", "2026-07-13", version: 2, cancelled: true),
            SampleFacts.Spell("b", _persons[1], "2026-07-11", "2026-07-12", version: 2, cancelled: true));
        await _app.SendAsync(new RegisterCounted([SampleFacts.Month("Y99001", "2026-07", 0, version: 2)]));
        await _app.FreshAsync();
        var gone = (await client.GetAsync(path + "&status=published", 200)).GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        gone.GetProperty("numerator").GetDouble().ShouldBe(0);
        gone.GetProperty("value").ValueKind.ShouldBe(JsonValueKind.Null);
        (await client.GetAsync(path, 200)).GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task Events_carry_every_version_once_unsuppressed()
    {
        // The dispatcher empties the outbox, so keep a copy of what passes through it.
        var source = _app.Services.GetRequiredService<NpgsqlDataSource>();
        await using (var copy = source.CreateCommand(
            """
            CREATE TABLE public.passed (name text, payload text);
            CREATE FUNCTION public.keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.passed VALUES (NEW.name, NEW.payload); RETURN NEW; END';
            CREATE TRIGGER keep BEFORE INSERT ON metrics.outbox FOR EACH ROW EXECUTE FUNCTION public.keep();
            """))
        {
            await copy.ExecuteNonQueryAsync();
        }

        using var client = _app.ClientFor("demo-operator");
        var computation = await client.PostAsync("/v1/metrics/computations", new { from = "2026-Q3", to = "2026-Q3", publish = true }, 201);
        await _app.SendFactsAsync(SampleFacts.Spell("late", _persons[3], "2026-07-30", "2026-07-31"));
        await _app.FreshAsync();

        var published = await PassedAsync<ValuesPublished>(source, ValuesPublished.Name);
        published.ShouldAllBe(p => p.PublicationId.ToString() == computation.GetProperty("id").GetString());
        var values = published.SelectMany(p => p.Values).ToList();
        values.Select(v => (v.Metric, v.AreaKind, v.Area, v.Period)).Distinct().Count().ShouldBe(values.Count);
        values.ShouldAllBe(v => v.Period.Length == 7 && v.Period[5] != 'Q');
        var july = values.Single(v => v is { Metric: "emergency_admissions", Area: "Y99001", Period: "2026-07" });
        (july.Numerator, july.Version, july.Status).ShouldBe((2, 1, "provisional"));

        var restated = (await PassedAsync<ValuesRestated>(source, ValuesRestated.Name)).SelectMany(r => r.Values).ToList();
        restated.Where(v => v.Metric == "emergency_admissions").Select(v => (v.Area, v.Numerator, v.Version))
            .ShouldBe([("LOC1", 4, 2), ("Y99001", 3, 2), ("SYS1", 4, 2)], ignoreOrder: true);
        restated.ShouldNotContain(v => v.Metric == "acs_admissions", "an admission for a stroke leaves it as it was");
    }

    [Fact]
    public async Task Faults_in_a_request_are_all_named_at_once()
    {
        using var client = _app.ClientFor("demo-operator");
        var problem = await client.PostAsync("/v1/metrics/computations", new { metrics = new[] { "none" }, from = "2026", status = "draft" }, 400);
        problem.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("pointer").GetString()).Distinct()
            .ShouldBe(["/metrics/0", "/from", "/to", "/status"], ignoreOrder: true);
        (await client.PostAsync("/v1/metrics/computations", new { from = "2026-08", to = "2026-07" }, 400))
            .GetProperty("errors")[0].GetProperty("pointer").GetString().ShouldBe("/to");
        (await client.PostAsync("/v1/metrics/computations", new { from = "2027-01", to = "2027-02" }, 409))
            .GetProperty("code").GetString().ShouldBe("period-not-begun");
        (await client.PostAsync("/v1/metrics/computations", new { from = "2026-11", to = "2026-11", publish = true, status = "final" }, 409))
            .GetProperty("code").GetString().ShouldBe("period-not-over");
    }

    [Fact]
    public async Task Only_operator_commissioner_and_board_may_publish()
    {
        using var practice = _app.ClientFor("demo-practice", "operations");
        await practice.PostAsync("/v1/metrics/computations", new { from = "2026-07", to = "2026-07" }, 403);
        using var board = _app.ClientFor("demo-integrated-care-board");
        await board.PostAsync("/v1/metrics/computations", new { from = "2026-07", to = "2026-07" }, 201);
        await board.GetAsync($"/v1/metrics/computations/{Guid.CreateVersion7()}", 404);
    }

    [Fact]
    public async Task With_an_idempotency_key_the_publication_and_its_answer_are_kept_together()
    {
        using var client = _app.ClientFor("demo-operator");
        client.DefaultRequestHeaders.Add("Idempotency-Key", "publish-july");
        var first = await client.PostAsync("/v1/metrics/computations", new { from = "2026-07", to = "2026-07", publish = true }, 201);
        var second = await client.PostAsync("/v1/metrics/computations", new { from = "2026-07", to = "2026-07", publish = true }, 201);
        second.GetRawText().ShouldBe(first.GetRawText());
        (await _app.ScalarAsync<long>("SELECT count(*) FROM metrics.mt_doc_computation")).ShouldBe(1);
    }

    private static async Task<List<TEvent>> PassedAsync<TEvent>(NpgsqlDataSource source, string name)
    {
        await using var command = source.CreateCommand("SELECT payload FROM public.passed WHERE name = $1");
        command.Parameters.Add(new NpgsqlParameter { Value = name });
        await using var reader = await command.ExecuteReaderAsync();
        var events = new List<TEvent>();
        while (await reader.ReadAsync())
            events.Add(JsonSerializer.Deserialize<TEvent>(reader.GetString(0), SharedJson.Storage)!);
        return events;
    }
}
