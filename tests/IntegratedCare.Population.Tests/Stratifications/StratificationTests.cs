using System.Text.Json;
using IntegratedCare.Population.HighRisk;
using IntegratedCare.Population.RiskModels;
using IntegratedCare.Population.Stratifications;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;

namespace IntegratedCare.Population.Tests.Stratifications;

public sealed class StratificationTests : RiskTest
{
    [Fact]
    public async Task A_score_takes_each_code_once_from_spells_in_the_look_back_only()
    {
        var person = await PersonAsync();
        await SpellAsync(person, Index, ["F000", "N390", "F001"]);
        await SpellAsync(person, Index.AddMonths(-24), ["W190", "N399"]);
        await SpellAsync(person, Index.AddMonths(-24).AddDays(-1), ["G810"]);
        await SpellAsync(person, Index.AddDays(1), ["G300"]);
        await SpellAsync(person, Index.AddDays(-3), ["I690"], cancelled: true);
        await SpellAsync(person, Index.AddDays(-3), ["R26", "I10X"]);
        var run = await StratifyAsync();
        (await ColumnAsync(run, "score"))[person].ShouldBe("16.1");
        (await ColumnAsync(run, "array_to_string(features, ' ')"))[person].ShouldBe("F00 N39 R26 W19");
    }

    [Fact]
    public async Task Scores_in_the_database_are_those_of_the_model_whatever_the_order_of_records()
    {
        var model = BuiltInRiskModels.All.Single(m => m.Id == Hfrs);
        var random = new Random(42);
        var expected = new Dictionary<Guid, double>();
        foreach (var _ in Enumerable.Range(0, 30))
        {
            var codes = Enumerable.Range(0, random.Next(1, 25)).Select(_ => model.Features[random.Next(109)].Code + random.Next(10)).ToArray();
            // Three persons with the same codes, in other orders and other spells.
            foreach (var person in await PersonsAsync(3))
            {
                random.Shuffle(codes);
                var cut = random.Next(codes.Length + 1);
                await SpellAsync(person, Index.AddDays(-random.Next(1, 700)), codes[..cut]);
                await SpellAsync(person, Index.AddDays(-random.Next(1, 700)), [.. codes[cut..], codes[0]]);
                expected[person] = (double)model.Score(codes).Points;
            }
        }

        var run = await StratifyAsync();
        var scores = await ColumnAsync(run, "score");
        foreach (var (person, score) in expected)
            double.Parse(scores[person]!).ShouldBe(score);
    }

    [Fact]
    public async Task Ties_go_to_emergency_admissions_then_age_then_a_lot_that_the_seed_decides()
    {
        var persons = await PersonsAsync(6, age: 60);
        foreach (var person in persons)
            await SpellAsync(person, "F00");
        var older = await PersonAsync(age: 90);
        await SpellAsync(older, "F00");
        var admitted = await PersonAsync(age: 40);
        await SpellAsync(admitted, Index.AddDays(-20), ["F00"], "21");
        var longAgo = await PersonAsync(age: 40);
        await SpellAsync(longAgo, Index.AddMonths(-12).AddDays(-1), ["F00"], "21");

        var first = await ColumnAsync(await StratifyAsync(seed: 1), "rank");
        first[admitted].ShouldBe("1");
        first[older].ShouldBe("2");
        first[longAgo].ShouldBe("9");
        persons.Select(p => int.Parse(first[p]!)).Order().ShouldBe([3, 4, 5, 6, 7, 8]);
        var again = await ColumnAsync(await StratifyAsync(seed: 1), "rank");
        again.OrderBy(r => r.Key).ShouldBe(first.OrderBy(r => r.Key));
        var orders = new HashSet<string>();
        for (var seed = 2; seed < 6; seed++)
        {
            var ranks = await ColumnAsync(await StratifyAsync(seed: seed), "rank");
            orders.Add(string.Join(' ', persons.OrderBy(p => int.Parse(ranks[p]!)).Select(p => Array.IndexOf(persons, p))));
        }

        orders.Count.ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task Tiers_are_shares_of_adults_rounded_up_by_practice_and_system_and_zero_is_in_none()
    {
        // 101 adults and 40 children in A: 1, 3, 6, 21 places. 10 adults in B: 1, 1, 1, 2.
        var a = await PersonsAsync(101);
        await PersonsAsync(40, age: 9);
        var b = await PersonsAsync(10, PracticeB);
        var codes = BuiltInRiskModels.All.Single(m => m.Id == Hfrs).Features.OrderByDescending(f => f.Points).Select(f => f.Code).ToArray();
        for (var i = 0; i < 15; i++)
            await SpellAsync(a[i], [.. codes[..(20 - i)]]);
        for (var i = 0; i < 3; i++)
            await SpellAsync(b[i], [.. codes[..(3 - i)]]);

        var run = await StratifyAsync();
        var tiers = await ColumnAsync(run, "tier");
        a.Take(16).Select(p => tiers[p]).ShouldBe(
            ["top-0.5", "top-2", "top-2", "top-5", "top-5", "top-5", .. Enumerable.Repeat("top-20", 9), null]);
        a.Skip(15).ShouldAllBe(p => tiers[p] == null);
        b.Take(4).Select(p => tiers[p]).ShouldBe(["top-0.5", "top-20", null, null]);
        // 111 adults in the system: 1, 3, 6, 23 places, and 18 scores above zero.
        var system = await ColumnAsync(run, "system_tier");
        system.Values.Count(t => t == "top-0.5").ShouldBe(1);
        system.Values.Count(t => t == "top-2").ShouldBe(2);
        system.Values.Count(t => t == "top-5").ShouldBe(3);
        system.Values.Count(t => t == "top-20").ShouldBe(12);

        var result = run.GetProperty("result");
        result.GetProperty("persons").GetInt64().ShouldBe(151);
        result.GetProperty("adults").GetInt64().ShouldBe(111);
        result.GetProperty("scored").GetInt64().ShouldBe(111);
        result.GetProperty("aboveZero").GetInt64().ShouldBe(18);
        result.GetProperty("notScorable").GetProperty("below-age").GetInt64().ShouldBe(40);
        result.GetProperty("tiers").EnumerateArray().Select(t => t.GetProperty("inPractice").GetInt64()).ShouldBe([2, 2, 3, 10]);
        result.GetProperty("rose").GetInt64().ShouldBe(17);
    }

    [Fact]
    public async Task Only_those_alive_and_registered_at_the_index_date_are_scored_in_the_practice_of_that_day()
    {
        var dead = await PersonAsync(died: Index);
        var diedAfter = await PersonAsync(died: Index.AddDays(1));
        var unborn = await PersonAsync(age: -1);
        var notYet = await PersonAsync(registered: Index.AddDays(1));
        var moved = await PersonAsync(PracticeB, registered: Index.AddDays(1));
        await RunAsync("INSERT INTO population.registration (person_id, practice, from_date, to_date) VALUES ($1, $2, $3, $4)", moved, PracticeA,
            new DateOnly(2020, 1, 1), Index.AddDays(1));
        var practices = await ColumnAsync(await StratifyAsync(), "practice");
        practices.Keys.ShouldBe([diedAfter, moved], ignoreOrder: true);
        practices[moved].ShouldBe(PracticeA);
        _ = (dead, unborn, notYet);
    }

    [Fact]
    public async Task Uncoded_admissions_are_not_scorable_and_say_so()
    {
        var uncoded = await PersonAsync();
        await SpellAsync(uncoded, Index.AddDays(-1), null);
        var partly = await PersonAsync();
        await SpellAsync(partly, Index.AddDays(-1), null);
        await SpellAsync(partly, Index.AddDays(-9), ["I10"]);
        var child = await PersonAsync(age: 10);
        await SpellAsync(child, "F00");
        var run = await StratifyAsync();
        var why = await ColumnAsync(run, "not_scorable");
        (why[uncoded], why[partly], why[child]).ShouldBe(("diagnoses-not-coded", null, "below-age"));
        (await ColumnAsync(run, "score"))[uncoded].ShouldBeNull();
        var shown = (await Practice().GetAsync($"/v1/population/persons/{uncoded}/risk", 200)).GetProperty("scores")[0];
        shown.GetProperty("score").ValueKind.ShouldBe(JsonValueKind.Null);
        shown.GetProperty("notScorable").GetProperty("code").GetString().ShouldBe("diagnoses-not-coded");
    }

    [Fact]
    public async Task A_second_run_says_who_rose_and_fell_and_why_and_publishes_the_changes_only()
    {
        await KeepEventsAsync();
        await RunAsync(
            "INSERT INTO population.practice_place (practice, locality, place, system, from_date) VALUES ($1, 'LOC-N', 'PLACE-1', 'SYS', '2020-01-01')",
                PracticeA);
        var persons = await PersonsAsync(100);
        await SpellAsync(persons[0], Index.AddMonths(-24).AddDays(5), ["F00", "G81"]);
        await SpellAsync(persons[1], "N39");
        await SpellAsync(persons[2], "W19", "K26");
        await StratifyAsync();
        // Ten days later the old admission of the first is out of the window; the second has fallen.
        await SpellAsync(persons[1], Index.AddDays(2), ["W19", "S72"], "21");
        var second = await StratifyAsync(Index.AddDays(10));

        var result = second.GetProperty("result");
        (result.GetProperty("rose").GetInt64(), result.GetProperty("fell").GetInt64()).ShouldBe((1, 1));
        var events = await EventsAsync("population.risk-stratified.v1");
        events.Count.ShouldBe(2);
        events[0].GetProperty("changes").GetArrayLength().ShouldBe(3);
        var changes = events[1].GetProperty("changes").EnumerateArray().ToDictionary(c => c.GetProperty("person").GetProperty("personId").GetGuid());
        changes.Keys.ShouldBe([persons[0], persons[1]], ignoreOrder: true);
        var rose = changes[persons[1]];
        rose.GetProperty("tier").GetString().ShouldBe("top-0.5");
        rose.GetProperty("previousTier").GetString().ShouldBe("top-5");
        rose.GetProperty("score").GetDouble().ShouldBe(7.8);
        rose.GetProperty("person").GetProperty("locality").GetString().ShouldBe("LOC-N");
        rose.GetProperty("person").GetProperty("conditions").EnumerateArray().Select(c => c.GetString()!).ShouldContain("Fracture of femur");
        changes[persons[0]].TryGetProperty("tier", out _).ShouldBeFalse();

        var listed = (await Practice().GetAsync($"/v1/population/stratifications/{second.GetProperty("id").GetString()}/changes", 200)).GetProperty("items")
            .EnumerateArray()
            .ToDictionary(c => c.GetProperty("personId").GetGuid());
        listed[persons[1]].GetProperty("direction").GetString().ShouldBe("rose");
        listed[persons[1]].GetProperty("gained").EnumerateArray().Select(g => g.GetProperty("code").GetString()!).ShouldBe(["S72", "W19"]);
        listed[persons[0]].GetProperty("lost").EnumerateArray().Select(g => g.GetProperty("code").GetString()!).ShouldBe(["F00", "G81"]);
        await App.DrainOutboxAsync();
    }

    [Fact]
    public async Task More_than_a_thousand_changes_go_out_in_chunks_each_once()
    {
        await KeepEventsAsync();
        await RunAsync(
            """
            INSERT INTO population.person (id, nhs_number, family_name, given_name, birth_date, sex, practice, registered_from)
            SELECT md5(n::text)::uuid, 9990000000 + n, 'Test', 'Person', '1950-01-01', 'male', $1, '2010-01-01' FROM generate_series(1, 12000) n
            """, PracticeA);
        await RunAsync(
            """
            INSERT INTO population.record (source, record_id, record_version, fact_version, event_seq, received_at, kind, cancelled, nhs_number, person_id,
              started, day, data)
            SELECT 'urn:ods:RZ1', 'many-' || n, 1, 1, n, now(), 'inpatient-spell', false, 9990000000 + n, md5(n::text)::uuid, '2026-01-01', '2026-01-01',
              '{"admissionMethod":"21","diagnoses":["F00","W19"]}' FROM generate_series(1, 12000) n
            """);
        var run = await StratifyAsync();
        var events = await EventsAsync("population.risk-stratified.v1");
        events.ShouldAllBe(e => e.GetProperty("changes").GetArrayLength() <= 1000);
        var published = events.SelectMany(e => e.GetProperty("changes").EnumerateArray())
            .Select(c => c.GetProperty("person").GetProperty("personId").GetGuid()).ToList();
        published.Count.ShouldBe(2400);
        published.Distinct().Count().ShouldBe(2400);
        run.GetProperty("published").GetInt64().ShouldBe(2400);
    }

    [Fact]
    public async Task A_run_that_a_crash_left_unfinished_is_taken_up_again()
    {
        await KeepEventsAsync();
        var persons = await PersonsAsync(100);
        await SpellAsync(persons[0], "F00");
        var done = await StratifyAsync();
        // As a host leaves it that dies while scoring: the state, and half-made tables of its own.
        var id = Guid.CreateVersion7();
        await RunAsync($"CREATE TABLE population.risk_work_{id:n} (x int)");
        await RunAsync($"CREATE TABLE population.risk_score_{id:n} (x int)");
        await using (var session = App.Services.GetRequiredService<ModuleSessions<PopulationSession>>().Open())
        {
            var run = (await session.FindAsync<StratificationRun>(done.GetProperty("id").GetGuid(), default))!;
            session.Insert(StratificationRun.Request(id, run.Model, run.ModelVersion, run.IndexDate, run.Seed, run.RequestedBy, run.CreatedAt)
                .Start(run.CreatedAt).At("ranking"));
            await session.SaveChangesAsync();
        }

        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (await App.ScalarAsync<string>("SELECT state FROM population.mt_doc_stratification WHERE id = $1", id) != "completed")
            await Task.Delay(30, timeout.Token);
        (await App.ScalarAsync<long>("SELECT count(*) FROM population.risk_score WHERE run_id = $1", id)).ShouldBe(100);

        // And while publishing: what is out stays out, the rest follows.
        await RunAsync("DELETE FROM population.kept");
        await using (var session = App.Services.GetRequiredService<ModuleSessions<PopulationSession>>().Open())
        {
            var run = (await session.FindAsync<StratificationRun>(done.GetProperty("id").GetGuid(), default))!;
            session.Update(run with { State = StratificationRun.Publishing, PublishedTo = Guid.Empty, Published = 0 });
            await session.SaveChangesAsync();
        }

        while (await App.ScalarAsync<long>("SELECT count(*) FROM population.mt_doc_stratification WHERE state <> 'completed'") > 0)
            await Task.Delay(30, timeout.Token);
        (await EventsAsync("population.risk-stratified.v1")).Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_same_request_with_the_same_key_is_one_run()
    {
        var http = Operator;
        http.DefaultRequestHeaders.Add("Idempotency-Key", "monthly-run-2026-03");
        var first = await http.PostAsync("/v1/population/stratifications", new { model = Hfrs, indexDate = Index }, 202);
        var second = await http.PostAsync("/v1/population/stratifications", new { model = Hfrs, indexDate = Index }, 202);
        second.GetRawText().ShouldBe(first.GetRawText());
        await http.PostAsync("/v1/population/stratifications", new { model = Hfrs, indexDate = Index.AddDays(-1) }, 422);
        (await Operator.GetAsync("/v1/population/stratifications", 200)).GetProperty("items").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task Scores_that_newer_runs_crowd_out_go_and_their_counts_and_entries_stay()
    {
        var persons = await PersonsAsync(100);
        await SpellAsync(persons[0], "F00");
        var first = await StratifyAsync();
        App.Services.GetRequiredService<IOptions<HighRiskRegisterOptions>>().Value.KeepRuns = 2;
        var entry = (await Practice().GetAsync("/v1/population/high-risk-register", 200)).GetProperty("items")[0].GetProperty("entryId").GetString();
        await Practice().PostAsync($"/v1/population/high-risk-register/{entry}/confirm", "", 200, "\"1\"");
        await StratifyAsync();
        await StratifyAsync();
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var path = $"/v1/population/stratifications/{first.GetProperty("id").GetString()}";
        while ((await Operator.GetAsync(path, 200)).GetProperty("scoresKept").GetBoolean())
            await Task.Delay(30, timeout.Token);
        (await Operator.GetAsync(path, 200)).GetProperty("result").GetProperty("persons").GetInt64().ShouldBe(100);
        await Practice().GetAsync(path + "/changes", 404);
        (await ColumnAsync(first, "score")).ShouldBeEmpty();
        (await Practice().GetAsync($"/v1/population/high-risk-register/{entry}", 200)).GetProperty("conditions")[0].GetString()
            .ShouldBe("Dementia in Alzheimer's disease");
    }

    [Fact]
    public async Task A_look_back_at_an_earlier_date_is_stored_but_changes_nothing()
    {
        await KeepEventsAsync();
        var persons = await PersonsAsync(100);
        await SpellAsync(persons[0], "F00");
        await StratifyAsync();
        var events = (await EventsAsync("population.risk-stratified.v1")).Count;
        var past = await StratifyAsync(Index.AddYears(-1));
        past.GetProperty("latest").GetBoolean().ShouldBeFalse();
        (await EventsAsync("population.risk-stratified.v1")).Count.ShouldBe(events);
        (await Practice().GetAsync($"/v1/population/persons/{persons[0]}/risk", 200)).GetProperty("scores")[0].GetProperty("score").GetDouble().ShouldBe(7.1);
        (await Practice().GetAsync("/v1/population/high-risk-register?status=proposed", 200)).GetProperty("items").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task A_partners_own_model_scores_by_prefix_and_recorded_conditions_and_new_versions_leave_old_scores()
    {
        var person = await PersonAsync();
        await SpellAsync(person, "I110", "J440");
        await RunAsync(
            """
            INSERT INTO population.record (source, record_id, record_version, fact_version, event_seq, received_at, kind, cancelled, nhs_number, person_id,
              started, day, data)
            VALUES ('urn:ods:Y99001', 'condition-1', 1, 1, 1, now(), 'condition-recorded', false, 1, $1, '2015-05-05', '2015-05-05', '{"code":"E119"}')
            """, person);
        object Model(decimal diabetes) => new
        {
            id = "northern-points",
            title = "Northern points",
            citation = "Agreed by the partners",
            outcome = "Emergency admission",
            horizon = "12 months",
            lookBackMonths = 36,
            inputs = new[] { "inpatient-diagnoses", "conditions" },
            bands = new object[] { new { name = "lower", below = 4 }, new { name = "higher" } },
            features = new[]
            {
                new { code = "I11", points = 1.5m, description = "Hypertensive heart disease" },
                new { code = "I110", points = 2m, description = "With heart failure" },
                new { code = "E11", points = diabetes, description = "Type 2 diabetes" },
            },
        };
        var practice = Practice();
        (await Operator.PostAsync("/v1/population/risk-models", Model(3), 201)).GetProperty("version").GetInt32().ShouldBe(1);
        var run = await StratifyAsync(model: "northern-points");
        (await ColumnAsync(run, "score"))[person].ShouldBe("6.5");
        (await Operator.PostAsync("/v1/population/risk-models", Model(10), 201)).GetProperty("version").GetInt32().ShouldBe(2);
        // What scores every practice's persons is not one practice's to add.
        await practice.PostAsync("/v1/population/risk-models", Model(5), 403);
        await App.ClientFor("demo-commissioner", "population-health").PostAsync("/v1/population/risk-models", Model(5), 403);
        var shown = (await practice.GetAsync($"/v1/population/persons/{person}/risk", 200)).GetProperty("scores")[0];
        shown.GetProperty("modelVersion").GetInt32().ShouldBe(1);
        shown.GetProperty("score").GetDouble().ShouldBe(6.5);
        shown.GetProperty("conditions")[0].GetProperty("points").GetDecimal().ShouldBe(3);
        shown.GetProperty("conditions")[0].GetProperty("recordId").GetString().ShouldBe("condition-1");
        await Operator.PostAsync("/v1/population/risk-models", new { id = "x", title = "x" }, 400);
        // Only the register's own model proposes.
        (await practice.GetAsync("/v1/population/high-risk-register", 200)).GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task Models_show_their_source_and_performance_and_requests_are_checked()
    {
        var models = await App.ClientFor("demo-commissioner").GetAsync("/v1/population/risk-models", 200);
        models.GetProperty("items")[0].GetProperty("citation").GetString()!.ShouldContain("Gilbert");
        var model = await Operator.GetAsync($"/v1/population/risk-models/{Hfrs}", 200);
        model.GetProperty("features").GetArrayLength().ShouldBe(109);
        model.GetProperty("performance").EnumerateArray().Select(p => p.GetProperty("value").GetDouble()).ShouldBe([0.6, 0.68, 0.56, 1.71, 6.03, 1.48]);
        await Operator.GetAsync("/v1/population/risk-models/nobody-s", 404);
        await Operator.PostAsync("/v1/population/stratifications", new { model = "nobody-s" }, 400);
        await Operator.PostAsync("/v1/population/stratifications", new { model = "\u0000" }, 400);
        await Operator.PostAsync("/v1/population/stratifications", new { model = Hfrs, indexDate = "2999-01-01" }, 400);
        await Operator.PostAsync("/v1/population/stratifications", new { model = Hfrs, seed = -1 }, 400);
        await App.ClientFor("demo-commissioner").PostAsync("/v1/population/stratifications", new { model = Hfrs }, 403);
        await Operator.GetAsync($"/v1/population/stratifications/{Guid.CreateVersion7()}", 404);
    }
}
