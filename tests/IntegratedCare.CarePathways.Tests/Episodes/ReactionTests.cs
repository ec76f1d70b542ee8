using IntegratedCare.CarePathways.Clocks;
using IntegratedCare.CarePathways.Episodes;
using IntegratedCare.Population.Events;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Events;
using IntegratedCare.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace IntegratedCare.CarePathways.Tests.Episodes;

public class ReactionTests(ProgrammeApp app, ITestOutputHelper output) : IClassFixture<ProgrammeApp>
{
    [Fact]
    public async Task A_person_is_proposed_once_however_often_confirmed_and_anew_after_the_end()
    {
        var person = Guid.CreateVersion7();
        var id = await app.ProposedAsync(person);

        await app.PublishAsync(ProgrammeApp.Confirmed(person), ProgrammeApp.Confirmed(person, 2));
        (await CountAsync(person)).ShouldBe(1);

        await app.ActAsync(app.Practice, id, "decline", new { reason = "Already well supported." });
        await app.PublishAsync(ProgrammeApp.Confirmed(person, 2));
        (await CountAsync(person)).ShouldBe(1);
        await app.PublishAsync(ProgrammeApp.Confirmed(person, 3));
        (await CountAsync(person)).ShouldBe(2);
    }

    [Fact]
    public async Task Leaving_the_register_withdraws_what_is_only_proposed()
    {
        var (proposed, accepted) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        var first = await app.ProposedAsync(proposed);
        var second = await app.AcceptedAsync(accepted);

        await app.PublishAsync(ProgrammeApp.Confirmed(proposed, 2, status: "ended"), ProgrammeApp.Confirmed(accepted, 2, status: "ended"));

        (await StatusAsync(first)).ShouldBe("Withdrawn");
        (await StatusAsync(second)).ShouldBe("Active");
    }

    [Fact]
    public async Task A_register_entry_that_comes_and_goes_in_one_run_leaves_a_withdrawn_episode()
    {
        var person = Guid.CreateVersion7();

        await app.PublishAsync(ProgrammeApp.Confirmed(person), ProgrammeApp.Confirmed(person, 2, status: "ended"));

        (await app.ScalarAsync<string>("SELECT status FROM care_pathways.mt_doc_episode WHERE person_id = $1", person)).ShouldBe("Withdrawn");
    }

    [Fact]
    public async Task Death_closes_the_open_episode_and_its_withdrawal_reopens_exactly_that()
    {
        var person = Guid.CreateVersion7();
        var ended = await app.ProposedAsync(person);
        await app.ActAsync(app.Practice, ended, "decline", new { reason = "Not now." });
        await app.PublishAsync(ProgrammeApp.Confirmed(person, 2));
        var open = await app.ScalarAsync<Guid>("SELECT id FROM care_pathways.mt_doc_episode WHERE person_id = $1 AND status = 'Proposed'", person);
        await app.ActAsync(app.Practice, open, "accept", new { });

        await app.PublishAsync(new PersonDied(person, LondonTime.Today(app.Clock), 1));
        (await StatusAsync(open)).ShouldBe("Closed");
        (await app.ScalarAsync<long>("SELECT count(*) FROM care_pathways.clock WHERE episode_id = $1 AND stopped_at IS NULL", open)).ShouldBe(0);
        (await app.ActAsync(app.Practice, open, "close", new { outcome = "goals-met" }, 409)).GetProperty("code").GetString().ShouldBe("episode-ended");

        await app.PublishAsync(new DeathWithdrawn(person, 2));
        (await StatusAsync(open)).ShouldBe("Active");
        (await StatusAsync(ended)).ShouldBe("Declined");
        (await app.ScalarAsync<long>("SELECT count(*) FROM care_pathways.clock WHERE episode_id = $1 AND stopped_at IS NULL", open)).ShouldBe(1);
        // The same death published again, late, is older than its withdrawal.
        await app.PublishAsync(new PersonDied(person, LondonTime.Today(app.Clock), 1));
        (await StatusAsync(open)).ShouldBe("Active");
        (await app.OwnEventsAsync("care-pathways.episode-closed.v1", open)).Single().GetProperty("outcome").GetString().ShouldBe("died");
    }

    [Fact]
    public async Task A_death_known_before_the_proposal_closes_it_at_once()
    {
        var person = Guid.CreateVersion7();
        await app.PublishAsync(new PersonDied(person, new DateOnly(2026, 1, 2), 1));
        await app.PublishAsync(ProgrammeApp.Confirmed(person));
        (await app.ScalarAsync<string>("SELECT status FROM care_pathways.mt_doc_episode WHERE person_id = $1", person)).ShouldBe("Closed");

        await app.PublishAsync(new DeathWithdrawn(person, 2));

        (await app.ScalarAsync<string>("SELECT status FROM care_pathways.mt_doc_episode WHERE person_id = $1", person)).ShouldBe("Proposed");
    }

    [Fact]
    public async Task A_proposal_made_while_a_death_stood_does_not_displace_the_episode_the_death_closed()
    {
        var person = Guid.CreateVersion7();
        var id = await app.AcceptedAsync(person);
        await app.PublishAsync(new PersonDied(person, LondonTime.Today(app.Clock), 1));
        await app.PublishAsync(ProgrammeApp.Confirmed(person, 2));

        await app.PublishAsync(new DeathWithdrawn(person, 2));

        (await StatusAsync(id)).ShouldBe("Active");
        (await app.ScalarAsync<long>("SELECT count(*) FROM care_pathways.mt_doc_episode WHERE person_id = $1 AND status = 'Closed'", person)).ShouldBe(1);
    }

    [Fact]
    public async Task Partners_are_published_when_they_change_none_when_the_episode_ends_and_all_of_them_when_it_reopens()
    {
        var person = Guid.CreateVersion7();
        var id = await app.AcceptedAsync(person);
        using var practice = app.Practice;
        await app.ActAsync(practice, id, "key-worker", new { name = "Nora Nurse", role = "community-nurse", organisation = "RZ3" });
        var today = LondonTime.Today(app.Clock).ToString("yyyy-MM-dd");
        await app.ActAsync(practice, id, "assessments", new { kind = "nursing", date = today, findings = "Frail." });
        await app.PublishAsync(new PersonDied(person, LondonTime.Today(app.Clock), 1));
        await app.PublishAsync(new DeathWithdrawn(person, 2));

        var published = (await app.OwnEventsAsync("care-pathways.episode-partners-changed.v1", id))
            .Select(e => string.Join(' ', e.GetProperty("organisations").EnumerateArray().Select(o => o.GetString()))).ToList();
        published[0].ShouldBe("Y99001");
        published[^3..].ShouldBe(["RZ3 Y99001", "", "RZ3 Y99001"]);
        published.Count.ShouldBe(4);
    }

    [Fact]
    public async Task A_plan_ends_with_the_persons_death_and_is_in_force_again_when_it_is_withdrawn()
    {
        var person = Guid.CreateVersion7();
        var id = await app.AcceptedAsync(person);
        using var practice = app.Practice;
        var today = LondonTime.Today(app.Clock).ToString("yyyy-MM-dd");
        await app.ActAsync(practice, id, "assessments", new { kind = "nursing", date = today, findings = "Frail." });
        var attendance = new[] { new { role = "gp" }, new { role = "nurse" }, new { role = "therapist" } };
        await app.ActAsync(practice, id, "meetings", new { date = today, attendance });
        await app.ActAsync(practice, id, "plan", new { goals = new[] { "Stay at home." }, reviewDate = "2030-01-01" });

        await app.PublishAsync(new PersonDied(person, LondonTime.Today(app.Clock), 1));
        await app.PublishAsync(new DeathWithdrawn(person, 2));

        var plans = await app.OwnEventsAsync("care-pathways.plan-changed.v1", id);
        plans.Select(p => p.TryGetProperty("endedOn", out var on) ? on.GetString() : null).ShouldBe([null, today, null]);
        plans.ShouldAllBe(p => !p.GetProperty("anticipatory").GetBoolean());
    }

    [Fact]
    public async Task An_emergency_admission_is_recorded_pauses_the_clock_and_follows_its_corrections()
    {
        var (person, other) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        var id = await app.AcceptedAsync(person);
        var next = await app.AcceptedAsync(other);
        var start = app.Clock.GetUtcNow();
        var due = await DueAsync(id);

        await app.PublishAsync(new CareFactsRecorded(
            [Spell(person, 1, start), Spell(person, 1, start, record: "elective", method: "11"), Spell(Guid.CreateVersion7(), 1, start, record: "stranger")]));
        using var practice = app.Practice;
        var recorded = await practice.GetAsync($"{ProgrammeApp.Episodes}/{id}", 200);
        recorded.GetProperty("admissions").GetArrayLength().ShouldBe(1);
        (await practice.GetAsync($"{ProgrammeApp.Episodes}/{id}/clocks", 200)).GetProperty("items")[0].GetProperty("state").GetString().ShouldBe("paused");

        // Discharged two nights later: the clock goes on, two days later. The same version again changes nothing.
        app.Clock.Advance(TimeSpan.FromDays(3));
        try
        {
            var discharged = new CareFactsRecorded([Spell(person, 2, start, start.AddDays(2))]);
            await app.PublishAsync(discharged, discharged);
            (await DueAsync(id)).ShouldBe(LondonTime.StartOf(LondonTime.DateOf(due).AddDays(2)));

            // Re-attributed to somebody else in an episode: taken back here, recorded there.
            await app.PublishAsync(new CareFactsRecorded([Spell(other, 3, start, start.AddDays(2))]));
            (await practice.GetAsync($"{ProgrammeApp.Episodes}/{id}", 200)).GetProperty("admissions").GetArrayLength().ShouldBe(0);
            (await practice.GetAsync($"{ProgrammeApp.Episodes}/{next}", 200)).GetProperty("admissions").GetArrayLength().ShouldBe(1);
            (await DueAsync(id)).ShouldBe(due);

            // Cancelled, and an older version after it.
            await app.PublishAsync(new CareFactsRecorded([Spell(other, 4, start) with { Cancelled = true }]));
            await app.PublishAsync(new CareFactsRecorded([Spell(other, 3, start)]));
            (await practice.GetAsync($"{ProgrammeApp.Episodes}/{next}", 200)).GetProperty("admissions").GetArrayLength().ShouldBe(0);
        }
        finally
        {
            app.Clock.SetTo(TimeProvider.System.GetUtcNow());
        }
    }

    [Fact]
    public async Task Facts_of_people_in_no_episode_keep_up_with_five_thousand_a_second()
    {
        var person = Guid.CreateVersion7();
        await app.AcceptedAsync(person);
        var events = Enumerable.Range(0, 10).Select(batch => new CareFactsRecorded(
            [
                .. Enumerable.Range(0, 1000)
                    .Select(n => Spell(n == 500 ? person : Guid.CreateVersion7(), 1, app.Clock.GetUtcNow(), record: $"load-{batch}-{n}")),
            ])).ToArray();

        var started = TimeProvider.System.GetTimestamp();
        await app.PublishAsync(events);

        (await app.ScalarAsync<int>("SELECT jsonb_array_length(data -> 'admissions') FROM care_pathways.mt_doc_episode WHERE person_id = $1", person))
            .ShouldBe(10);
        var elapsed = TimeProvider.System.GetElapsedTime(started);
        output.WriteLine($"10,000 facts in {elapsed.TotalSeconds:0.00} s");
        // With room for a slow machine and every other module's reactions.
        elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(15));
    }

    [Fact]
    public async Task A_clock_that_runs_out_is_recorded_once_and_published_once()
    {
        var id = await app.AcceptedAsync();
        var watch = app.Services.GetRequiredService<ClockWatch>();
        using var practice = app.Practice;
        app.Clock.SetTo((await DueAsync(id)).AddHours(-5));
        try
        {
            var due = await practice.GetAsync("/v1/care-pathways/clocks?state=due-within:PT6H&limit=1000", 200);
            due.GetProperty("items").EnumerateArray().Where(c => c.GetProperty("episodeId").GetGuid() == id).Single()
                .GetProperty("holder").GetProperty("organisation").GetString().ShouldBe("Y99001");
            await practice.GetAsync("/v1/care-pathways/clocks?state=due-within:soon", 400);

            app.Clock.Advance(TimeSpan.FromDays(1));
            await watch.SweepAsync(default);
            await watch.SweepAsync(default);
            app.Clock.Advance(TimeSpan.FromDays(1));
            await watch.SweepAsync(default);

            await app.DrainOutboxAsync();
            var published = (await app.OwnEventsAsync("care-pathways.clock-breached.v1", id)).Single();
            published.GetProperty("clock").GetString().ShouldBe("first-assessment");
            var breached = (await practice.GetAsync("/v1/care-pathways/clocks?state=breached&limit=1000", 200)).GetProperty("items").EnumerateArray()
                .Single(c => c.GetProperty("episodeId").GetGuid() == id);
            breached.GetProperty("breachNoticedAt").ValueKind.ShouldNotBe(System.Text.Json.JsonValueKind.Null);

            // Assessed in time but recorded late: the clock was not late after all.
            var assessed = LondonTime.DateOf(app.Clock.GetUtcNow()).AddDays(-10).ToString("yyyy-MM-dd");
            await app.ActAsync(practice, id, "assessments", new { kind = "nursing", date = assessed, findings = "Seen at home." });
            var clock = (await practice.GetAsync($"{ProgrammeApp.Episodes}/{id}/clocks", 200)).GetProperty("items")[0];
            (clock.GetProperty("state").GetString(), clock.GetProperty("late").GetBoolean()).ShouldBe(("stopped", false));
        }
        finally
        {
            app.Clock.SetTo(TimeProvider.System.GetUtcNow());
        }
    }

    [Fact]
    public async Task An_organisation_keeps_the_latest_name()
    {
        await app.PublishAsync(
            new OrganisationChanged("Y99077", "New", "general-practice", null, null, null, null, 2),
            new OrganisationChanged("Y99077", "Old", "general-practice", null, null, null, null, 1));

        (await app.ScalarAsync<string>("SELECT display_name FROM care_pathways.organisation WHERE code = 'Y99077'")).ShouldBe("New");
    }

    private Task<long> CountAsync(Guid person) => app.ScalarAsync<long>("SELECT count(*) FROM care_pathways.mt_doc_episode WHERE person_id = $1", person);

    private Task<string> StatusAsync(Guid episode) => app.ScalarAsync<string>("SELECT status FROM care_pathways.mt_doc_episode WHERE id = $1", episode);

    private async Task<DateTimeOffset> DueAsync(Guid episode) =>
        new(await app.ScalarAsync<DateTime>("SELECT (data ->> 'dueAt')::timestamptz FROM care_pathways.mt_doc_episode WHERE id = $1", episode));

    private static CareFact Spell(
        Guid person, long version, DateTimeOffset start, DateTimeOffset? end = null, string record = "spell-1", string method = "21") => new(
        "RZ1", record, version, false, "inpatient-spell", person, start, end, LondonTime.DateOf(start), "Y99001", "NORTH", "PLACE", "SYSTEM", 82, "female", 3,
        "RZ1", Data: RawJson.Of(new OnCareFactsRecorded.Spell(method)));
}
