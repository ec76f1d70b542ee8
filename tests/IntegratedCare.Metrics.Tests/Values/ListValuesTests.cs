using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using IntegratedCare.Metrics.Statistics;
using IntegratedCare.Population.Events;
using IntegratedCare.Testing;

namespace IntegratedCare.Metrics.Tests.Values;

/// <summary>A small system, every figure counted by hand.</summary>
public sealed class ListValuesTests : IAsyncLifetime
{
    private readonly TestApp _app = new();
    private readonly Guid[] _persons = [.. Enumerable.Range(0, 40).Select(_ => Guid.CreateVersion7())];

    public async ValueTask InitializeAsync()
    {
        await _app.InitializeAsync();
        _app.Clock.SetTo(SampleFacts.Now);
        await _app.SendAsync(
            new PlaceChanged("SYS1", "North", "system", null, [], 1), new PlaceChanged("LOC1", "Coast, north", "locality", "SYS1", [], 1));
        await _app.SendAsync(new OrganisationChanged("Y99001", "=Harbour Practice", "general-practice", null, null, null, null, 1));
        await _app.SendAsync(new RegisterCounted([SampleFacts.Month("Y99001", "2026-07", 1000), SampleFacts.Month("Y99002", "2026-07", 500),
            SampleFacts.Month("Y99003", "2026-07", 800, "LOC2")]));
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task Bed_days_are_the_midnights_in_the_month_of_ordinary_spells()
    {
        await _app.SendFactsAsync(
            SampleFacts.Spell("within", _persons[0], "2026-07-10", "2026-07-13"), // midnights of 11, 12, 13: 3
            SampleFacts.Spell("same day", _persons[1], "2026-07-10T08:00", "2026-07-10T20:00"), // 0
            SampleFacts.Spell("across", _persons[2], "2026-06-29", "2026-07-02"), // 30 June; 1, 2 July: 2 in July
            SampleFacts.Spell("open", _persons[3], "2026-07-30", null), // 31 July: 1; all of August ...
            SampleFacts.Spell("elective", _persons[0], "2026-07-20", "2026-07-22", method: "11"), // 2: all methods count
            SampleFacts.Spell("day case", _persons[4], "2026-07-20", "2026-07-22", patientClass: "2"), // 0
            SampleFacts.Spell("withdrawn", _persons[5], "2026-07-01", "2026-07-30", cancelled: true)); // 0
        await _app.FreshAsync();

        var value = await OneAsync("metric=total_bed_days&area=Y99001&from=2026-07&to=2026-07");
        value.GetProperty("numerator").GetDouble().ShouldBe(8);
        value.GetProperty("denominator").GetDouble().ShouldBe(1000);
        value.GetProperty("value").GetDouble().ShouldBe(8, 1e-9);
        // Persons: 5, 2 and 1 days, so the variance is 25 + 4 + 1 = 30.
        var limits = Intervals.Clustered(8, 30, 0.95);
        value.GetProperty("lower95").GetDouble().ShouldBe(limits.Lower, 1e-9);
        value.GetProperty("upper95").GetDouble().ShouldBe(limits.Upper, 1e-9);
        value.GetProperty("status").GetString().ShouldBe("live");
        value.GetProperty("version").ValueKind.ShouldBe(JsonValueKind.Null);

        (await OneAsync("metric=total_bed_days&area=Y99001&from=2026-08&to=2026-08")).GetProperty("numerator").GetDouble().ShouldBe(31);
        (await OneAsync("metric=total_bed_days&area=Y99001&from=2026-11&to=2026-11")).GetProperty("numerator").GetDouble()
            .ShouldBe(20, "an open spell counts to now");
        (await OneAsync("metric=total_bed_days&area=Y99001&from=2026-06&to=2026-06")).GetProperty("numerator").GetDouble().ShouldBe(1);

        _app.Clock.Advance(TimeSpan.FromDays(1));
        await _app.FreshAsync();
        (await OneAsync("metric=total_bed_days&area=Y99001&from=2026-11&to=2026-11")).GetProperty("numerator").GetDouble()
            .ShouldBe(21, "the next midnight has passed");
    }

    [Fact]
    public async Task Days_are_those_of_London()
    {
        // 23:30 UTC on 30 June is 00:30 on 1 July in London.
        var spell = SampleFacts.Spell("late", _persons[0], "2026-07-01T00:30", "2026-07-01T12:00");
        spell.Start.UtcDateTime.Day.ShouldBe(30);
        await _app.SendFactsAsync(spell);
        await _app.FreshAsync();
        (await OneAsync("metric=emergency_admissions&area=Y99001&from=2026-07&to=2026-07")).GetProperty("numerator").GetDouble().ShouldBe(1);
    }

    [Fact]
    public async Task Admissions_add_up_from_practice_to_locality_to_system_and_to_the_quarter()
    {
        await _app.SendFactsAsync(
            [
                .. Enumerable.Range(0, 12).Select(i => SampleFacts.Spell($"a{i}", _persons[i % 4], "2026-07-10", "2026-07-11",
                    diagnoses: i < 9 ? ["J459"] : ["S720"])),
                .. Enumerable.Range(0, 9).Select(i => SampleFacts.Spell($"b{i}", _persons[10 + i], "2026-07-11", "2026-07-12", "Y99002")),
                .. Enumerable.Range(0, 20).Select(i => SampleFacts.Spell($"c{i}", _persons[20 + i], "2026-07-12", "2026-07-13", "Y99003", "LOC2")),
                SampleFacts.Spell("d", _persons[0], "2026-08-02", "2026-08-03"),
            ]);
        await _app.FreshAsync();

        (await OneAsync("metric=emergency_admissions&area=Y99001&from=2026-07&to=2026-07")).GetProperty("numerator").GetDouble().ShouldBe(12);
        var locality = await OneAsync("metric=emergency_admissions&area=LOC1&areaKind=locality&from=2026-07&to=2026-07");
        locality.GetProperty("numerator").GetDouble().ShouldBe(21);
        locality.GetProperty("denominator").GetDouble().ShouldBe(1500);
        locality.GetProperty("value").GetDouble().ShouldBe(14, 1e-9);
        locality.GetProperty("areaName").GetString().ShouldBe("Coast, north");
        var system = await OneAsync("metric=emergency_admissions&areaKind=system&from=2026-07&to=2026-07");
        system.GetProperty("numerator").GetDouble().ShouldBe(41);
        system.GetProperty("denominator").GetDouble().ShouldBe(2300);

        var acs = await OneAsync("metric=acs_admissions&area=Y99001&from=2026-07&to=2026-07");
        acs.GetProperty("numerator").GetDouble().ShouldBe(9);
        acs.GetProperty("value").GetDouble().ShouldBe(900, 1e-9);
        acs.GetProperty("lower95").GetDouble().ShouldBe(Intervals.ExactPoisson(9, 0.95).Lower * 100, 1e-6);

        // Persons over the quarter: 4, 3, 3 and 3 admissions.
        var quarter = await OneAsync("metric=emergency_admissions&area=Y99001&grain=quarter&from=2026-Q3&to=2026-Q3");
        quarter.GetProperty("period").GetString().ShouldBe("2026-Q3");
        quarter.GetProperty("numerator").GetDouble().ShouldBe(13);
        quarter.GetProperty("denominator").GetDouble().ShouldBe(1000, "July is the only month whose register was counted");
        quarter.GetProperty("upper95").GetDouble().ShouldBe(Intervals.Clustered(13, 16 + 9 + 9 + 9, 0.95).Upper, 1e-9);
    }

    [Fact]
    public async Task Plans_count_while_current_for_persons_on_the_register_at_the_end_of_the_month()
    {
        var p = _persons;
        await _app.SendAsync(
            SampleFacts.OnRegister(p[0], "2026-05-10"), SampleFacts.OnRegister(p[1], "2026-05-10"), SampleFacts.OnRegister(p[2], "2026-05-10"),
            SampleFacts.OnRegister(p[3], "2026-05-10"), SampleFacts.OnRegister(p[3], "2026-05-10", 2, to: "2026-07-20"),
            SampleFacts.OnRegister(p[4], "2026-05-10"), SampleFacts.OnRegister(p[5], "2026-08-01"));
        await _app.SendAsync(new PersonDied(p[4], SampleFacts.Day("2026-07-15"), 1));
        var episodes = p.Select(_ => Guid.CreateVersion7()).ToArray();
        await _app.SendAsync(
            SampleFacts.Plan(episodes[0], p[0], "2026-07-31"), // made on the last day
            SampleFacts.Plan(episodes[1], p[1], "2025-07-31"), // 12 months old on 31 July
            SampleFacts.Plan(episodes[2], p[2], "2026-06-01", anticipatory: false),
            SampleFacts.Plan(episodes[3], p[3], "2026-06-01"), SampleFacts.Plan(episodes[6], p[6], "2026-06-01"));
        await _app.FreshAsync();

        await Expect("2026-05", 1, 5); // p1 has one
        await Expect("2026-06", 2, 5); // p1's plan was current then, and p3's
        await Expect("2026-07", 1, 3); // p3 left, p4 died, p1's plan has run out
        await Expect("2026-08", 1, 4);
        (await OneAsync("metric=anticipatory_plans&area=Y99001&from=2026-08&to=2026-08")).GetProperty("value").GetDouble().ShouldBe(25);

        await _app.SendAsync(new DeathWithdrawn(p[4], 2));
        await _app.SendAsync(SampleFacts.Plan(episodes[1], p[1], "2026-07-30", version: 2),
            SampleFacts.Plan(episodes[0], p[0], "2026-07-31", version: 3, ended: "2026-08-15"));
        await _app.FreshAsync();
        await Expect("2026-07", 2, 4);
        await Expect("2026-08", 1, 5);

        async Task Expect(string month, double with, double of)
        {
            var value = await OneAsync($"metric=anticipatory_plans&area=Y99001&from={month}&to={month}");
            (value.GetProperty("numerator").GetDouble(), value.GetProperty("denominator").GetDouble()).ShouldBe((with, of), month);
        }
    }

    [Fact]
    public async Task Small_counts_are_hidden_in_every_format_from_all_but_the_operator_and_the_practice_they_are_of()
    {
        await _app.SendFactsAsync(
        [
            .. Enumerable.Range(0, 3).Select(i => SampleFacts.Spell($"a{i}", _persons[i], "2026-07-10", "2026-07-11")),
            .. Enumerable.Range(0, 12).Select(i => SampleFacts.Spell($"b{i}", _persons[10 + i], "2026-07-11", "2026-07-12", "Y99002")),
            .. Enumerable.Range(0, 13).Select(i => SampleFacts.Spell($"c{i}", _persons[20 + i], "2026-07-12", "2026-07-13", "Y99003", "LOC2")),
        ]);
        await _app.FreshAsync();
        const string path = "/v1/metrics/values?metric=emergency_admissions&from=2026-07&to=2026-07";

        using var commissioner = _app.ClientFor("demo-commissioner", "operations");
        var seen = (await commissioner.GetAsync(path, 200)).GetProperty("items").EnumerateArray().ToDictionary(v => v.GetProperty("area").GetString()!);
        seen["Y99001"].GetProperty("suppressed").GetBoolean().ShouldBeTrue();
        foreach (var number in new[] { "numerator", "denominator", "value", "lower95", "upper95", "lower998", "upper998" })
            seen["Y99001"].GetProperty(number).ValueKind.ShouldBe(JsonValueKind.Null, number);
        seen["Y99002"].GetProperty("suppressed").GetBoolean().ShouldBeTrue("or the first could be had from the locality");
        seen["LOC1"].GetProperty("numerator").GetDouble().ShouldBe(15);
        seen["Y99003"].GetProperty("numerator").GetDouble().ShouldBe(15);
        seen["Y99003"].GetProperty("value").GetDouble().ShouldBe(15 / 800.0 * 1000, 1e-9);
        seen["SYS1"].GetProperty("numerator").GetDouble().ShouldBe(30);

        // Running services in the same place is no reason to see other people's small numbers, and no header is not the most revealing one.
        (string Client, string? Purpose)[] others =
        [
            ("demo-acute-trust", "operations"), ("demo-council", "operations"), ("demo-practice-2", "operations"), ("demo-practice", "population-health"),
            ("demo-practice", null), ("demo-operator", null), ("demo-operator", "population-health"),
        ];
        foreach (var (client, purpose) in others)
        {
            using var reader = _app.ClientFor(client, purpose);
            var value = (await reader.GetAsync(path + "&area=Y99001", 200)).GetProperty("items")[0];
            value.GetProperty("suppressed").GetBoolean().ShouldBeTrue($"{client} {purpose}");
            (await reader.GetAsync($"/v1/metrics/values/{value.GetProperty("id").GetString()}/lineage", 200)).GetProperty("steps").EnumerateArray()
                .ShouldAllBe(s => s.GetProperty("count").ValueKind == JsonValueKind.Null, $"{client} {purpose}");
        }

        using var op = _app.ClientFor("demo-operator", "operations");
        (await op.GetAsync(path + "&area=Y99001", 200)).GetProperty("items")[0].GetProperty("numerator").GetDouble().ShouldBe(3);
        (await op.GetAsync(path + "&area=SYS1", 200)).GetProperty("items")[0].GetProperty("numerator").GetDouble().ShouldBe(28);
        using var practice = _app.ClientFor("demo-practice", "operations");
        var own = (await practice.GetAsync(path, 200)).GetProperty("items").EnumerateArray().ToDictionary(v => v.GetProperty("area").GetString()!);
        own["Y99001"].GetProperty("numerator").GetDouble().ShouldBe(3);
        own["Y99002"].GetProperty("suppressed").GetBoolean().ShouldBeTrue();
        (own["Y99003"].GetProperty("numerator").GetDouble(), own["LOC1"].GetProperty("numerator").GetDouble()).ShouldBe((15d, 15d));

        var csv = (await TextAsync(commissioner, path, "text/csv")).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        csv[0].ShouldStartWith("id,metric,definitionVersion,areaKind,area,areaName,period,numerator");
        csv.Length.ShouldBe(1 + 6);
        csv.Single(l => l.Contains(",Y99001,")).ShouldContain(",'=Harbour Practice,2026-07,*,,,,,,,live,,");
        csv.Single(l => l.Contains(",LOC1,")).ShouldContain("\"Coast, north\",2026-07,15,");
        var lines = (await TextAsync(commissioner, path, "application/x-ndjson")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => JsonDocument.Parse(l).RootElement).ToList();
        lines.Count.ShouldBe(6);
        foreach (var line in lines)
            line.GetRawText().ShouldBe(seen[line.GetProperty("area").GetString()!].GetRawText());
    }

    [Fact]
    public async Task Pages_follow_each_other_without_gap_or_repeat()
    {
        await _app.SendAsync(new RegisterCounted([.. Enumerable.Range(1, 12).SelectMany(m => Enumerable.Range(10, 5)
            .Select(p => SampleFacts.Month($"Y990{p}", $"2025-{m:00}", 100)))]));
        await _app.FreshAsync();
        using var client = _app.ClientFor("demo-operator");
        var seen = new List<string>();
        var path = "/v1/metrics/values?metric=acs_admissions,total_bed_days&from=2024/25&to=2025-12&limit=7";
        for (var next = ""; next is not null;)
        {
            var page = await client.GetAsync(path + (next.Length > 0 ? $"&cursor={next}" : ""), 200);
            seen.AddRange(page.GetProperty("items").EnumerateArray()
                .Select(v => $"{v.GetProperty("metric")}|{v.GetProperty("period")}|{v.GetProperty("areaKind")}|{v.GetProperty("area")}"));
            next = page.GetProperty("next").GetString();
        }

        seen.Count.ShouldBe(2 * 12 * 7);
        seen.Distinct().Count().ShouldBe(seen.Count);
        seen.ShouldBe(seen.Order(StringComparer.Ordinal).ToList());
    }

    [Theory]
    [InlineData("metric=unknown", "/metric")]
    [InlineData("areaKind=country", "/areaKind")]
    [InlineData("from=2026", "/from")]
    [InlineData("to=2026-13", "/to")]
    [InlineData("grain=day", "/grain")]
    [InlineData("status=draft", "/status")]
    [InlineData("knownAt=yesterday", "/knownAt")]
    [InlineData("knownAt=2026-11-20T00:00:00Z&status=live", "/knownAt")]
    [InlineData("limit=0", "/limit")]
    [InlineData("area=%00", "/area")]
    public async Task A_query_that_makes_no_sense_is_refused_by_pointer(string query, string pointer)
    {
        using var client = _app.ClientFor("demo-operator");
        var problem = await client.GetAsync($"/v1/metrics/values?{query}", 400);
        problem.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("pointer").GetString()).ShouldContain(pointer);
    }

    [Theory]
    [InlineData("not base64!")]
    [InlineData("WyJhIiwiYiIsImMiLCJkIl0")] // ["a","b","c","d"]: no date
    [InlineData("WyJhXHUwMDAwIiwiMjAyNi0wMS0wMSIsImMiLCJkIl0")] // a NUL
    public async Task A_cursor_that_is_not_ours_is_refused(string cursor)
    {
        using var client = _app.ClientFor("demo-operator");
        (await client.GetAsync($"/v1/metrics/values?cursor={Uri.EscapeDataString(cursor)}", 400)).GetProperty("code").GetString().ShouldBe("invalid-cursor");
    }

    [Fact]
    public async Task A_media_type_that_cannot_be_written_is_406()
    {
        using var client = _app.ClientFor("demo-operator");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/metrics/values");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("image/png"));
        using var response = await client.SendAsync(request);
        ((int)response.StatusCode).ShouldBe(406);
    }

    [Fact]
    public async Task Definitions_can_be_read_by_anyone_with_the_scope()
    {
        using var client = _app.ClientFor("demo-voluntary", "population-health");
        var all = await client.GetAsync("/v1/metrics/definitions", 200);
        all.GetProperty("items").EnumerateArray().Select(d => d.GetProperty("id").GetString())
            .ShouldBe(["acs_admissions", "anticipatory_plans", "emergency_admissions", "total_bed_days"]);
        var one = await client.GetAsync("/v1/metrics/definitions/acs_admissions", 200);
        one.GetProperty("numerator").GetProperty("codeList").GetString().ShouldBe("acsc-chronic");
        await client.GetAsync("/v1/metrics/definitions/none", 404);
    }

    private async Task<JsonElement> OneAsync(string query)
    {
        using var client = _app.ClientFor("demo-operator", "operations");
        var items = (await client.GetAsync($"/v1/metrics/values?{query}", 200)).GetProperty("items").EnumerateArray().ToList();
        return items.ShouldHaveSingleItem();
    }

    private static async Task<string> TextAsync(HttpClient client, string path, string accept)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(accept));
        using var response = await client.SendAsync(request);
        response.Content.Headers.ContentType!.MediaType.ShouldBe(accept);
        return await response.Content.ReadAsStringAsync();
    }
}
