using System.Text.Json;
using IntegratedCare.Shared;
using IntegratedCare.Testing;

namespace IntegratedCare.CarePathways.Tests.Episodes;

/// <summary>Who sees and does what, and the record that each read leaves.</summary>
public class EpisodeAccessTests(ProgrammeApp app) : IClassFixture<ProgrammeApp>
{
    private string Today => LondonTime.Today(app.Clock).ToString("yyyy-MM-dd");

    [Fact]
    public async Task Another_practice_finds_nothing_and_an_organisation_without_part_may_not_act()
    {
        var id = await app.ProposedAsync();
        using var other = app.OtherPractice;
        using var trust = app.Trust;
        using var practice = app.Practice;

        await other.GetAsync($"{ProgrammeApp.Episodes}/{id}", 404);
        await other.GetAsync($"{ProgrammeApp.Episodes}/{id}/clocks", 404);
        await app.ActAsync(other, id, "accept", new { }, 404);
        await app.ActAsync(trust, id, "accept", new { }, 404);

        await app.ActAsync(practice, id, "accept", new { partner = "RZ3" });
        // The partner is in the team, but only the holder may close or take in members.
        (await app.ActAsync(trust, id, "close", new { outcome = "goals-met" }, 403)).GetProperty("code").GetString().ShouldBe("not-your-organisation");
        await app.ActAsync(trust, id, "team", new { organisation = "RZ3", role = "therapist" }, 403);
        await app.ActAsync(other, id, "assessments", new { kind = "nursing", date = Today, findings = "x" }, 404);
    }

    [Fact]
    public async Task A_commissioner_never_gets_rows()
    {
        var id = await app.ProposedAsync();
        using var commissioner = app.ClientFor("demo-commissioner", "operations");

        string[] paths =
        [
            ProgrammeApp.Episodes, $"{ProgrammeApp.Episodes}/{id}", $"{ProgrammeApp.Episodes}/{Guid.CreateVersion7()}", $"{ProgrammeApp.Episodes}/{id}/clocks",
            "/v1/care-pathways/clocks", "/v1/care-pathways/agenda?practice=Y99001",
        ];
        foreach (var path in paths)
            (await commissioner.GetAsync(path, 403)).GetProperty("code").GetString().ShouldBe("disclosure-refused");
        (await app.ActAsync(app.Practice, id, "accept", new { partner = "99A" }, 409)).GetProperty("code").GetString().ShouldBe("organisation-not-eligible");
    }

    [Fact]
    public async Task Lists_show_a_practice_its_own_the_team_what_it_works_on_and_the_operator_all()
    {
        var person = Guid.CreateVersion7();
        var id = await app.ProposedAsync(person);
        using var practice = app.Practice;
        using var other = app.OtherPractice;
        using var trust = app.Trust;
        using var operations = app.ClientFor("demo-operator", "operations");
        var path = $"{ProgrammeApp.Episodes}?person={person}";

        (await IdsAsync(practice, path)).ShouldBe([id]);
        (await IdsAsync(operations, path)).ShouldBe([id]);
        (await IdsAsync(other, path)).ShouldBeEmpty();
        (await IdsAsync(trust, path)).ShouldBeEmpty();
        await app.ActAsync(practice, id, "accept", new { });
        await app.ActAsync(practice, id, "team", new { organisation = "RZ3", role = "therapist" });
        (await IdsAsync(trust, path)).ShouldBe([id]);
        await trust.GetAsync($"{ProgrammeApp.Episodes}/{id}", 200);
        (await IdsAsync(practice, path + "&status=active&practice=Y99001&pathway=high-risk-patient-programme")).ShouldBe([id]);
        (await IdsAsync(practice, path + "&status=closed")).ShouldBeEmpty();
        await practice.GetAsync(path + "&status=asleep", 400);
        await practice.GetAsync(path + "&practice=%00", 400);

        // A year after the end the team has no more business with it; the practice has.
        await app.ActAsync(practice, id, "close", new { outcome = "moved-away" });
        (await IdsAsync(trust, path)).ShouldBe([id]);
        await trust.GetAsync($"{ProgrammeApp.Episodes}/{id}", 200);
        await app.ScalarAsync<string>(
            """
            UPDATE care_pathways.mt_doc_episode SET ended_at = ended_at - interval '13 months', mt_version = mt_version + 1,
              data = jsonb_set(data, '{endedAt}', to_jsonb(ended_at - interval '13 months'))
            WHERE id = $1 RETURNING status
            """, id);
        (await IdsAsync(trust, path)).ShouldBeEmpty();
        await trust.GetAsync($"{ProgrammeApp.Episodes}/{id}", 404);
        await practice.GetAsync($"{ProgrammeApp.Episodes}/{id}", 200);
    }

    [Fact]
    public async Task Pages_follow_one_another_without_gap_or_repeat()
    {
        for (var i = 0; i < 5; i++)
            await app.AcceptedAsync();
        using var practice = app.Practice;

        string[] collections =
            [$"{ProgrammeApp.Episodes}?limit=2", "/v1/care-pathways/clocks?state=running&limit=2", "/v1/care-pathways/agenda?practice=Y99001&limit=2"];
        foreach (var collection in collections)
        {
            var all = (await practice.GetAsync(collection.Replace("limit=2", "limit=1000"), 200)).GetProperty("items").EnumerateArray()
                .Select(i => i.ToString()).ToList();
            var paged = new List<string>();
            for (var path = collection; path is not null;)
            {
                var page = await practice.GetAsync(path, 200);
                paged.AddRange(page.GetProperty("items").EnumerateArray().Select(i => i.ToString()));
                path = page.TryGetProperty("next", out var next) && next.ValueKind == JsonValueKind.String ? $"{collection}&cursor={next.GetString()}" : null;
            }

            paged.Count.ShouldBeGreaterThanOrEqualTo(5);
            paged.ShouldBe(all);
        }
    }

    [Theory]
    [InlineData("episodes?pathway=")]
    [InlineData("episodes?pathway=%00")]
    [InlineData("episodes?practice=")]
    [InlineData("episodes?status=")]
    [InlineData("episodes?person=somebody")]
    [InlineData("episodes?limit=0")]
    [InlineData("episodes?cursor=%00")]
    [InlineData("clocks?pathway=")]
    [InlineData("clocks?state=")]
    [InlineData("clocks?state=due-within:")]
    [InlineData("clocks?state=due-within:P99999999999999D")]
    [InlineData("clocks?state=due-within:-PT2H")]
    // A cursor of our shape whose clock's name is empty, and one whose number is none.
    [InlineData("clocks?cursor=WyIyMDI2LTAxLTAxVDAwOjAwOjAwWiIsIjAxOWExZjAwLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwMCIsIiIsIjEiXQ")]
    [InlineData("clocks?cursor=WyIyMDI2LTAxLTAxVDAwOjAwOjAwWiIsIjAxOWExZjAwLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwMCIsImEiLCJ4Il0")]
    [InlineData("definitions?cursor=abc")]
    [InlineData("agenda")]
    [InlineData("agenda?practice=%00")]
    public async Task A_query_that_makes_no_sense_is_400(string query)
    {
        using var practice = app.Practice;

        await practice.GetAsync($"/v1/care-pathways/{query}", 400);
    }

    [Fact]
    public async Task Every_read_leaves_an_audit_record()
    {
        var person = Guid.CreateVersion7();
        var id = await app.ProposedAsync(person);
        using var practice = app.Practice;

        await practice.GetAsync($"{ProgrammeApp.Episodes}/{id}", 200);
        await practice.GetAsync($"{ProgrammeApp.Episodes}?person={person}", 200);
        await app.ActAsync(practice, id, "accept", new { });
        await practice.GetAsync($"{ProgrammeApp.Episodes}/{id}/clocks", 200);
        await practice.GetAsync("/v1/care-pathways/clocks?limit=1000", 200);
        await practice.GetAsync("/v1/care-pathways/agenda?practice=Y99001&limit=1000", 200);

        (await app.ScalarAsync<string>(
            """
            SELECT string_agg(operation, ',' ORDER BY id) FROM care_pathways.audit
            WHERE persons @> ARRAY[$1::uuid] AND organisation = 'Y99001' AND purpose = 'direct-care'
            """, person))
            .ShouldBe("readEpisode,listEpisodes,acceptEpisode,readEpisodeClocks,listClocks,readMeetingAgenda");

        // The practice reads the record, which says who acted; another practice finds nothing.
        var audit = $"/v1/care-pathways/persons/{person}/audit";
        using var keeper = app.ClientFor("demo-practice", "operations");
        var entries = (await keeper.GetAsync($"{audit}?limit=1000", 200)).GetProperty("items").EnumerateArray()
            .Where(e => e.GetProperty("purpose").GetString() == "direct-care").ToList();
        entries.Select(e => e.GetProperty("operation").GetString()).ShouldBe(
            ["readMeetingAgenda", "listClocks", "readEpisodeClocks", "acceptEpisode", "listEpisodes", "readEpisode"]);
        entries[3].GetProperty("actingUser").GetString()!.ShouldNotContain("ActingUser");
        using var other = app.ClientFor("demo-practice-2", "operations");
        await other.GetAsync(audit, 404);
        using var keeperAgain = app.ClientFor("demo-operator", "operations");
        (await keeperAgain.GetAsync($"{audit}?limit=1", 200)).GetProperty("items")[0].GetProperty("operation").GetString().ShouldBe("readEpisodeAudit");
    }

    private static async Task<Guid[]> IdsAsync(HttpClient client, string path) =>
        [.. (await client.GetAsync(path, 200)).GetProperty("items").EnumerateArray().Select(e => e.GetProperty("id").GetGuid())];
}
