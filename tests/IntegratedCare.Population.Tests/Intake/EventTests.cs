using System.Text;
using System.Text.Json;
using IntegratedCare.CarePathways.Events;
using IntegratedCare.Population.Intake;
using IntegratedCare.Population.Loads;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Http;
using IntegratedCare.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace IntegratedCare.Population.Tests.Intake;

public class EventTests(PopulationScene app) : IClassFixture<PopulationScene>, IAsyncLifetime
{
    private const string Single = "application/cloudevents+json";
    private const string Batch = "application/cloudevents-batch+json";

    public async ValueTask InitializeAsync() => await app.BuildAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task An_event_is_acknowledged_stored_once_and_read_back_on_the_timeline()
    {
        var number = app.NextNhsNumber();
        var person = await RegisterAsync(number);
        using var trust = app.Trust;
        (await PostAsync(trust, PopulationScene.Spell("a1", number, "spell-a1"), 202)).GetProperty("status").GetString().ShouldBe("accepted");
        (await PostAsync(trust, PopulationScene.Spell("a1", number, "spell-a1"), 200)).GetProperty("status").GetString().ShouldBe("duplicate");
        (await PostAsync(trust, PopulationScene.Spell("a1", number, "spell-a1"), 200)).GetProperty("status").GetString().ShouldBe("duplicate");

        using var practice = app.Practice;
        var timeline = await practice.GetAsync($"/v1/population/persons/{person}/timeline", 200);
        var entry = timeline.GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        entry.GetProperty("recordId").GetString().ShouldBe("spell-a1");
        entry.GetProperty("locality").GetString().ShouldBe("NORTH");
        entry.GetProperty("age").GetInt32().ShouldBe(85);
        entry.GetProperty("price").GetDecimal().ShouldBe(2100.50m);
    }

    [Fact]
    public async Task Whoever_has_just_posted_care_finds_the_person_at_once()
    {
        var number = app.NextNhsNumber();
        var person = await RegisterAsync(number);
        using var trust = app.Trust;
        await trust.PostAsync("/v1/population/persons/look-up", new { nhsNumber = number }, 404);
        await PostAsync(trust, PopulationScene.Spell("look-up-1", number, "spell-look-up", admitted: "2026-11-01T10:00:00Z", discharged: null), 202);
        var found = await trust.PostAsync("/v1/population/persons/look-up", new { nhsNumber = number }, 200);
        found.GetProperty("id").GetString().ShouldBe(person);
    }

    [Fact]
    public void Every_event_type_has_its_shape_in_the_API_document()
    {
        var shapes = typeof(CloudEventDocument).GetProperty(nameof(CloudEventDocument.Data))!.GetCustomAttributes(typeof(ShapesAttribute), false)
            .Cast<ShapesAttribute>().Single().Types;
        shapes.ShouldBe(EventKinds.All.Values, ignoreOrder: true);
        EventKinds.All.Keys.ShouldBe(["condition-recorded", "death-recorded", "emergency-attendance", "inpatient-spell", "social-care-service"]);
    }

    [Fact]
    public async Task Who_takes_part_in_an_open_episode_sees_the_person_for_care_until_it_ends()
    {
        var person = await RegisterAsync(app.NextNhsNumber());
        var (episode, other) = (Episode(person), Episode(person));
        using var mental = app.ClientFor("demo-mental-health-trust", "direct-care");
        using var community = app.ClientFor("demo-community-trust", "direct-care");
        using var planner = app.ClientFor("demo-mental-health-trust", "population-health");
        using var commissioner = app.ClientFor("demo-commissioner");
        await mental.GetAsync($"/v1/population/persons/{person}/timeline", 404);

        await PublishAsync(new EpisodePartnersChanged(episode, ["Y99001"], app.Clock.GetUtcNow()),
            new EpisodePartnersChanged(episode, ["RZ2", "Y99001", "99A"], app.Clock.GetUtcNow()),
            new EpisodePartnersChanged(other, ["RZ3", "Y99001"], app.Clock.GetUtcNow()));
        (await mental.GetAsync($"/v1/population/persons/{person}", 200)).GetProperty("familyName").GetString().ShouldBe("Test");
        await mental.GetAsync($"/v1/population/persons/{person}/timeline", 200);
        await community.GetAsync($"/v1/population/persons/{person}/timeline", 200);
        // The relationship is for care alone, and no relationship opens a row to a commissioner.
        await planner.GetAsync($"/v1/population/persons/{person}", 403);
        await commissioner.GetAsync($"/v1/population/persons/{person}", 403);

        // One leaves, and one episode ends: the other's partner stays.
        await PublishAsync(new EpisodePartnersChanged(episode, [], app.Clock.GetUtcNow()));
        await mental.GetAsync($"/v1/population/persons/{person}", 404);
        await mental.GetAsync($"/v1/population/persons/{person}/timeline", 404);
        await community.GetAsync($"/v1/population/persons/{person}/timeline", 200);

        static EpisodeRef Episode(string person) => new(Guid.CreateVersion7(), "high-risk-patient-programme", 1, Guid.Parse(person), "Y99001", null);

        async Task PublishAsync(params EpisodePartnersChanged[] events)
        {
            await app.PublishAsync(events);
            await app.DrainOutboxAsync();
        }
    }

    /// <summary>Whoever posts events and knows an NHS number could else invent an attendance, and read all there is.</summary>
    [Fact]
    public async Task An_organisations_own_word_opens_its_own_records_and_another_sources_opens_the_rest()
    {
        var number = app.NextNhsNumber();
        var person = await RegisterAsync(number);
        using var trust = app.Trust;
        using var mental = app.ClientFor("demo-mental-health-trust", "direct-care");
        await PostAsync(trust, PopulationScene.Spell("word-1", number, "word-1", admitted: "2026-11-01T10:00:00Z", discharged: null), 202);
        await PostAsync(mental, PopulationScene.Spell("word-2", number, "word-2", admitted: "2026-11-01T10:00:00Z", discharged: null,
            source: "urn:ods:RZ2", provider: "RZ2"), 202);
        // What a vendor posts under the organisation's code, because it was granted it, is the organisation's own word too.
        using var vendor = app.ClientFor("demo-vendor", "direct-care");
        await PostAsync(vendor, PopulationScene.Spell("word-3", number, "word-3", admitted: "2026-11-02T10:00:00Z", discharged: null,
            source: "urn:ods:RZ2:epr", provider: "RZ2"), 202);
        (await mental.GetAsync($"/v1/population/persons/{person}", 200)).GetProperty("familyName").ValueKind.ShouldBe(JsonValueKind.Null);
        (await mental.GetAsync($"/v1/population/persons/{person}/timeline", 200)).GetProperty("items").GetArrayLength().ShouldBe(2);

        // The record of care that another gave opens nothing to the one who posted it, and all to the one it names.
        await PostAsync(trust, PopulationScene.Spell("word-4", number, "word-4", admitted: "2026-11-03T10:00:00Z", discharged: null, provider: "RZ2"), 202);
        (await trust.GetAsync($"/v1/population/persons/{person}", 200)).GetProperty("familyName").ValueKind.ShouldBe(JsonValueKind.Null);
        (await mental.GetAsync($"/v1/population/persons/{person}", 200)).GetProperty("familyName").GetString().ShouldBe("Test");
        (await mental.GetAsync($"/v1/population/persons/{person}/timeline", 200)).GetProperty("items").GetArrayLength().ShouldBe(4);

        // Whoever sees more than before is not told that nothing has changed.
        using var part = await trust.GetAsync(new Uri($"/v1/population/persons/{person}", UriKind.Relative));
        using var whole = await mental.GetAsync(new Uri($"/v1/population/persons/{person}", UriKind.Relative));
        part.Headers.ETag!.Tag.ShouldNotBe(whole.Headers.ETag!.Tag);
    }

    /// <summary>A client that may post for another source would else open any record to its own organisation.</summary>
    [Fact]
    public async Task What_an_organisations_client_sends_for_another_source_opens_nothing_to_itself()
    {
        var number = app.NextNhsNumber();
        var person = await RegisterAsync(number);
        using var vendor = app.ClientFor("demo-vendor", "direct-care");
        using var mental = app.ClientFor("demo-mental-health-trust", "direct-care");
        using var trust = app.Trust;
        object Spell(string id, int version = 1) => PopulationScene.Spell(id, number, "sent", version, admitted: "2026-11-01T10:00:00Z", discharged: null,
            source: "urn:ods:RZ2", provider: "RZ1");
        await PostAsync(vendor, Spell("sent-1"), 202);
        await app.DrainOutboxAsync();
        await trust.GetAsync($"/v1/population/persons/{person}", 404);
        // Said by the other organisation itself, it counts.
        await PostAsync(mental, Spell("sent-2", 2), 202);
        await app.DrainOutboxAsync();
        (await trust.GetAsync($"/v1/population/persons/{person}", 200)).GetProperty("familyName").GetString().ShouldBe("Test");
    }

    [Fact]
    public async Task A_declared_emergency_opens_the_record_for_a_day_and_the_practice_is_told()
    {
        var number = app.NextNhsNumber();
        var person = await RegisterAsync(number);
        using var mental = app.ClientFor("demo-mental-health-trust", "direct-care");
        await mental.GetAsync($"/v1/population/persons/{person}", 404);
        const string path = "/v1/population/emergency-accesses";
        (await mental.PostAsync(path, new { nhsNumber = number, reason = "Found unconscious" }, 400)).GetProperty("code").GetString()
            .ShouldBe("acting-user-required");
        using var nurse = app.ClientFor("demo-mental-health-trust", "direct-care", "name=Nora Nurse; role=nurse; registration=NMC 12A3456E");
        (await nurse.PostAsync(path, new { nhsNumber = "9434765918" }, 400)).GetProperty("errors").GetArrayLength().ShouldBe(2);
        await nurse.PostAsync(path, new { nhsNumber = app.NextNhsNumber(), reason = "Found unconscious" }, 404);
        using var commissioner = app.ClientFor("demo-commissioner", "direct-care", "name=Omar Officer; role=accountable officer");
        await commissioner.PostAsync(path, new { nhsNumber = number, reason = "Curious" }, 403);

        var declared = await nurse.PostAsync(path, new { nhsNumber = number, reason = "Found unconscious" }, 201);
        declared.GetProperty("personId").GetString().ShouldBe(person);
        (declared.GetProperty("endsAt").GetDateTimeOffset() - declared.GetProperty("declaredAt").GetDateTimeOffset()).ShouldBe(TimeSpan.FromHours(24));
        (await mental.GetAsync($"/v1/population/persons/{person}", 200)).GetProperty("familyName").GetString().ShouldBe("Test");
        await mental.GetAsync($"/v1/population/persons/{person}/timeline", 200);

        using var practice = app.ClientFor("demo-practice", "operations");
        var told = (await practice.GetAsync(path, 200)).GetProperty("items").EnumerateArray().First(e => e.GetProperty("personId").GetString() == person);
        told.GetProperty("organisation").GetString().ShouldBe("RZ2");
        told.GetProperty("actingUser").GetString().ShouldBe("Nora Nurse, nurse, NMC 12A3456E");
        told.GetProperty("reason").GetString().ShouldBe("Found unconscious");
        using var other = app.ClientFor("demo-practice-2", "operations");
        (await other.GetAsync(path, 200)).GetProperty("items").EnumerateArray().ShouldNotContain(e => e.GetProperty("personId").GetString() == person);

        await app.ScalarAsync<long>("WITH ended AS (UPDATE population.emergency_access SET ends_at = declared_at RETURNING 1) SELECT count(*) FROM ended");
        await mental.GetAsync($"/v1/population/persons/{person}", 404);
    }

    [Fact]
    public async Task Who_gave_care_long_ago_sees_its_own_records_and_nothing_of_the_register()
    {
        var number = app.NextNhsNumber();
        var person = await RegisterAsync(number);
        using var trust = app.Trust;
        using var mental = app.ClientFor("demo-mental-health-trust", "direct-care");
        await PostAsync(trust, PopulationScene.Spell("own-1", number, "own-1", admitted: "2026-11-01T10:00:00Z", discharged: null), 202);
        await PostAsync(mental, PopulationScene.Spell("own-2", number, "own-2", admitted: "2024-11-01T10:00:00Z", discharged: "2024-11-09T10:00:00Z",
            source: "urn:ods:RZ2", provider: "RZ2"), 202);
        // An attendance without an end is over all the same; a condition is no care that was given.
        await PostAsync(mental, Event("own-3", "emergency-attendance",
            new { recordId = "own-3", recordVersion = 1, provider = "RZ2", departmentType = "01", arrived = "2024-12-01T10:00:00Z" }), 202);
        await PostAsync(mental, Event("own-4", "condition-recorded", new { recordId = "own-4", recordVersion = 1, code = "F32", onset = "2024-12-01" }), 202);

        foreach (var purpose in new[] { "direct-care", "operations" })
        {
            using var reader = app.ClientFor("demo-mental-health-trust", purpose);
            var entry = await reader.PostAsync("/v1/population/persons/look-up", new { nhsNumber = number }, 200);
            (entry.GetProperty("id").GetString(), entry.GetProperty("nhsNumber").GetString()).ShouldBe((person, number));
            entry.EnumerateObject().Where(m => m.Value.ValueKind != JsonValueKind.Null).Select(m => m.Name).ShouldBe(["id", "nhsNumber"]);
            (await reader.GetAsync($"/v1/population/persons/{person}", 200)).GetProperty("birthDate").ValueKind.ShouldBe(JsonValueKind.Null);
            var timeline = (await reader.GetAsync($"/v1/population/persons/{person}/timeline?limit=2", 200));
            var cursor = Uri.EscapeDataString(timeline.GetProperty("next").GetString()!);
            var more = await reader.GetAsync($"/v1/population/persons/{person}/timeline?limit=2&cursor={cursor}", 200);
            var entries = timeline.GetProperty("items").EnumerateArray().Concat(more.GetProperty("items").EnumerateArray()).ToList();
            entries.Select(e => e.GetProperty("recordId").GetString()).ShouldBe(["own-3", "own-4", "own-2"], ignoreOrder: true);
            entries.ShouldAllBe(e => e.GetProperty("practice").ValueKind == JsonValueKind.Null && e.GetProperty("age").ValueKind == JsonValueKind.Null);
        }

        // Who says by itself that it cares for the person now sees its own record too, and no other.
        (await trust.GetAsync($"/v1/population/persons/{person}/timeline", 200)).GetProperty("items").EnumerateArray()
            .Select(e => e.GetProperty("recordId").GetString()).ShouldBe(["own-1"]);

        object Event(string id, string type, object data) =>
            new { specversion = "1.0", id, source = "urn:ods:RZ2", type = $"uk.integratedcare.{type}.v1", subject = number, data };
    }

    [Fact]
    public async Task A_higher_version_amends_a_lower_is_ignored_and_a_cancellation_withdraws()
    {
        var number = app.NextNhsNumber();
        var person = await RegisterAsync(number);
        using var trust = app.Trust;
        await PostAsync(trust, PopulationScene.Spell("b2", number, "spell-b", 2, discharged: "2026-03-09T12:00:00Z"), 202);
        await PostAsync(trust, PopulationScene.Spell("b1", number, "spell-b", 1), 202);
        using var practice = app.Practice;
        var entry = (await practice.GetAsync($"/v1/population/persons/{person}/timeline", 200)).GetProperty("items")[0];
        entry.GetProperty("recordVersion").GetInt32().ShouldBe(2);
        entry.GetProperty("ended").GetString().ShouldBe("2026-03-09T12:00:00Z");
        await PostAsync(trust, PopulationScene.Spell("b3", number, "spell-b", 3, "cancelled"), 202);
        (await practice.GetAsync($"/v1/population/persons/{person}/timeline", 200)).GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task An_event_for_an_unknown_person_waits_and_is_applied_when_the_person_arrives()
    {
        var number = app.NextNhsNumber();
        using var trust = app.Trust;
        await PostAsync(trust, PopulationScene.Spell("c1", number, "spell-c"), 202);
        (await trust.GetAsync("/v1/population/waiting-records?limit=1000", 200)).GetProperty("items").EnumerateArray()
            .ShouldContain(w => w.GetProperty("recordId").GetString() == "spell-c");
        var person = await RegisterAsync(number);
        using var practice = app.Practice;
        (await practice.GetAsync($"/v1/population/persons/{person}/timeline", 200)).GetProperty("items").GetArrayLength().ShouldBe(1);
        (await trust.GetAsync("/v1/population/waiting-records?limit=1000", 200)).GetProperty("items").EnumerateArray()
            .ShouldNotContain(w => w.GetProperty("recordId").GetString() == "spell-c");
    }

    [Fact]
    public async Task A_bad_event_in_a_batch_never_fails_its_neighbours()
    {
        var number = app.NextNhsNumber();
        await RegisterAsync(number);
        using var trust = app.Trust;
        var batch = new[]
        {
            PopulationScene.Spell("d1", number, "spell-d1"), PopulationScene.Spell("d2", "1234567890", "spell-d2"),
            PopulationScene.Spell("d3", number, "spell-d3", source: "urn:ods:RZ9"), PopulationScene.Spell("d1", number, "spell-d1"),
            PopulationScene.Spell("d4", number, "spell-d4"),
        };
        var answers = await trust.PostAsync("/v1/population/events", JsonSerializer.Serialize(batch, SharedJson.Wire), 200, mediaType: Batch);
        answers.EnumerateArray().Select(a => a.GetProperty("status").GetString()).ShouldBe(["accepted", "rejected", "rejected", "duplicate", "accepted"]);
        answers[1].GetProperty("problem").GetProperty("errors")[0].GetProperty("pointer").GetString().ShouldBe("/subject");
        answers[2].GetProperty("problem").GetProperty("code").GetString().ShouldBe("foreign-source");
    }

    [Theory]
    [InlineData("\u0085", "e", 1, "/id")]
    [InlineData("a\nb", "e", 1, "/id")]
    [InlineData("   ", "e", 1, "/id")]
    [InlineData("e", "a\tb", 1, "/data/recordId")]
    [InlineData("e", " ", 1, "/data/recordId")]
    [InlineData("e", "e", 0, "/data/recordVersion")]
    [InlineData("e", "e", 9_007_199_254_740_992, "/data/recordVersion")]
    [InlineData("e", "e", long.MaxValue, "/data/recordVersion")]
    public async Task An_id_that_nobody_can_read_or_a_version_beyond_what_JSON_holds_is_refused(string id, string recordId, long version, string pointer)
    {
        using var trust = app.Trust;
        var body = new
        {
            specversion = "1.0",
            id,
            source = "urn:ods:RZ1",
            type = "uk.integratedcare.death-recorded.v1",
            subject = app.NextNhsNumber(),
            data = new { recordId, recordVersion = version, date = "2026-04-02" }
        };
        var refused = await trust.PostAsync("/v1/population/events", JsonSerializer.Serialize(body, SharedJson.Wire), 400,
            mediaType: "application/cloudevents+json");
        refused.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("pointer").GetString()).ShouldBe([pointer]);
    }

    [Fact]
    public async Task Text_that_is_no_Unicode_is_the_events_own_fault_and_fails_no_neighbour()
    {
        var number = app.NextNhsNumber();
        await RegisterAsync(number);
        using var trust = app.Trust;
        const string broken = """{"specversion":"1.0","id":"\ud800","source":"urn:ods:RZ1","subject":"9990000018","data":{},"""
            + """ "type":"uk.integratedcare.inpatient-spell.v1"}""";
        (await trust.PostAsync("/v1/population/events", broken, 400, mediaType: "application/cloudevents+json")).GetProperty("code").GetString()
            .ShouldBe("invalid-event");
        await trust.PostAsync("/v1/population/events", broken.Replace("\"id\"", "\"\\ud800\""), 400, mediaType: "application/cloudevents+json");
        var answers = await trust.PostAsync("/v1/population/events", $"[{broken},{Line(PopulationScene.Spell("u1", number, "spell-u1"))}]", 200,
            mediaType: Batch);
        answers.EnumerateArray().Select(a => a.GetProperty("status").GetString()).ShouldBe(["rejected", "accepted"]);
        var load = await trust.PostAsync("/v1/population/events",
            $"{broken}\n{broken.Replace("\"id\"", "\"\\ud800\"")}\n{Line(PopulationScene.Spell("u2", number, "spell-u2"))}", 200,
            mediaType: "application/x-ndjson");
        (load.GetProperty("accepted").GetInt32(), load.GetProperty("rejected").GetInt32()).ShouldBe((1, 2));
    }

    [Theory]
    [InlineData(Batch, "[", ",", "]")]
    [InlineData("application/x-ndjson", "", "\n", "")]
    public async Task Bytes_that_are_no_text_reject_their_event_alone_although_nobody_reads_the_member(string media, string open, string between, string close)
    {
        var number = app.NextNhsNumber();
        await RegisterAsync(number);
        using var trust = app.Trust;
        string Spell(string id) => Line(PopulationScene.Spell($"{id}-{number}", number, $"spell-{id}-{number}"));
        byte[] body =
        [
            .. Encoding.UTF8.GetBytes(open + Spell("t1")[..^1] + ",\"note\":\""), 0xc3, 0x28,
            .. Encoding.UTF8.GetBytes("\"}" + between + Spell("t2") + close),
        ];
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new(media);
        using var response = await trust.PostAsync(new Uri("/v1/population/events", UriKind.Relative), content);
        await response.JsonAsync(200);
        (await app.ScalarAsync<string>("SELECT string_agg(record_id, ',') FROM population.event WHERE nhs_number = $1::bigint", number))
            .ShouldBe($"spell-t2-{number}");
    }

    [Fact]
    public async Task A_record_that_an_amendment_gives_to_another_person_leaves_the_first_whether_the_other_is_registered_or_not()
    {
        var (first, second) = (app.NextNhsNumber(), app.NextNhsNumber());
        var person = await RegisterAsync(first);
        using var trust = app.Trust;
        using var practice = app.Practice;
        await PostAsync(trust, PopulationScene.Spell("m1", first, "spell-m"), 202);
        await PostAsync(trust, Death("m2", first, "death-m", 1), 202);
        (await practice.GetAsync($"/v1/population/persons/{person}/timeline", 200)).GetProperty("items").GetArrayLength().ShouldBe(2);
        (await practice.GetAsync($"/v1/population/persons/{person}", 200)).GetProperty("deathDate").GetString().ShouldBe("2026-04-02");

        await PostAsync(trust, PopulationScene.Spell("m3", second, "spell-m", 2), 202);
        await PostAsync(trust, Death("m4", second, "death-m", 2), 202);
        (await practice.GetAsync($"/v1/population/persons/{person}/timeline", 200)).GetProperty("items").GetArrayLength().ShouldBe(0);
        (await practice.GetAsync($"/v1/population/persons/{person}", 200)).GetProperty("deathDate").ValueKind.ShouldBe(JsonValueKind.Null);
        await app.DrainOutboxAsync();
        (await app.ScalarAsync<long>("SELECT count(*) FROM metrics.fact WHERE record_id IN ('spell-m', 'death-m') AND NOT cancelled")).ShouldBe(0);

        var other = await RegisterAsync(second);
        (await practice.GetAsync($"/v1/population/persons/{other}/timeline", 200)).GetProperty("items").GetArrayLength().ShouldBe(2);
        await app.DrainOutboxAsync();
        (await app.ScalarAsync<long>("SELECT count(*) FROM metrics.fact WHERE record_id IN ('spell-m', 'death-m') AND NOT cancelled AND person_id = $1",
            Guid.Parse(other))).ShouldBe(2);

        static object Death(string id, string number, string record, int version) => new
        {
            specversion = "1.0",
            id,
            source = "urn:ods:RZ1:epr",
            type = "uk.integratedcare.death-recorded.v1",
            subject = number,
            data = new { recordId = record, recordVersion = version, date = "2026-04-02" },
        };
    }

    [Fact]
    public async Task Lines_are_counted_and_the_rejected_ones_can_be_fetched()
    {
        var number = app.NextNhsNumber();
        await RegisterAsync(number);
        using var trust = app.Trust;
        var lines = string.Join('\n', Line(PopulationScene.Spell("e1", number, "spell-e1")), "{ not json", "",
            Line(PopulationScene.Spell("e1", number, "spell-e1")), Line(PopulationScene.Spell("e2", number, "spell-e2")));
        var load = await trust.PostAsync("/v1/population/events", lines, 200, mediaType: "application/x-ndjson");
        (load.GetProperty("accepted").GetInt32(), load.GetProperty("duplicate").GetInt32(), load.GetProperty("rejected").GetInt32()).ShouldBe((2, 1, 1));
        var rejects = await trust.GetAsync(load.GetProperty("rejects").GetString()!, 200);
        rejects.GetProperty("items")[0].GetProperty("line").GetInt32().ShouldBe(2);
        rejects.GetProperty("items")[0].GetProperty("content").GetString().ShouldBe("{ not json");
    }

    /// <summary>A vendor is one organisation's client and posts for others: what of theirs was rejected is theirs to see, and not its own trust's.</summary>
    [Fact]
    public async Task Rejected_lines_are_shown_to_whose_they_are_and_to_who_posts_for_it()
    {
        var number = app.NextNhsNumber();
        using var vendor = app.ClientFor("demo-vendor", "operations");
        var lines = string.Join('\n', Line(Broken("RZ2")), Line(Broken("RZ1")), "{ not json", Line(Broken("QZ9")));
        var load = await vendor.PostAsync("/v1/population/events", lines, 200, mediaType: "application/x-ndjson");
        load.GetProperty("rejected").GetInt32().ShouldBe(4);
        var path = load.GetProperty("rejects").GetString()!;
        (await LinesAsync("demo-vendor", path)).ShouldBe([1, 2, 3, 4]);
        (await LinesAsync("demo-acute-trust", path)).ShouldBe([2]);
        (await LinesAsync("demo-mental-health-trust", path)).ShouldBe([1]);
        (await LinesAsync("demo-mental-health-trust", "/v1/population/rejected-lines")).ShouldContain(1);
        (await LinesAsync("demo-acute-trust", "/v1/population/rejected-lines")).ShouldNotContain(1);
        using var community = app.ClientFor("demo-community-trust", "operations");
        await community.GetAsync(path, 404);

        object Broken(string code) => new
        {
            specversion = "1.0",
            id = $"broken-{code}",
            source = $"urn:ods:{code}",
            type = "uk.integratedcare.death-recorded.v1",
            subject = number,
            data = new { recordId = "broken", recordVersion = 0 },
        };

        async Task<List<int>> LinesAsync(string client, string of)
        {
            using var http = app.ClientFor(client, "operations");
            return [.. (await http.GetAsync(of, 200)).GetProperty("items").EnumerateArray()
                .Where(r => r.GetProperty("loadId").GetString() == load.GetProperty("id").GetString()).Select(r => r.GetProperty("line").GetInt32())];
        }
    }

    /// <summary>Each rejected line is stored: a file of nothing else would fill the database.</summary>
    [Theory]
    [InlineData("/v1/population/events", "demo-acute-trust", "direct-care", 10 * Load.MaxRejected)]
    [InlineData("/v1/population/events", "demo-acute-trust", "direct-care", Load.MaxRejected + 1)]
    [InlineData("/v1/population/persons", "demo-operator", "operations", 10 * Load.MaxRejected)]
    [InlineData("/v1/population/persons", "demo-operator", "operations", Load.MaxRejected + 1)]
    public async Task A_load_is_stopped_when_too_much_of_it_is_rejected(string path, string client, string purpose, int sent)
    {
        using var sender = app.ClientFor(client, purpose);
        var lines = string.Join('\n', Enumerable.Repeat("{}", sent));
        var problem = await sender.PostAsync(path, lines, 400, mediaType: "application/x-ndjson");
        problem.GetProperty("code").GetString().ShouldBe("too-many-rejected");
        var id = Guid.Parse(problem.GetProperty("detail").GetString()!.Split("/loads/")[1][..36]);
        using var reader = app.ClientFor(client, "operations");
        var load = await reader.GetAsync($"/v1/population/loads/{id}", 200);
        load.GetProperty("state").GetString().ShouldBe("interrupted");
        load.GetProperty("rejected").GetInt32().ShouldBe(Load.MaxRejected);
        (await app.ScalarAsync<long>("SELECT count(*) FROM population.load_reject WHERE load_id = $1", id)).ShouldBe(Load.MaxRejected);
    }

    /// <summary>Persons' lines are their practice's: to post events for it gives no sight of them.</summary>
    [Fact]
    public async Task Rejected_persons_are_not_shown_to_who_posts_events_for_their_practice()
    {
        using var practice = app.ClientFor("demo-practice", "operations");
        var broken = JsonSerializer.SerializeToNode(PopulationScene.Person(app.NextNhsNumber()), SharedJson.Wire)!.AsObject();
        broken["sex"] = "nonsense";
        var load = await practice.PostAsync("/v1/population/persons", broken.ToJsonString(), 200, mediaType: "application/x-ndjson");
        var path = load.GetProperty("rejects").GetString()!;
        (await practice.GetAsync(path, 200)).GetProperty("items").GetArrayLength().ShouldBe(1);
        using var vendor = app.ClientFor("demo-vendor", "operations");
        await vendor.GetAsync(path, 404);
        (await vendor.GetAsync("/v1/population/rejected-lines?limit=1000", 200)).GetProperty("items").EnumerateArray()
            .ShouldNotContain(r => r.GetProperty("loadId").GetString() == load.GetProperty("id").GetString());
    }

    /// <summary>Whose word is taken follows from the register: the deaths of a source that it comes to know later are looked at then.</summary>
    [Fact]
    public async Task A_death_that_waited_is_set_when_its_source_is_registered_and_withdrawn_when_its_kind_changes()
    {
        var number = app.NextNhsNumber();
        var person = await RegisterAsync(number);
        using var op = app.Operator;
        using var vendor = app.ClientFor("demo-vendor", "direct-care");
        await PostAsync(vendor, new
        {
            specversion = "1.0",
            id = "late-source",
            source = "urn:ods:Y99007",
            type = "uk.integratedcare.death-recorded.v1",
            subject = number,
            data = new { recordId = "late-source", recordVersion = 1, date = "2026-04-02" },
        }, 202);
        await app.DrainOutboxAsync();
        (await DeathDateAsync()).ShouldBeNull();
        await op.PostAsync("/v1/population/organisations", new { code = "Y99007", name = "Late", kind = "general-practice" }, 201);
        await app.DrainOutboxAsync();
        (await DeathDateAsync()).ShouldBe("2026-04-02");
        (await op.ChangeAsync(HttpMethod.Put, "/v1/population/organisations/Y99007", new { code = "Y99007", name = "Late", kind = "voluntary" }, "\"1\""))
            .ShouldBe(200);
        await app.DrainOutboxAsync();
        (await DeathDateAsync()).ShouldBeNull();

        async Task<string?> DeathDateAsync() => (await op.GetAsync($"/v1/population/persons/{person}", 200)).GetProperty("deathDate").GetString();
    }

    [Fact]
    public async Task A_death_is_taken_over_and_its_cancellation_withdraws_it()
    {
        var number = app.NextNhsNumber();
        var person = await RegisterAsync(number);
        using var trust = app.Trust;
        object Death(string id, int version, string? status) =>
            new
            {
                specversion = "1.0",
                id,
                source = "urn:ods:RZ1",
                type = "uk.integratedcare.death-recorded.v1",
                subject = number,
                data = new { recordId = "death-1" + number, recordVersion = version, status, date = status is null ? "2026-04-02" : null }
            };
        await PostAsync(trust, Death("f1", 1, null), 202);
        await app.DrainOutboxAsync();
        using var practice = app.Practice;
        (await practice.GetAsync($"/v1/population/persons/{person}", 200)).GetProperty("deathDate").GetString().ShouldBe("2026-04-02");
        await PostAsync(trust, Death("f2", 2, "cancelled"), 202);
        await app.DrainOutboxAsync();
        (await practice.GetAsync($"/v1/population/persons/{person}", 200)).GetProperty("deathDate").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    /// <summary>Or anybody could have a person declared dead: the register would show it, and their episodes would close.</summary>
    [Fact]
    public async Task A_death_that_a_charity_records_waits_in_sight_until_somebody_whose_word_counts_records_it()
    {
        var number = app.NextNhsNumber();
        var person = await RegisterAsync(number);
        using var op = app.Operator;
        await op.PostAsync("/v1/population/organisations", new { code = "VOL01", name = "A charity", kind = "voluntary" }, 201);
        using var charity = app.ClientFor("demo-voluntary", "operations");
        object Death(string source, int version = 1, string? status = null) => new
        {
            specversion = "1.0",
            id = $"{source}-{version}",
            source = $"urn:ods:{source}",
            type = "uk.integratedcare.death-recorded.v1",
            subject = number,
            data = new { recordId = $"death-{number}", recordVersion = version, status, date = status is null ? "2026-04-02" : null },
        };
        await PostAsync(charity, Death("VOL01"), 202);
        await app.DrainOutboxAsync();
        using var practice = app.ClientFor("demo-practice", "operations");
        (await DeathDateAsync()).ShouldBeNull();
        (await app.ScalarAsync<long>("SELECT count(*) FROM population.outbox WHERE name = 'population.person-died.v1' AND payload LIKE '%' || $1 || '%'", person))
            .ShouldBe(0);
        foreach (var reader in new[] { charity, practice })
        {
            (await WaitingAsync(reader)).Single(w => w.GetProperty("recordId").GetString() == $"death-{number}").GetProperty("waitsFor").GetString()
                .ShouldBe("death-not-confirmed");
        }

        using var other = app.ClientFor("demo-practice-2", "operations");
        (await WaitingAsync(other)).ShouldNotContain(w => w.GetProperty("recordId").GetString() == $"death-{number}");

        // The practice records it: now it is the register's, and waits no more; withdrawn by the practice it waits again.
        await PostAsync(practice, Death("Y99001"), 202);
        await app.DrainOutboxAsync();
        (await DeathDateAsync()).ShouldBe("2026-04-02");
        (await WaitingAsync(charity)).ShouldNotContain(w => w.GetProperty("recordId").GetString() == $"death-{number}");
        await PostAsync(practice, Death("Y99001", 2, "cancelled"), 202);
        await app.DrainOutboxAsync();
        (await DeathDateAsync()).ShouldBeNull();
        (await WaitingAsync(charity)).ShouldContain(w => w.GetProperty("recordId").GetString() == $"death-{number}");

        async Task<string?> DeathDateAsync() => (await practice.GetAsync($"/v1/population/persons/{person}", 200)).GetProperty("deathDate").GetString();

        static async Task<List<JsonElement>> WaitingAsync(HttpClient client) =>
            [.. (await client.GetAsync("/v1/population/waiting-records?limit=1000", 200)).GetProperty("items").EnumerateArray()];
    }

    [Fact]
    public async Task Binary_mode_is_refused_with_the_reason()
    {
        using var trust = app.Trust;
        trust.DefaultRequestHeaders.Add("ce-specversion", "1.0");
        (await trust.PostAsync("/v1/population/events", "{}", 415)).GetProperty("code").GetString().ShouldBe("binary-mode-refused");
    }

    [Fact]
    public async Task A_vendor_client_may_post_for_the_sources_it_was_granted()
    {
        using var vendor = app.ClientFor("demo-vendor", "direct-care");
        var number = app.NextNhsNumber();
        await PostAsync(vendor, PopulationScene.Spell("g1", number, "spell-g1", source: "urn:ods:RZ2:pas"), 202);
        await PostAsync(vendor, PopulationScene.Spell("g2", number, "spell-g2", source: "urn:ods:RX9:pas"), 403);
    }

    /// <summary>The same 1,000 events, with duplicates, amendments before originals and cancellations, in ten random orders.</summary>
    [Fact]
    public async Task The_order_of_arrival_never_changes_what_stands_recorded()
    {
        string? first = null;
        for (var order = 0; order < 10; order++)
        {
            var numbers = Enumerable.Range(0, 25).Select(_ => app.NextNhsNumber()).ToList();
            var random = new Random(7);
            var events = new List<object>();
            for (var r = 0; r < 400; r++)
            {
                var versions = 1 + random.Next(3);
                for (var v = 1; v <= versions; v++)
                {
                    var day = random.Next(1, 28);
                    events.Add(PopulationScene.Spell($"o{order}-{r}-{v}", numbers[r % 25], $"o{order}-r{r}", v,
                        v == versions && r % 7 == 0 ? "cancelled" : null,
                        $"2026-0{random.Next(1, 8)}-{day:00}T08:00:00Z", null, [random.Next(2) == 0 ? "I500" : "J440"]));
                }
            }

            events.AddRange(events.Take(1000 - events.Count).ToList());
            var shuffled = events.ToArray();
            new Random(order).Shuffle(shuffled);
            using var trust = app.Trust;
            using var op = app.Operator;
            // Half of the persons are known before, half arrive in between.
            foreach (var number in numbers.Take(12))
                await op.PostAsync("/v1/population/persons", PopulationScene.Person(number), 201);
            foreach (var chunk in shuffled.Chunk(100))
                await trust.PostAsync("/v1/population/events", JsonSerializer.Serialize(chunk, SharedJson.Wire), 200, mediaType: Batch);
            foreach (var number in numbers.Skip(12))
                await op.PostAsync("/v1/population/persons", PopulationScene.Person(number), 201);
            await app.DrainOutboxAsync();
            var state = await app.ScalarAsync<string>(
                """
                SELECT string_agg(concat_ws('|', substr(record_id, length($1) + 1), record_version, cancelled, started, ended, data::text, practice,
                  locality, system, age, person_id IS NULL), E'\n' ORDER BY record_id)
                FROM population.record WHERE record_id LIKE $1 || '-%'
                """, $"o{order}");
            first ??= state;
            state.ShouldBe(first);
        }

        first!.Split('\n').Length.ShouldBe(400);
    }

    [Fact]
    public async Task Events_are_kept_by_month_of_receipt()
    {
        using var trust = app.Trust;
        await PostAsync(trust, PopulationScene.Spell("part-1", app.NextNhsNumber(), "spell-part"), 202);
        (await app.ScalarAsync<string>("SELECT tableoid::regclass::text FROM population.event WHERE record_id = 'spell-part'"))
            .ShouldBe($"population.event_{app.Clock.GetUtcNow():yyyy_MM}");
    }

    private async Task<string> RegisterAsync(string number)
    {
        using var client = app.Operator;
        return (await client.PostAsync("/v1/population/persons", PopulationScene.Person(number), 201)).GetProperty("id").GetString()!;
    }

    private static Task<JsonElement> PostAsync(HttpClient client, object body, int expected) =>
        client.PostAsync("/v1/population/events", Line(body), expected, mediaType: Single);

    private static string Line(object body) => JsonSerializer.Serialize(body, SharedJson.Wire);
}
