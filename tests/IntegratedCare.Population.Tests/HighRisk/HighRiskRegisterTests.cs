using System.Text.Json;
using IntegratedCare.Population.Events;
using IntegratedCare.Population.Tests.Stratifications;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace IntegratedCare.Population.Tests.HighRisk;

public sealed class HighRiskRegisterTests : RiskTest
{
    private const string Register = "/v1/population/high-risk-register";

    [Fact]
    public async Task Of_two_who_decide_on_the_same_version_at_once_one_is_412()
    {
        await SeedAsync();
        var register = await Practice().GetAsync($"{Register}?practice={PracticeA}&status=proposed", 200);
        var entry = register.GetProperty("items")[0].GetProperty("entryId").GetGuid();
        (await App.TwiceAtOnceAsync(
            "population.high_risk_entry", entry, () => Practice().ChangeAsync(HttpMethod.Post, $"{Register}/{entry}/confirm", null, "\"1\"")))
            .ShouldBe([200, 412]);
    }

    [Fact]
    public async Task Run_then_register_then_confirm_publishes_it_and_end_takes_off()
    {
        var (persons, _) = await SeedAsync();
        var register = await Practice().GetAsync($"{Register}?practice={PracticeA}&status=proposed", 200);
        // 100 adults: two places in the top 2 %, the first of them in the top 0.5 %.
        var items = register.GetProperty("items").EnumerateArray().ToList();
        items.Select(i => i.GetProperty("personId").GetGuid()).ShouldBe([persons[0], persons[1]]);
        items.Select(i => i.GetProperty("tier").GetString()!).ShouldBe(["top-0.5", "top-2"]);
        items[0].GetProperty("nhsNumber").GetString()!.Length.ShouldBe(10);
        items[0].GetProperty("band").GetString().ShouldBe("intermediate");
        register.GetProperty("model").GetProperty("performance").GetArrayLength().ShouldBe(6);
        register.GetProperty("model").GetProperty("citation").GetString()!.ShouldContain("Lancet");

        var path = $"{Register}/{items[0].GetProperty("entryId").GetString()}";
        await Practice().PostAsync($"{path}/confirm", "", 428);
        await Practice().PostAsync($"{path}/confirm", "", 412, "\"9\"");
        await App.ClientFor("demo-practice", "risk-stratification").PostAsync($"{path}/confirm", "", 400, "\"1\"");
        var confirmed = await Practice(purpose: "direct-care").PostAsync($"{path}/confirm", "", 200, "\"1\"");
        (confirmed.GetProperty("status").GetString(), confirmed.GetProperty("version").GetInt64()).ShouldBe(("confirmed", 2));
        confirmed.GetProperty("decidedBy").GetString().ShouldBe("Jo Bell, gp, GMC 1234567");
        // The answer showed the person, and so has left its record.
        (await App.ScalarAsync<string>("SELECT purpose || ': ' || acting_user FROM population.audit WHERE operation LIKE 'confirm%' AND persons = ARRAY[$1]",
            persons[0])).ShouldBe("direct-care: Jo Bell, gp, GMC 1234567");
        await Practice().PostAsync($"{path}/confirm", "", 409, "\"2\"");
        await Practice().PostAsync($"{path}/decline", new { reason = "Too late" }, 409, "\"2\"");

        var published = (await EventsAsync("population.high-risk-confirmed.v1")).ShouldHaveSingleItem();
        published.GetProperty("status").GetString().ShouldBe("confirmed");
        published.GetProperty("tier").GetString().ShouldBe("top-0.5");
        published.GetProperty("score").GetDouble().ShouldBe(11.5);
        (published.GetProperty("place").GetString(), published.GetProperty("system").GetString()).ShouldBe(("PLACE-1", "SYS"));
        var person = published.GetProperty("person");
        person.GetProperty("personId").GetGuid().ShouldBe(persons[0]);
        person.GetProperty("locality").GetString().ShouldBe("LOC-N");
        person.GetProperty("conditions").EnumerateArray().Select(c => c.GetString()!).ShouldBe(["Dementia in Alzheimer's disease", "Hemiplegia"]);
        published.GetRawText().ShouldNotContain(items[0].GetProperty("nhsNumber").GetString()!);

        await Practice().PostAsync($"{path}/end", new { reason = "Moved to a nursing home" }, 200, "\"2\"");
        var ended = (await EventsAsync("population.high-risk-confirmed.v1"))[1];
        ended.GetProperty("status").GetString().ShouldBe("ended");
        ended.GetProperty("version").GetInt64().ShouldBeGreaterThan(published.GetProperty("version").GetInt64());
        ended.GetProperty("to").GetString().ShouldNotBeNull();
        await App.DrainOutboxAsync();
    }

    [Fact]
    public async Task Other_practices_and_commissioners_see_and_decide_nothing()
    {
        var (persons, _) = await SeedAsync();
        var entry = (await Practice().GetAsync(Register, 200)).GetProperty("items")[0].GetProperty("entryId").GetString();
        var other = Practice("demo-practice-2");
        await other.GetAsync($"{Register}?practice={PracticeA}", 403);
        (await other.GetAsync(Register, 200)).GetProperty("items").GetArrayLength().ShouldBe(0);
        await other.GetAsync($"{Register}/{entry}", 404);
        await other.PostAsync($"{Register}/{entry}/confirm", "", 404, "\"1\"");
        await other.PostAsync($"{Register}/{entry}/decline", new { reason = "Not ours" }, 404, "\"1\"");
        await other.GetAsync($"/v1/population/persons/{persons[0]}/risk", 404);
        await other.GetAsync($"/v1/population/persons/{Guid.CreateVersion7()}/risk", 404);
        foreach (var client in new[] { "demo-commissioner", "demo-integrated-care-board" })
        {
            var commissioner = App.ClientFor(client);
            await commissioner.GetAsync($"{Register}?practice={PracticeA}", 403);
            await commissioner.GetAsync($"/v1/population/persons/{persons[0]}/risk", 403);
            await commissioner.PostAsync($"{Register}/{entry}/confirm", "", 403, "\"1\"");
        }

        await App.ClientFor("demo-acute-trust", "direct-care").GetAsync($"{Register}?practice={PracticeA}", 403);
        await App.ClientFor("demo-acute-trust", "direct-care").GetAsync($"/v1/population/persons/{persons[0]}/risk", 404);
        await Practice().GetAsync($"{Register}?status=nonsense", 400);
        await Practice().GetAsync($"{Register}?cursor=nonsense", 400);
    }

    [Fact]
    public async Task Reading_leaves_an_audit_record_of_whom_and_why()
    {
        var (persons, _) = await SeedAsync();
        await Practice().GetAsync(Register, 200);
        await Practice(purpose: "direct-care").GetAsync($"/v1/population/persons/{persons[1]}/risk", 200);
        (await App.ScalarAsync<Guid[]>("SELECT persons FROM population.audit WHERE operation = 'listHighRiskRegister'")).ShouldBe([persons[0], persons[1]]);
        (await App.ScalarAsync<string>("SELECT purpose FROM population.audit WHERE operation = 'readPersonRisk' AND persons = ARRAY[$1]", persons[1]))
            .ShouldBe("direct-care");
    }

    [Fact]
    public async Task A_persons_risk_says_which_conditions_made_it_and_where_they_were_recorded()
    {
        var (persons, run) = await SeedAsync();
        var record = await SpellAsync(persons[0], Index.AddDays(-5), ["F009"]);
        var score = (await Practice().GetAsync($"/v1/population/persons/{persons[0]}/risk", 200)).GetProperty("scores")[0];
        score.GetProperty("score").GetDouble().ShouldBe(11.5);
        score.GetProperty("rank").GetInt32().ShouldBe(1);
        score.GetProperty("tier").GetString().ShouldBe("top-0.5");
        score.GetProperty("band").GetString().ShouldBe("intermediate");
        score.GetProperty("run").GetString().ShouldBe(run.GetProperty("id").GetString());
        score.GetProperty("outsideValidation").GetString()!.ShouldContain("75");
        var condition = score.GetProperty("conditions")[0];
        condition.GetProperty("code").GetString().ShouldBe("F00");
        condition.GetProperty("points").GetDecimal().ShouldBe(7.1m);
        condition.GetProperty("firstRecorded").GetString().ShouldBe(Index.AddDays(-40).ToString("yyyy-MM-dd"));
        condition.GetProperty("lastRecorded").GetString().ShouldBe(Index.AddDays(-5).ToString("yyyy-MM-dd"));
        condition.GetProperty("recordId").GetString().ShouldBe(record);
    }

    [Fact]
    public async Task A_decline_holds_for_its_time_and_confirmed_persons_are_not_proposed_again()
    {
        var (persons, _) = await SeedAsync();
        var items = (await Practice().GetAsync(Register, 200)).GetProperty("items").EnumerateArray().Select(i => i.GetProperty("entryId").GetString()).ToList();
        await Practice().PostAsync($"{Register}/{items[0]}/decline", new { }, 400, "\"1\"");
        await Practice().PostAsync($"{Register}/{items[0]}/decline", new { reason = "a\u0000b" }, 400, "\"1\"");
        var declined = await Practice().PostAsync($"{Register}/{items[0]}/decline", new { reason = "Known to the palliative team" }, 200, "\"1\"");
        var until = DateOnly.Parse(declined.GetProperty("declinedUntil").GetString()!);
        until.ShouldBe(LondonTime.Today(App.Clock).AddDays(180));
        await Practice().PostAsync($"{Register}/{items[1]}/confirm", "", 200, "\"1\"");

        await StratifyAsync();
        (await ProposedAsync()).ShouldBeEmpty();
        // Time passes: the last day of the decline, and the day after.
        await RunAsync("UPDATE population.high_risk_entry SET declined_until = declined_until - 179 WHERE status = 'declined'");
        await StratifyAsync();
        (await ProposedAsync()).ShouldBeEmpty();
        await RunAsync("UPDATE population.high_risk_entry SET declined_until = declined_until - 1 WHERE status = 'declined'");
        await StratifyAsync();
        (await ProposedAsync()).ShouldBe([persons[0]]);
    }

    [Fact]
    public async Task Proposals_that_fall_out_of_the_tier_are_withdrawn_and_others_take_their_place()
    {
        var (persons, _) = await SeedAsync();
        await SpellAsync(persons[7], Index.AddDays(3), ["F00", "G81", "G30"]);
        var run = await StratifyAsync(Index.AddDays(5));
        (await ProposedAsync()).ShouldBe([persons[0], persons[7]], ignoreOrder: true);
        var withdrawn = (await Practice().GetAsync($"{Register}?status=withdrawn", 200)).GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        withdrawn.GetProperty("personId").GetGuid().ShouldBe(persons[1]);
        (run.GetProperty("result").GetProperty("proposed").GetInt64(), run.GetProperty("result").GetProperty("withdrawn").GetInt64()).ShouldBe((1, 1));
        // The first has slipped from the top 0.5 to the top 2 %: the practice must read it again before deciding.
        var slipped = (await Practice().GetAsync($"{Register}?status=proposed", 200)).GetProperty("items").EnumerateArray()
            .Single(i => i.GetProperty("personId").GetGuid() == persons[0]);
        (slipped.GetProperty("tier").GetString(), slipped.GetProperty("version").GetInt64()).ShouldBe(("top-2", 2));
    }

    [Fact]
    public async Task Whoever_leaves_the_practice_leaves_its_register_and_is_proposed_to_the_next()
    {
        var (persons, _) = await SeedAsync();
        var entry = (await Practice().GetAsync(Register, 200)).GetProperty("items")[0].GetProperty("entryId").GetString();
        await Practice().PostAsync($"{Register}/{entry}/confirm", "", 200, "\"1\"");
        await RunAsync("UPDATE population.person SET practice = $2, registered_from = $3 WHERE id = $1", persons[0], PracticeB, Index);
        await StratifyAsync();
        (await EventsAsync("population.high-risk-confirmed.v1")).Select(e => e.GetProperty("status").GetString()!).ShouldBe(["confirmed", "ended"]);
        (await Practice("demo-practice-2").GetAsync($"{Register}?status=proposed", 200)).GetProperty("items").EnumerateArray().ShouldHaveSingleItem()
            .GetProperty("personId").GetGuid().ShouldBe(persons[0]);
    }

    [Fact]
    public async Task A_death_ends_the_entry_and_withdraws_proposals()
    {
        var (persons, _) = await SeedAsync();
        var entry = (await Practice().GetAsync(Register, 200)).GetProperty("items")[0].GetProperty("entryId").GetString();
        await Practice().PostAsync($"{Register}/{entry}/confirm", "", 200, "\"1\"");
        await using (var session = App.Services.GetRequiredService<ModuleSessions<PopulationSession>>().Open())
        {
            session.Publish(new PersonDied(persons[0], Index, 1));
            session.Publish(new PersonDied(persons[1], Index, 1));
            session.Publish(new PersonDied(persons[2], Index, 1));
            await session.SaveChangesAsync();
        }

        // Deaths that the register does not hold (withdrawn since): nothing happens.
        await App.DrainOutboxAsync();
        (await App.ScalarAsync<long>("SELECT count(*) FROM population.high_risk_entry WHERE status IN ('proposed', 'confirmed')")).ShouldBe(2);

        await RunAsync("UPDATE population.person SET death_date = $2 WHERE id = ANY ($1)", persons[..3], LondonTime.Today(App.Clock));
        await using (var session = App.Services.GetRequiredService<ModuleSessions<PopulationSession>>().Open())
        {
            foreach (var person in persons[..3])
                session.Publish(new PersonDied(person, Index, 2));
            await session.SaveChangesAsync();
        }

        await App.DrainOutboxAsync();
        var statuses = (await Practice().GetAsync(Register, 200)).GetProperty("items").EnumerateArray().Select(i => i.GetProperty("status").GetString()!);
        statuses.ShouldBe(["ended", "withdrawn"]);
        var ended = (await EventsAsync("population.high-risk-confirmed.v1"))[^1];
        (ended.GetProperty("status").GetString(), ended.GetProperty("person").GetProperty("personId").GetGuid()).ShouldBe(("ended", persons[0]));
    }

    [Fact]
    public async Task Pages_follow_each_other_without_gap_or_repeat()
    {
        var persons = await PersonsAsync(400);
        for (var i = 0; i < 8; i++)
            await SpellAsync(persons[i], "F00", "W19");
        await StratifyAsync();
        var seen = new List<Guid>();
        var next = $"{Register}?limit=3";
        while (next is not null)
        {
            var page = await Practice().GetAsync(next, 200);
            page.GetProperty("items").GetArrayLength().ShouldBeLessThanOrEqualTo(3);
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("personId").GetGuid()));
            next = page.GetProperty("next").ValueKind == JsonValueKind.Null ? null : $"{Register}?limit=3&cursor={page.GetProperty("next").GetString()}";
        }

        seen.ShouldBe(persons[..8], ignoreOrder: true);
    }

    /// <summary>100 adults of practice A, three of them with scores of 11.5, 6.8 and 3.2.</summary>
    private async Task<(Guid[] Persons, JsonElement Run)> SeedAsync()
    {
        await KeepEventsAsync();
        await RunAsync(
            "INSERT INTO population.practice_place (practice, locality, place, system, from_date) VALUES ($1, 'LOC-N', 'PLACE-1', 'SYS', '2020-01-01')",
                PracticeA);
        var persons = await PersonsAsync(100);
        await SpellAsync(persons[0], "F001", "G819");
        await SpellAsync(persons[1], "W19", "R29");
        await SpellAsync(persons[2], "N39");
        return (persons, await StratifyAsync());
    }

    private async Task<List<Guid>> ProposedAsync() =>
        [.. (await Practice().GetAsync($"{Register}?status=proposed", 200)).GetProperty("items").EnumerateArray()
            .Select(i => i.GetProperty("personId").GetGuid())];
}
