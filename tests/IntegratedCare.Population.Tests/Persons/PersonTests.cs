using System.Text;
using System.Text.Json;
using IntegratedCare.Population.Loads;
using IntegratedCare.Population.Persons;
using IntegratedCare.Shared;
using IntegratedCare.Testing;

namespace IntegratedCare.Population.Tests.Persons;

public class PersonTests(PopulationScene app) : IClassFixture<PopulationScene>, IAsyncLifetime
{
    public async ValueTask InitializeAsync() => await app.BuildAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task The_same_person_again_is_the_same_and_other_details_are_refused()
    {
        using var client = app.Operator;
        var number = app.NextNhsNumber();
        var first = await client.PostAsync("/v1/population/persons", PopulationScene.Person(number), 201);
        (await client.PostAsync("/v1/population/persons", PopulationScene.Person(number), 200)).GetProperty("id").GetString()
            .ShouldBe(first.GetProperty("id").GetString());
        (await client.PostAsync("/v1/population/persons", PopulationScene.Person(number, birthDate: "1941-01-01"), 409)).GetProperty("code").GetString()
            .ShouldBe("already-exists");
    }

    [Fact]
    public async Task A_person_registered_with_an_idempotency_key_is_answered_the_same_again_and_the_key_covers_no_other_body()
    {
        using var client = app.Operator;
        client.DefaultRequestHeaders.Add("Idempotency-Key", $"person-{Guid.CreateVersion7()}");
        var number = app.NextNhsNumber();
        var first = await client.PostAsync("/v1/population/persons", PopulationScene.Person(number), 201);
        (await client.PostAsync("/v1/population/persons", PopulationScene.Person(number), 201)).ToString().ShouldBe(first.ToString());
        (await client.PostAsync("/v1/population/persons", PopulationScene.Person(app.NextNhsNumber()), 422)).GetProperty("code").GetString()
            .ShouldBe("idempotency-mismatch");
        (await app.ScalarAsync<long>("SELECT count(*) FROM population.person WHERE nhs_number = $1", long.Parse(number))).ShouldBe(1);
        await app.DrainOutboxAsync();
        // Bulk bodies de-duplicate by their lines.
        var line = System.Text.Json.JsonSerializer.Serialize(PopulationScene.Person(number), Shared.SharedJson.Wire);
        (await client.PostAsync("/v1/population/persons", line, 200, mediaType: "application/x-ndjson")).GetProperty("duplicate").GetInt32().ShouldBe(1);
    }

    [Fact]
    public async Task All_faults_of_a_person_show_at_once()
    {
        using var client = app.Operator;
        var problem = await client.PostAsync("/v1/population/persons", new { nhsNumber = "1234567890", sex = "7" }, 400);
        problem.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("pointer").GetString())
            .ShouldBe(["/nhsNumber", "/familyName", "/givenName", "/birthDate", "/registeredFrom", "/sex", "/practice"], ignoreOrder: true);
    }

    [Fact]
    public async Task Many_persons_load_from_csv_and_again_change_nothing()
    {
        using var client = app.Operator;
        var rows = Enumerable.Range(0, 30).Select(_ => $"{app.NextNhsNumber()},\"O'Neil, jr\",Ann,1950-02-03,2,Y99002,2010-01-01,A,E01000001,12.5,4").ToList();
        var csv = "nhsNumber,familyName,givenName,birthDate,sex,practice,registeredFrom,ethnicCategory,lsoa,imdScore,imdDecile\n" + string.Join('\n',
            rows.Append("9434765918,X,Y,1950-02-03,2,Y99002,2010-01-01,A,,,").Append("9434765919,X,Y,soon,2,Y99002,2010-01-01,A,,,99"));
        var load = await client.PostAsync("/v1/population/persons", csv, 200, mediaType: "text/csv");
        (load.GetProperty("accepted").GetInt32(), load.GetProperty("duplicate").GetInt32(), load.GetProperty("rejected").GetInt32()).ShouldBe((30, 0, 2));
        var rejects = (await client.GetAsync(load.GetProperty("rejects").GetString()!, 200)).GetProperty("items");
        rejects[0].GetProperty("line").GetInt32().ShouldBe(32);
        rejects[1].GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("pointer").GetString())
            .ShouldBe(["/birthDate", "/imdDecile"], ignoreOrder: true);
        var again = await client.PostAsync("/v1/population/persons", csv, 200, mediaType: "text/csv");
        (again.GetProperty("accepted").GetInt32(), again.GetProperty("duplicate").GetInt32(), again.GetProperty("rejected").GetInt32()).ShouldBe((0, 30, 2));
    }

    [Theory]
    [InlineData("text/csv")]
    [InlineData("application/x-ndjson")]
    public async Task What_a_bulk_line_leaves_out_stays_and_a_put_clears_it(string mediaType)
    {
        using var client = app.Operator;
        var number = app.NextNhsNumber();
        var full = new
        {
            nhsNumber = number,
            familyName = "Reed",
            givenName = "Ann",
            birthDate = "1950-02-03",
            sex = "2",
            practice = "Y99002",
            registeredFrom = "2010-01-01",
            ethnicCategory = "A",
            lsoa = "E01000001",
            imdScore = 12.5,
            imdDecile = 4
        };
        var id = (await client.PostAsync("/v1/population/persons", full, 201)).GetProperty("id").GetGuid();
        string Bulk(string family) => mediaType == "text/csv"
            ? $"nhsNumber,familyName,givenName,birthDate,sex,practice,registeredFrom,lsoa\n{number},{family},Ann,1950-02-03,2,Y99002,2010-01-01,\n"
            : $$"""{"nhsNumber":"{{number}}","familyName":"{{family}}","givenName":"Ann","birthDate":"1950-02-03","sex":"2","""
                + """ "practice":"Y99002","registeredFrom":"2010-01-01","lsoa":null}""" + "\n";

        (await client.PostAsync("/v1/population/persons", Bulk("Reed"), 200, mediaType: mediaType)).GetProperty("duplicate").GetInt32().ShouldBe(1);
        (await client.PostAsync("/v1/population/persons", Bulk("Ridley"), 200, mediaType: mediaType)).GetProperty("accepted").GetInt32().ShouldBe(1);
        (await KeptAsync()).ShouldBe("Ridley A E01000001 12.5 4");

        // Deprivation is of an area: that of the old one does not go with the new one.
        var moved = mediaType == "text/csv"
            ? $"nhsNumber,familyName,givenName,birthDate,sex,practice,registeredFrom,lsoa\n{number},Ridley,Ann,1950-02-03,2,Y99002,2010-01-01,E01000002\n"
            : $$"""{"nhsNumber":"{{number}}","familyName":"Ridley","givenName":"Ann","birthDate":"1950-02-03","sex":"2","""
                + """ "practice":"Y99002","registeredFrom":"2010-01-01","lsoa":"E01000002"}""" + "\n";
        (await client.PostAsync("/v1/population/persons", moved, 200, mediaType: mediaType)).GetProperty("accepted").GetInt32().ShouldBe(1);
        (await KeptAsync()).ShouldBe("Ridley A E01000002 - -");

        var bare = new { full.nhsNumber, familyName = "Ridley", full.givenName, full.birthDate, full.sex, full.practice, full.registeredFrom };
        await AmendAsync(client, id.ToString(), bare, 200, "\"3\"");
        (await KeptAsync()).ShouldBe("Ridley - - - -");

        Task<string?> KeptAsync() => app.ScalarAsync<string?>(
            "SELECT concat_ws(' ', family_name, coalesce(ethnic_category, '-'), coalesce(lsoa, '-'), coalesce(imd_score::text, '-'), "
                + "coalesce(imd_decile::text, '-')) FROM population.person WHERE id = $1", id);
    }

    /// <summary>What one transaction stores is what was held in memory at once.</summary>
    [Theory]
    [InlineData("/v1/population/persons", "demo-operator")]
    [InlineData("/v1/population/events", "demo-acute-trust")]
    public async Task Long_bad_lines_are_stored_before_they_fill_the_memory(string path, string who)
    {
        using var client = app.ClientFor(who, "operations");
        // The emoji lies across the cut.
        var line = $$"""{"broken":"{{new string('x', 16 * 1024 - 12)}}😀{{new string('y', 30_000)}}""" + "\n";
        var load = await client.PostAsync(path, string.Concat(Enumerable.Repeat(line, 600)), 200, mediaType: "application/x-ndjson");
        load.GetProperty("rejected").GetInt32().ShouldBe(600);
        var id = Guid.Parse(load.GetProperty("id").GetString()!);
        (await app.ScalarAsync<int>("SELECT max(length(content)) FROM population.load_reject WHERE load_id = $1", id)).ShouldBeInRange(16_000, 16 * 1024);
        (await app.ScalarAsync<long>("SELECT max(characters) FROM (SELECT sum(length(content)) AS characters FROM population.load_reject WHERE load_id = $1 "
            + "GROUP BY xmin::text) AS flush", id))
            .ShouldBeLessThan(Load.MaxHeldBytes / sizeof(char) + 300 * 1024);
    }

    [Fact]
    public async Task A_csv_that_breaks_off_keeps_what_came_before_and_says_where_to_find_it()
    {
        using var client = app.Operator;
        var csv = "nhsNumber,familyName,givenName,birthDate,sex,practice,registeredFrom\n"
            + string.Concat(Enumerable.Range(0, 3).Select(_ => $"{app.NextNhsNumber()},Test,Ann,1950-02-03,2,Y99002,2010-01-01\n"))
            + $"{app.NextNhsNumber()},\"Test{new string('x', 300 * 1024)},Ann,1950-02-03,2,Y99002,2010-01-01\n";
        var problem = await client.PostAsync("/v1/population/persons", csv, 400, mediaType: "text/csv");
        problem.GetProperty("code").GetString().ShouldBe("invalid-request");
        var path = problem.GetProperty("detail").GetString()!.Split(' ').Single(w => w.StartsWith("/v1/population/loads/", StringComparison.Ordinal));
        var load = await client.GetAsync(path, 200);
        (load.GetProperty("state").GetString(), load.GetProperty("accepted").GetInt32(), load.GetProperty("rejected").GetInt32())
            .ShouldBe(("interrupted", 3, 1));
        var reject = (await client.GetAsync(load.GetProperty("rejects").GetString()!, 200)).GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        reject.GetProperty("line").GetInt32().ShouldBeInRange(4, 5);
    }

    [Fact]
    public async Task Rejected_lines_are_shown_to_who_may_see_rows_and_the_persons_in_them_have_it_in_their_audit()
    {
        using var op = app.Operator;
        var number = app.NextNhsNumber();
        var id = (await op.PostAsync("/v1/population/persons", PopulationScene.Person(number), 201)).GetProperty("id").GetString();
        using var other = app.ClientFor("demo-practice-2", "operations");
        var line = System.Text.Json.JsonSerializer.Serialize(PopulationScene.Person(number, "Y99002"), Shared.SharedJson.Wire);
        var rejects = (await other.PostAsync("/v1/population/persons", line, 200, mediaType: "application/x-ndjson")).GetProperty("rejects").GetString()!;
        (await other.GetAsync(rejects, 200)).GetProperty("items")[0].GetProperty("content").GetString()!.ShouldContain(number);
        (await op.GetAsync($"/v1/population/persons/{id}/audit", 200)).GetProperty("items").EnumerateArray()
            .ShouldContain(a => a.GetProperty("clientId").GetString() == "demo-practice-2" && a.GetProperty("operation").GetString() == "listRejects");
        // Whatever it loaded, a commissioner sees no rows about persons.
        using var commissioner = app.ClientFor("demo-commissioner", "operations");
        (await commissioner.GetAsync(rejects, 403)).GetProperty("code").GetString().ShouldBe("disclosure-refused");
    }

    [Fact]
    public async Task A_practice_cannot_take_over_by_bulk_who_is_registered_elsewhere()
    {
        using var op = app.Operator;
        var number = app.NextNhsNumber();
        var id = (await op.PostAsync("/v1/population/persons", PopulationScene.Person(number), 201)).GetProperty("id").GetString();
        using var other = app.ClientFor("demo-practice-2", "direct-care");
        var own = app.NextNhsNumber();
        var lines = string.Join('\n', new[] { PopulationScene.Person(number, "Y99002", registeredFrom: "2014-01-01"),
            PopulationScene.Person(own, "Y99002") }.Select(p => System.Text.Json.JsonSerializer.Serialize(p, Shared.SharedJson.Wire)));
        var load = await other.PostAsync("/v1/population/persons", lines, 200, mediaType: "application/x-ndjson");
        (load.GetProperty("accepted").GetInt32(), load.GetProperty("rejected").GetInt32()).ShouldBe((1, 1));
        (await other.GetAsync(load.GetProperty("rejects").GetString()!, 200)).GetProperty("items")[0].GetProperty("line").GetInt32().ShouldBe(1);
        await other.GetAsync($"/v1/population/persons/{id}", 404);
        (await op.GetAsync($"/v1/population/persons/{id}", 200)).GetProperty("practice").GetString().ShouldBe("Y99001");
    }

    [Fact]
    public async Task A_practice_amends_only_who_is_registered_with_it_and_moves_nobody()
    {
        using var op = app.Operator;
        var number = app.NextNhsNumber();
        var id = (await op.PostAsync("/v1/population/persons", PopulationScene.Person(number), 201)).GetProperty("id").GetString()!;
        using var other = app.ClientFor("demo-practice-2", "direct-care");
        // The other practice gave care, and so may read; that does not make the person its own.
        await other.PostAsync("/v1/population/events", System.Text.Json.JsonSerializer.Serialize(
            PopulationScene.Spell($"take-{number}", number, $"take-{number}", admitted: "2026-11-01T10:00:00Z", discharged: null, source: "urn:ods:Y99002",
                provider: "Y99002"), Shared.SharedJson.Wire), 202, mediaType: "application/cloudevents+json");
        await other.GetAsync($"/v1/population/persons/{id}", 200);
        await AmendAsync(other, id, PopulationScene.Person(number, "Y99002", registeredFrom: "2026-04-01"), 404);
        await AmendAsync(other, id, PopulationScene.Person(number), 404);

        using var own = app.Practice;
        (await AmendAsync(own, id, PopulationScene.Person(number, "Y99002", registeredFrom: "2026-04-01"), 400))
            .GetProperty("errors")[0].GetProperty("pointer").GetString().ShouldBe("/practice");
        (await AmendAsync(own, id, PopulationScene.Person(number, birthDate: "1940-05-02"), 200)).GetProperty("birthDate").GetString().ShouldBe("1940-05-02");
        (await op.GetAsync($"/v1/population/persons/{id}", 200)).GetProperty("practice").GetString().ShouldBe("Y99001");
    }

    [Fact]
    public async Task A_move_of_practice_attributes_later_care_anew_and_leaves_earlier_care()
    {
        using var client = app.Operator;
        var number = app.NextNhsNumber();
        var id = (await client.PostAsync("/v1/population/persons", PopulationScene.Person(number), 201)).GetProperty("id").GetString();
        using var trust = app.Trust;
        foreach (var (record, day) in new[] { ("early", "2026-01-10"), ("late", "2026-05-10") })
            await trust.PostAsync("/v1/population/events", System.Text.Json.JsonSerializer.Serialize(PopulationScene.Spell($"{record}-{number}", number,
                $"{record}-{number}", admitted: $"{day}T09:00:00Z", discharged: null), Shared.SharedJson.Wire), 202, mediaType: "application/cloudevents+json");
        await app.DrainOutboxAsync();
        using (var response = await client.GetAsync($"/v1/population/persons/{id}"))
        {
            response.Headers.ETag!.Tag.ShouldBe("\"1\"");
        }

        await AmendAsync(client, id!, PopulationScene.Person(number, "Y99002", registeredFrom: "2026-04-01"), 200);
        await app.DrainOutboxAsync();
        var state = await app.ScalarAsync<string>("SELECT string_agg(practice || ' ' || locality || ' ' || fact_version, ', ' ORDER BY started) FROM "
            + "population.record WHERE record_id LIKE '%' || $1", number);
        state.ShouldBe("Y99001 NORTH 1, Y99002 SOUTH 2");
    }

    [Fact]
    public async Task A_commissioner_and_an_unrelated_organisation_get_no_rows_and_every_read_leaves_an_audit_record()
    {
        using var client = app.Operator;
        var id = (await client.PostAsync("/v1/population/persons", PopulationScene.Person(app.NextNhsNumber()), 201)).GetProperty("id").GetString();
        using var commissioner = app.ClientFor("demo-commissioner", "operations");
        (await commissioner.GetAsync($"/v1/population/persons/{id}", 403)).GetProperty("code").GetString().ShouldBe("disclosure-refused");
        using var other = app.ClientFor("demo-practice-2", "direct-care");
        await other.GetAsync($"/v1/population/persons/{id}", 404);
        using var practice = app.Practice;
        await practice.GetAsync($"/v1/population/persons/{id}", 200);
        (await client.GetAsync($"/v1/population/persons/{id}/audit", 200)).GetProperty("items").EnumerateArray()
            .ShouldContain(a => a.GetProperty("clientId").GetString() == "demo-practice" && a.GetProperty("purpose").GetString() == "direct-care");
    }

    [Fact]
    public async Task Of_two_who_amend_any_version_at_once_one_is_412()
    {
        using var op = app.Operator;
        var number = app.NextNhsNumber();
        var id = (await op.PostAsync("/v1/population/persons", PopulationScene.Person(number), 201)).GetProperty("id").GetGuid();
        var born = 0;
        (await app.TwiceAtOnceAsync("population.person", id, () => op.ChangeAsync(HttpMethod.Put, $"/v1/population/persons/{id}",
            PopulationScene.Person(number, birthDate: $"1940-06-0{Interlocked.Increment(ref born)}"), "*"))).ShouldBe([200, 412]);
    }

    [Fact]
    public async Task Person_days_are_counted_by_month_and_published()
    {
        using var client = app.Operator;
        await client.PostAsync("/v1/population/persons", PopulationScene.Person(app.NextNhsNumber()), 201);
        await app.DrainOutboxAsync();
        for (var i = 0; i < 100 && await app.ScalarAsync<long>("SELECT count(*) FROM population.register_count") == 0; i++)
            await Task.Delay(100);
        (await app.ScalarAsync<long>("SELECT count(*) FROM population.register_count")).ShouldBeGreaterThan(26);
    }

    private static async Task<System.Text.Json.JsonElement> AmendAsync(HttpClient client, string id, object person, int expected, string version = "\"1\"")
    {
        using var amend = new HttpRequestMessage(HttpMethod.Put, $"/v1/population/persons/{id}") { Content = System.Net.Http.Json.JsonContent.Create(person) };
        amend.Headers.TryAddWithoutValidation("If-Match", version);
        using var amended = await client.SendAsync(amend);
        return await amended.JsonAsync(expected);
    }

    /// <summary>The fast test and the rules that explain must agree on every person.</summary>
    [Fact]
    public void The_fast_test_and_the_rules_agree()
    {
        var rules = new PersonRequest.Rules();
        var good = new PersonRequest("9434765919", "A", "B", new DateOnly(1950, 1, 1), "1", "Y99001", new DateOnly(1990, 1, 1), "A", "E01000001", 5, 3);
        PersonRequest[] cases =
        [
            good, good with { NhsNumber = "9434765918" }, good with { NhsNumber = null }, good with { FamilyName = "" },
            good with { GivenName = new string('x', 101) }, good with { BirthDate = null }, good with { BirthDate = new DateOnly(1889, 1, 1) },
                good with { RegisteredFrom = null },
            good with { RegisteredFrom = new DateOnly(1949, 1, 1) },
            good with { Sex = "3" }, good with { Sex = null }, good with { Practice = "y" }, good with { Practice = null },
            good with { EthnicCategory = "Q" }, good with { EthnicCategory = null },
            good with { Lsoa = "W1" }, good with { Lsoa = null }, good with { ImdScore = 101 }, good with { ImdScore = null }, good with { ImdDecile = 0 },
            good with { ImdDecile = 11 }, good with { ImdDecile = null },
        ];
        foreach (var person in cases)
            person.IsValid().ShouldBe(rules.Validate(person).IsValid, person.ToString());
        Population.NhsNumber.IsValid(good.NhsNumber).ShouldBeTrue();
    }

    /// <summary>What is read fast must be what the serializer reads; what the serializer refuses must not be read fast.</summary>
    [Theory]
    [InlineData(true, """{"nhsNumber":"9434765919","familyName":"O'Neil","givenName":"Zoë","birthDate":"1950-02-28","sex":"2","practice":"Y99001","""
        + """ "registeredFrom":"2010-01-01","ethnicCategory":"A","lsoa":"E01000001","imdScore":12.5,"imdDecile":4}""")]
    [InlineData(true, """ { "imdDecile" : 10 , "lsoa" : null , "nhsNumber" : "" , "birthDate" : "2024-02-29" } """)]
    [InlineData(true, "{}")]
    [InlineData(false, """{"familyName":"O\u0027Neil"}""")]
    [InlineData(false, """{"family\u004eame":"Neil"}""")]
    [InlineData(false, """{"familyName":"A","familyName":"B"}""")]
    [InlineData(false, """{"FamilyName":"A"}""")]
    [InlineData(false, """{"unknown":1}""")]
    [InlineData(false, """{"familyName":{"a":1}}""")]
    [InlineData(false, """{"familyName":1}""")]
    [InlineData(false, """{"imdScore":"12.5"}""")]
    [InlineData(false, """{"imdDecile":4.5}""")]
    [InlineData(false, """{"birthDate":"2023-02-29"}""")]
    [InlineData(false, """{"birthDate":"2023-2-9"}""")]
    [InlineData(false, """{"birthDate":"0000-01-01"}""")]
    [InlineData(false, """{"sex":"1"} {"sex":"2"}""")]
    [InlineData(false, """{"sex":"1",}""")]
    [InlineData(false, """{"sex":"1" """)]
    [InlineData(false, """{"sex":}""")]
    [InlineData(false, "null")]
    [InlineData(false, "[]")]
    [InlineData(false, "")]
    public void The_fast_reader_and_the_serializer_agree(bool plain, string line)
    {
        PersonRequest? slow = null;
        try
        {
            slow = JsonSerializer.Deserialize<PersonRequest>(line, SharedJson.Wire);
        }
        catch (JsonException)
        {
        }

        var fast = FastPersonReader.Read(Encoding.UTF8.GetBytes(line));
        (fast is not null).ShouldBe(plain);
        if (plain)
            fast.ShouldBe(slow);
    }

    /// <summary>After a chunk of new persons the next is copied without asking: one who is known must then be found out.</summary>
    [Fact]
    public async Task A_known_person_among_many_new_ones_is_amended()
    {
        using var client = app.Operator;
        static string Line(string number, string family) =>
            $$"""{"nhsNumber":"{{number}}","familyName":"{{family}}","givenName":"Ann","birthDate":"1950-02-03","sex":"2","""
            + """ "practice":"Y99002","registeredFrom":"2010-01-01"}""";
        var known = app.NextNhsNumber();
        await client.PostAsync("/v1/population/persons", Line(known, "Before"), 200, mediaType: "application/x-ndjson");
        List<string> lines = [.. Enumerable.Range(0, 45_000).Select(_ => Line(app.NextNhsNumber(), "New"))];
        lines[30_000] = Line(known, "After");
        lines[30_001] = lines[30_002];
        lines[30_003] = "{";
        var load = await client.PostAsync("/v1/population/persons", string.Join('\n', lines), 200, mediaType: "application/x-ndjson");
        (load.GetProperty("accepted").GetInt32(), load.GetProperty("duplicate").GetInt32(), load.GetProperty("rejected").GetInt32()).ShouldBe((44_998, 1, 1));
        (await app.ScalarAsync<string>($"SELECT family_name || version FROM population.person WHERE nhs_number = {known}")).ShouldBe("After2");
        (await app.ScalarAsync<long>("SELECT count(*) FROM population.person WHERE family_name = 'New'")).ShouldBe(44_997);
    }

    /// <summary>Lines as they come: across buffers, with and without CR, empty, too long, and the last without its end.</summary>
    [Fact]
    public async Task Lines_are_read_whatever_their_length()
    {
        var long_ = new string('x', 100_000);
        var body = $"one\r\n\n \t\r\n{long_}\ntwo\n{new string('y', 2 * NdjsonLines.MaxLine)}\nthree";
        var lines = new NdjsonLines(new MemoryStream(Encoding.UTF8.GetBytes(body)));
        var read = new List<(long, bool, string)>();
        while (await lines.NextAsync(default))
            read.Add((lines.Line, lines.Overlong, lines.Text));
        read.ShouldBe([(1, false, "one"), (4, false, long_), (5, false, "two"), (6, true, ""), (7, false, "three")]);
        (await lines.NextAsync(default)).ShouldBeFalse();
    }

    [Fact]
    public void Ids_of_a_load_are_version_7_and_each_its_own()
    {
        var ids = new BulkIds();
        var made = Enumerable.Range(0, 10_000).Select(_ => ids.Next()).ToList();
        made.Distinct().Count().ShouldBe(made.Count);
        made.ShouldAllBe(id => id.Version == 7 && id.Variant >= 8 && id.Variant <= 11);
        string.CompareOrdinal(made[0].ToString()[..13], Guid.CreateVersion7().ToString()[..13]).ShouldBeLessThanOrEqualTo(0);
    }
}
