using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using IntegratedCare.Shared;
using IntegratedCare.Testing;

namespace IntegratedCare.CarePathways.Tests.Episodes;

public class ProgrammeTests(ProgrammeApp app) : IClassFixture<ProgrammeApp>
{
    private string Today => LondonTime.Today(app.Clock).ToString("yyyy-MM-dd");

    [Fact]
    public async Task A_confirmed_person_walks_the_whole_programme_to_its_end()
    {
        var person = Guid.CreateVersion7();
        var id = await app.ProposedAsync(person);
        using var practice = app.Practice;
        using var trust = app.Trust;

        var proposed = await practice.GetAsync($"{ProgrammeApp.Episodes}/{id}", 200);
        proposed.GetProperty("status").GetString().ShouldBe("proposed");
        proposed.GetProperty("practiceName").GetString().ShouldBe("First Practice");
        proposed.GetProperty("baton").GetProperty("organisation").GetString().ShouldBe("Y99001");

        var accepted = await app.ActAsync(practice, id, "accept", new { partner = "RZ3", reason = "Agreed on the register." });
        accepted.GetProperty("stage").GetString().ShouldBe("assessment");
        accepted.GetProperty("partner").GetString().ShouldBe("RZ3");
        var clock = (await practice.GetAsync($"{ProgrammeApp.Episodes}/{id}/clocks", 200)).GetProperty("items").EnumerateArray().Single();
        (clock.GetProperty("clock").GetString(), clock.GetProperty("state").GetString()).ShouldBe(("first-assessment", "running"));

        // The partner's nurse assesses.
        var assessed = await app.ActAsync(trust, id, "assessments", new { kind = "nursing", date = Today, findings = "Lives alone; three falls." });
        assessed.GetProperty("stage").GetString().ShouldBe("meeting");
        var by = assessed.GetProperty("assessments")[0];
        (by.GetProperty("by").GetProperty("name").GetString(), by.GetProperty("organisation").GetString()).ShouldBe(("Jo Bell", "RZ3"));

        var keyed = await app.ActAsync(practice, id, "key-worker", new { name = "Jo Bell", role = "community-nurse", organisation = "RZ3" });
        keyed.GetProperty("keyWorker").GetProperty("name").GetString().ShouldBe("Jo Bell");

        var met = await app.ActAsync(practice, id, "meetings", new
        {
            date = Today,
            attendance = new object[]
            {
                new { role = "gp", organisation = "Y99001" },
                new { role = "community-nurse", name = "Jo Bell", organisation = "RZ3" },
                new { role = "pharmacist" },
            },
            decisions = new[] { "Review medicines." },
            tasks = new[] { new { task = "Medicines review", owner = "pharmacist", due = "2030-01-01" } },
        });
        met.GetProperty("meetings")[0].GetProperty("quorate").GetBoolean().ShouldBeTrue();
        met.GetProperty("stage").GetString().ShouldBe("planning");

        var plan = new
        {
            goals = new[] { "I want to sleep in my own bed." },
            actions = new[] { new { action = "Rails on the stairs", owner = "therapist", organisation = "RZ3" } },
            anticipatory = new[] { new { @if = "Breathless at night", then = "Call the team before 999" } },
            selfCare = new[] { "Weigh every morning." },
            reviewDate = "2030-01-01",
        };
        var planned = await app.ActAsync(practice, id, "plan", plan);
        planned.GetProperty("stage").GetString().ShouldBe("review");
        planned.GetProperty("plan").GetProperty("version").GetInt32().ShouldBe(1);
        var replanned = await app.ActAsync(trust, id, "plan", plan);
        replanned.GetProperty("plan").GetProperty("version").GetInt32().ShouldBe(2);
        replanned.GetProperty("earlierPlans").GetArrayLength().ShouldBe(1);

        var reviewed = await app.ActAsync(practice, id, "reviews", new { outcome = "continue", nextReviewDate = "2030-02-01" });
        reviewed.GetProperty("reviews")[0].GetProperty("planVersion").GetInt32().ShouldBe(2);

        var closed = await app.ActAsync(practice, id, "close", new { outcome = "goals-met", reason = "Sleeps in their own bed." });
        closed.GetProperty("status").GetString().ShouldBe("closed");
        closed.GetProperty("ending").GetProperty("outcome").GetString().ShouldBe("goals-met");
        var last = closed.GetProperty("history").EnumerateArray().Last();
        last.GetProperty("by").GetProperty("registration").GetString().ShouldBe("GMC 1234567");
        last.GetProperty("by").GetProperty("organisation").GetString().ShouldBe("Y99001");
        last.GetProperty("why").GetString().ShouldBe("Sleeps in their own bed.");

        (await practice.GetAsync($"{ProgrammeApp.Episodes}/{id}/clocks", 200)).GetProperty("items").EnumerateArray()
            .Select(c => c.GetProperty("state").GetString()).ShouldAllBe(s => s == "stopped");
        await app.DrainOutboxAsync();
        (await app.OwnEventsAsync("care-pathways.episode-proposed.v1", id)).Length.ShouldBe(1);
        (await app.OwnEventsAsync("care-pathways.episode-accepted.v1", id)).Single().GetProperty("organisation").GetString().ShouldBe("Y99001");
        (await app.OwnEventsAsync("care-pathways.assessment-recorded.v1", id)).Single().GetProperty("kind").GetString().ShouldBe("nursing");
        (await app.OwnEventsAsync("care-pathways.stage-changed.v1", id)).Select(e => e.GetProperty("to").GetString())
            .ShouldBe(["assessment", "meeting", "planning", "review", "closed"]);
        var plans = await app.OwnEventsAsync("care-pathways.plan-changed.v1", id);
        plans.Select(e => e.GetProperty("planVersion").GetInt32()).ShouldBe([1, 2, 2, 2]);
        plans.ShouldAllBe(e => e.GetProperty("anticipatory").GetBoolean());
        plans.Count(e => e.TryGetProperty("endedOn", out var _)).ShouldBe(1);
        plans[3].GetProperty("endedOn").GetString().ShouldBe(LondonTime.Today(app.Clock).ToString("yyyy-MM-dd"));
        (await app.OwnEventsAsync("care-pathways.episode-closed.v1", id)).Single().GetProperty("outcome").GetString().ShouldBe("goals-met");
    }

    [Fact]
    public async Task The_definition_is_there_to_read()
    {
        using var commissioner = app.ClientFor("demo-commissioner");

        var list = await commissioner.GetAsync("/v1/care-pathways/definitions", 200);
        list.GetProperty("items").EnumerateArray().Select(d => d.GetProperty("id").GetString()).ShouldContain("high-risk-patient-programme");
        var definition = await commissioner.GetAsync("/v1/care-pathways/definitions/high-risk-patient-programme", 200);
        definition.GetProperty("clocks")[0].GetProperty("limit").GetString().ShouldBe("P14D");
        await commissioner.GetAsync("/v1/care-pathways/definitions/high-risk-patient-programme?version=99", 404);
    }

    [Fact]
    public async Task A_change_without_If_Match_is_428_and_with_a_stale_one_412()
    {
        var id = await app.ProposedAsync();
        using var practice = app.Practice;

        (await practice.PostAsync($"{ProgrammeApp.Episodes}/{id}/accept", new { }, 428)).GetProperty("code").GetString().ShouldBe("if-match-required");
        (await practice.PostAsync($"{ProgrammeApp.Episodes}/{id}/accept", new { }, 412, "\"99\"")).GetProperty("code").GetString().ShouldBe("stale-version");
        await practice.PostAsync($"{ProgrammeApp.Episodes}/{id}/accept", new { }, 200, "\"1\"");
        await practice.PostAsync($"{ProgrammeApp.Episodes}/{id}/close", new { outcome = "goals-met" }, 412, "\"1\"");
    }

    [Fact]
    public async Task Of_many_who_act_on_one_version_at_once_one_succeeds_and_the_others_are_412()
    {
        var id = await app.ProposedAsync();
        using var practice = app.Practice;

        var statuses = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ =>
            practice.ChangeAsync(HttpMethod.Post, $"{ProgrammeApp.Episodes}/{id}/accept", new { }, "\"1\"")));

        statuses.Order().ShouldBe([200, .. Enumerable.Repeat(412, 7)]);
        await app.DrainOutboxAsync();
        (await app.OwnEventsAsync("care-pathways.episode-accepted.v1", id)).Length.ShouldBe(1);
    }

    [Fact]
    public async Task Of_two_who_act_on_any_version_at_once_one_is_412()
    {
        var id = await app.ProposedAsync();
        using var practice = app.Practice;

        (await app.TwiceAtOnceAsync("care_pathways.mt_doc_episode", id,
            () => practice.ChangeAsync(HttpMethod.Post, $"{ProgrammeApp.Episodes}/{id}/accept", new { }, "*"))).ShouldBe([200, 412]);

        await app.DrainOutboxAsync();
        (await app.OwnEventsAsync("care-pathways.episode-accepted.v1", id)).Length.ShouldBe(1);
    }

    [Fact]
    public async Task An_unchanged_episode_answers_304_to_its_own_ETag()
    {
        var id = await app.ProposedAsync();
        using var practice = app.Practice;
        using var first = await practice.GetAsync(new Uri($"{ProgrammeApp.Episodes}/{id}", UriKind.Relative));
        practice.DefaultRequestHeaders.IfNoneMatch.Add(first.Headers.ETag!);

        using var second = await practice.GetAsync(new Uri($"{ProgrammeApp.Episodes}/{id}", UriKind.Relative));

        second.StatusCode.ShouldBe(HttpStatusCode.NotModified);
    }

    [Fact]
    public async Task A_verb_without_the_acting_user_is_refused()
    {
        var id = await app.ProposedAsync();
        using var nobody = app.ClientFor("demo-practice", "direct-care");

        (await app.ActAsync(nobody, id, "accept", new { }, 400)).GetProperty("code").GetString().ShouldBe("acting-user-required");
    }

    [Fact]
    public async Task Every_fault_of_a_request_shows_at_once()
    {
        var id = await app.AcceptedAsync();
        using var practice = app.Practice;

        var faulty = new { goals = new[] { "" }, actions = new object?[] { null, new { action = "x\u0000" } }, anticipatory = new[] { new { } } };
        var plan = await app.ActAsync(practice, id, "plan", faulty, 400);
        plan.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("pointer").GetString()).Distinct().Order().ShouldBe(
            ["/actions/0", "/actions/1/action", "/actions/1/owner", "/anticipatory/0/if", "/anticipatory/0/then", "/goals/0", "/reviewDate"]);
        var assessment = await app.ActAsync(practice, id, "assessments", new { by = new { } }, 400);
        assessment.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("pointer").GetString()).Distinct().Order().ShouldBe(
            ["/by/name", "/by/role", "/date", "/findings", "/kind"]);
        await app.ActAsync(practice, id, "meetings", new { date = "2026-01-01", attendance = new object?[] { null } }, 400);
        await app.ActAsync(practice, id, "close", new { outcome = "goals-met", wish = "none" }, 400);
    }

    [Fact]
    public async Task Accepting_needs_no_body()
    {
        var id = await app.ProposedAsync();
        using var practice = app.Practice;
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{ProgrammeApp.Episodes}/{id}/accept");
        request.Headers.TryAddWithoutValidation("If-Match", "\"1\"");

        using var response = await practice.SendAsync(request);

        (await response.JsonAsync(200)).GetProperty("stage").GetString().ShouldBe("assessment");
    }

    [Fact]
    public async Task A_person_has_one_key_worker_across_episodes()
    {
        var person = Guid.CreateVersion7();
        var id = await app.AcceptedAsync(person);
        using var practice = app.Practice;
        // Another pathway's episode of the same person, which names a key worker already.
        await app.ScalarAsync<Guid>(
            """
            INSERT INTO care_pathways.mt_doc_episode (id, data, mt_version, pathway, person_id, practice, status, organisations, has_key_worker)
            SELECT other.id, data || jsonb_build_object('id', other.id, 'pathway', 'another', 'keyWorker', '{}'::jsonb), 1,
              'another', person_id, practice, 'Active', organisations, true
            FROM care_pathways.mt_doc_episode, gen_random_uuid() AS other (id) WHERE mt_doc_episode.id = $1 RETURNING id
            """, id);

        (await app.ActAsync(practice, id, "key-worker", new { name = "Jo Bell", role = "community-nurse", organisation = "RZ3" }, 409))
            .GetProperty("code").GetString().ShouldBe("key-worker-elsewhere");
        await app.ScalarAsync<Guid>("DELETE FROM care_pathways.mt_doc_episode WHERE person_id = $1 AND pathway = 'another' RETURNING id", person);
        await app.ActAsync(practice, id, "key-worker", new { name = "Jo Bell", role = "community-nurse", organisation = "RZ3" });
        // Another key worker may follow within the episode.
        await app.ActAsync(practice, id, "key-worker", new { name = "Sam Hill", role = "practice-nurse", organisation = "Y99001" });
    }

    [Fact]
    public async Task The_baton_passes_when_the_receiver_accepts()
    {
        var id = await app.AcceptedAsync();
        using var practice = app.Practice;
        using var trust = app.Trust;

        await app.ActAsync(practice, id, "handover", new { organisation = "RZ3", role = "community-nurse", reason = "The trust runs the assessments." });
        await app.ActAsync(practice, id, "handover/accept", new { }, 403);
        var taken = await app.ActAsync(trust, id, "handover/accept", new { });
        taken.GetProperty("baton").GetProperty("organisation").GetString().ShouldBe("RZ3");
        await app.ActAsync(practice, id, "close", new { outcome = "goals-met" }, 403);
        await app.ActAsync(trust, id, "close", new { outcome = "goals-met" });
    }

    [Fact]
    public async Task An_act_sent_twice_with_one_Idempotency_Key_is_done_once()
    {
        var id = await app.ProposedAsync();
        using var practice = app.Practice;
        practice.DefaultRequestHeaders.Add("Idempotency-Key", Guid.CreateVersion7().ToString());

        var first = await practice.PostAsync($"{ProgrammeApp.Episodes}/{id}/accept", new { }, 200, "\"1\"");
        using var again = new HttpRequestMessage(HttpMethod.Post, $"{ProgrammeApp.Episodes}/{id}/accept")
        {
            Content = JsonContent.Create(new { }, options: SharedJson.Wire),
        };
        again.Headers.TryAddWithoutValidation("If-Match", "\"1\"");
        using var second = await practice.SendAsync(again);

        // What is about a person is neither kept nor shown again without a check: it is there to be read.
        ((int)second.StatusCode, second.Headers.ETag?.Tag, second.Headers.GetValues("Preference-Applied").Single())
            .ShouldBe((200, $"\"{first.GetProperty("version").GetInt64()}\"", "return=minimal"));
        (await second.Content.ReadAsStringAsync()).ShouldBeEmpty();
        (await app.ScalarAsync<long>("SELECT sum(length(body))::bigint FROM care_pathways.idempotency")).ShouldBe(0);
        (await practice.GetAsync($"{ProgrammeApp.Episodes}/{id}", 200)).ToString().ShouldBe(first.ToString());
    }
}
