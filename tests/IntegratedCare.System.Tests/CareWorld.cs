using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using IntegratedCare.CarePathways.Clocks;
using IntegratedCare.Metrics.Values;
using IntegratedCare.Shared;
using IntegratedCare.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace IntegratedCare.System.Tests;

/// <summary>
/// A real record of every kind, made over HTTP, for tests that go through all operations. To give a new operation real ids, add a
/// line to <see cref="BuildAsync"/>: ids are found by the path up to and with the parameter, or by operation where a record must be
/// in some state.
/// </summary>
internal sealed partial class CareWorld
{
    /// <summary>The id that stands for an agreement in the document's examples.</summary>
    private const string ExampleAgreement = "01999999-0000-7000-8000-0000000a9ee0";
    private const string ExampleRiskShare = "0198c5a0-0000-7000-8000-000000000001";
    private const string FamilyName = "Quillfeather";
    private const string GivenName = "Zebedee";
    private const int Persons = 400;

    private readonly Dictionary<string, string> _byPath = [];
    private readonly Dictionary<string, string> _byOperation = [];
    private readonly Dictionary<string, string> _examples = [];

    /// <summary>NHS numbers, names, ids and days of birth of the seeded persons.</summary>
    private HashSet<string> _secrets = [];

    /// <summary>What in a text identifies a seeded person; null if nothing does.</summary>
    public string? Secret(string text) => Identifying().Matches(text).Select(m => m.Value.ToLowerInvariant()).FirstOrDefault(_secrets.Contains);

    [GeneratedRegex($"[0-9]{{10}}|[0-9a-f]{{8}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{12}}|"
        + $"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}|{FamilyName}|{GivenName}", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex Identifying();

    /// <summary>One of the seeded persons, with an open episode.</summary>
    public string Person => _byPath["/v1/population/persons/{id}"];

    /// <summary>A real id for a path's parameter; null where there is none.</summary>
    public string? Id(ApiOperation operation, string parameter) =>
        _byOperation.GetValueOrDefault($"{operation.Id} {parameter}")
            ?? _byPath.GetValueOrDefault(operation.Path[..(operation.Path.IndexOf($"{{{parameter}}}", StringComparison.Ordinal) + parameter.Length + 2)]);

    /// <summary>An example's text with real ids.</summary>
    public string Real(string text) => _examples.Aggregate(text, (t, e) => t.Replace(e.Key, e.Value));

    public static async Task<CareWorld> BuildAsync(TestApp app)
    {
        var world = new CareWorld();
        var system = new CareSystem((client, purpose, user) => Task.FromResult(app.ClientFor(client, purpose, user)));
        var (op, trust, practice, commissioner, chief) = (await system.Operator, await system.Trust, await system.Practice, await system.Commissioner,
            await system.TrustChief);

        // Register: eight adults are the top two per cent of the first practice; one is the person of the examples.
        await system.RegisterAsync(Enumerable.Range(0, Persons).Select(n => (object)new
        {
            nhsNumber = NhsNumbers.Nth(n),
            familyName = FamilyName,
            givenName = GivenName,
            birthDate = "1940-05-01",
            sex = "2",
            practice = "Y99001",
            registeredFrom = "2015-01-01",
            imdDecile = 3,
        }).Append(ExampleOf("registerPersons")));
        await op.PostAsync("/v1/population/organisations", new { code = "QZ9", name = "Board", kind = "integrated-care-board" }, 201);
        world._byPath["/v1/population/organisations/{code}"] = "RZ1";
        world._byPath["/v1/population/places/{code}"] = "NORTH";
        world._byOperation["amendPerson id"] = (await practice.PostAsync("/v1/population/persons/look-up", new { nhsNumber = "9434765870" }, 200))
            .GetProperty("id").GetString()!;

        // Care: frail persons, each a little more than the next; a stay in every month of two quarters; what waits, and what could not be read.
        string[] frail = ["F00X", "W190", "N390", "R268", "I639", "R410", "L031", "S510", "R296", "N179"];
        for (var n = 0; n < 8; n++)
            await system.PostEventAsync(CareSystem.Spell(n, $"frail-{n}", new DateTimeOffset(2026, 4 + n % 6, 3, 10, 0, 0, TimeSpan.Zero), 2,
                frail[..(10 - n)]));
        await system.PostEventAsync(CareSystem.Spell(Persons, "waits", new DateTimeOffset(2026, 9, 3, 10, 0, 0, TimeSpan.Zero), 2));
        var load = await trust.PostAsync("/v1/population/events",
            $"{CareSystem.Spell(1, "line-1", new DateTimeOffset(2026, 9, 5, 10, 0, 0, TimeSpan.Zero), 1)}\n"
                + $"{CareSystem.Spell(2, "line-2", new DateTimeOffset(2099, 1, 1, 0, 0, 0, TimeSpan.Zero), 1)}", 200, mediaType: "application/x-ndjson");
        load.GetProperty("rejected").GetInt64().ShouldBe(1);
        world._byPath["/v1/population/loads/{id}"] = load.GetProperty("id").GetString()!;
        world._byPath["/v1/population/events/{key}"] = (await app.ScalarAsync<Guid>("SELECT key FROM population.event ORDER BY seq LIMIT 1")).ToString();
        await system.DrainAsync();

        // Risk: a run, a model of the operator's, and the register with an entry for each decision.
        var run = await op.PostAsync("/v1/population/stratifications", new { model = "hospital-frailty-risk-score", indexDate = "2026-10-01", seed = 1 }, 202);
        for (var i = 0; i < 600 && run.GetProperty("state").GetString() != "completed"; i++)
        {
            await Task.Delay(50);
            run = await op.GetAsync($"/v1/population/stratifications/{run.GetProperty("id").GetString()}", 200);
        }

        world._byPath["/v1/population/stratifications/{id}"] = run.GetProperty("id").GetString()!;
        var entries = (await practice.GetAsync("/v1/population/high-risk-register?practice=Y99001&status=proposed", 200)).GetProperty("items").EnumerateArray()
            .Select(e => (Entry: e.GetProperty("entryId").GetString()!, Person: e.GetProperty("personId").GetString()!)).ToList();
        entries.Count.ShouldBe(8);
        world._byPath["/v1/population/persons/{id}"] = entries[7].Person;
        world._byPath["/v1/population/high-risk-register/{entryId}"] = entries[0].Entry;
        world._byOperation["declineHighRisk entryId"] = entries[1].Entry;
        world._byOperation["endHighRisk entryId"] = entries[2].Entry;
        foreach (var (entry, _) in entries[2..8])
            await practice.PostAsync($"/v1/population/high-risk-register/{entry}/confirm", new { from = "2026-10-02" }, 200, "*");
        await system.DrainAsync();
        const string model = "the-operators-own";
        await op.PostAsync("/v1/population/risk-models", new
        {
            id = model,
            title = "Falls",
            citation = "The system, 2026",
            outcome = "A fall",
            horizon = "12 months",
            lookBackMonths = 24,
            bands = new[] { new { name = "any" } },
            features = new[] { new { code = "W19", points = 3, description = "Fall" } },
        }, 201);
        world._byPath["/v1/population/risk-models/{id}"] = model;

        // Pathway: an episode to accept, one to decline, one at work, one handed over to the trust, one to close.
        var episodes = (await practice.GetAsync("/v1/care-pathways/episodes?status=proposed", 200)).GetProperty("items").EnumerateArray()
            .ToDictionary(e => e.GetProperty("personId").GetString()!, e => e.GetProperty("id").GetString()!);
        string Episode(int entry) => episodes[entries[entry].Person];
        world._byOperation["acceptEpisode id"] = Episode(3);
        world._byOperation["declineEpisode id"] = Episode(4);
        world._byOperation["acceptHandover id"] = Episode(5);
        world._byOperation["closeEpisode id"] = Episode(6);
        world._byPath["/v1/care-pathways/episodes/{id}"] = Episode(7);
        world._byPath["/v1/care-pathways/persons/{id}"] = entries[7].Person;
        world._byPath["/v1/care-pathways/definitions/{id}"] = "high-risk-patient-programme";
        foreach (var n in new[] { 5, 6, 7 })
            await practice.PostAsync($"/v1/care-pathways/episodes/{Episode(n)}/accept", new { partner = "RZ1" }, 200, "*");
        await practice.PostAsync($"/v1/care-pathways/episodes/{Episode(5)}/handover", new { organisation = "RZ1", role = "community-nurse" }, 200, "*");
        var work = $"/v1/care-pathways/episodes/{Episode(7)}";
        // The one to close waits for its meeting, and so is on the agenda.
        foreach (var n in new[] { 6, 7 })
            await practice.PostAsync($"/v1/care-pathways/episodes/{Episode(n)}/assessments", new { kind = "nursing", date = "2026-10-03", findings = "Frail." },
                200, "*");
        await practice.PostAsync($"{work}/key-worker", new { name = "Gee Pee", role = "community-nurse", organisation = "Y99001" }, 200, "*");
        await practice.PostAsync($"{work}/meetings",
            new { date = "2026-10-04", attendance = new[] { new { role = "gp" }, new { role = "community-nurse" }, new { role = "social-worker" } } }, 200,
            "*");
        await practice.PostAsync($"{work}/plan", new { date = "2026-10-05", goals = new[] { "To stay at home." }, reviewDate = "2027-01-05" }, 200, "*");
        await system.DrainAsync();

        // Metrics: published values of both quarters.
        await QuietAsync(app);
        var computation = await op.PostAsync("/v1/metrics/computations", new { from = "2026-04", to = "2026-09", publish = true, status = "final" }, 201);
        world._byPath["/v1/metrics/computations/{id}"] = computation.GetProperty("id").GetString()!;
        world._byPath["/v1/metrics/definitions/{id}"] = "total_bed_days";
        world._byPath["/v1/metrics/values/{id}"] = (await op.GetAsync("/v1/metrics/values?metric=total_bed_days&areaKind=system&from=2026-07&to=2026-07", 200))
            .GetProperty("items")[0].GetProperty("id").GetString()!;
        await system.DrainAsync();

        var fund = (await system.CreateFundAsync("POOL", "2026/27")).ToString();
        // Contract: one agreement in force with a settlement in dispute, one to agree and terms to accept; one draft to sign.
        var share = await system.AgreeRiskShareAsync("Emergency admissions", "POOL", 300, new DateOnly(2026, 4, 1), new DateOnly(2029, 3, 31));
        var agreement = (await commissioner.GetAsync($"/v1/contracts/risk-shares/{share}", 200)).GetProperty("agreementId").GetString()!;
        var draft = await DraftAsync(commissioner);
        world._byPath["/v1/contracts/agreements/{id}"] = agreement;
        world._byOperation["signAgreement id"] = draft;
        world._byPath["/v1/contracts/risk-shares/{id}"] = share.ToString();
        world._byPath["/v1/contracts/agreements/{id}/terms/{version}"] = "1";
        world._byPath["/v1/contracts/risk-shares/{id}/terms/{version}"] = "1";
        world._examples[ExampleAgreement] = draft;
        var proposed = await chief.PostAsync("/v1/contracts/risk-shares", new
        {
            agreementId = agreement,
            title = "To be accepted",
            preset = "northumbria",
            terms = new
            {
                benchmark = new { perQuarter = 300 },
                unitPrice = 2000.00m,
                marginalCost = 800.00m,
                threshold = new { minimumSavingsRate = 0.01m, minimumLossRate = 0.01m, sharing = "first-pound" },
                limits = new { cap = 0.5m, floor = -0.5m, appliesTo = "result" },
                shares = new[] { new { party = "99A", gain = 0.6m, loss = 0.5m }, new { party = "RZ1", gain = 0.4m, loss = 0.5m } },
                fund = "POOL",
            },
        }, 201);
        world._byOperation["acceptRiskShare id"] = proposed.GetProperty("id").GetString()!;
        var settlements = $"/v1/contracts/risk-shares/{share}/settlements";
        var second = (await commissioner.PostAsync(settlements, new { period = "2026-Q2" }, 201)).GetProperty("id").GetString()!;
        var third = (await commissioner.PostAsync(settlements, new { period = "2026-Q3" }, 201)).GetProperty("id").GetString()!;
        var disputed = await commissioner.PostAsync($"{settlements}/{third}/disputes", new { line = 1, reason = "Not so." }, 200, "*");
        const string settlement = "/v1/contracts/risk-shares/{id}/settlements/{settlementId}";
        world._byPath[settlement] = third;
        world._byPath[$"{settlement}/disputes/{{disputeId}}"] = disputed.GetProperty("disputes")[0].GetProperty("id").GetString()!;
        world._byOperation["agreeSettlement settlementId"] = second;
        world._byOperation["disputeSettlement settlementId"] = second;

        // A second agreement in force: a variation of it and one of its risk-share wait for the commissioner, and payments are made under it.
        var other = await system.AgreeRiskShareAsync("Emergency admissions of the old", "POOL", 300, new DateOnly(2026, 4, 1), new DateOnly(2029, 3, 31));
        var otherAgreement = (await commissioner.GetAsync($"/v1/contracts/risk-shares/{other}", 200)).GetProperty("agreementId").GetString()!;
        await chief.PostAsync($"/v1/contracts/agreements/{otherAgreement}/variations", ExampleOf("varyAgreement"), 201, "*");
        world._byOperation["signVariation id"] = otherAgreement;
        world._byOperation["signVariation version"] = "2";
        await chief.PostAsync($"/v1/contracts/risk-shares/{other}/variations", ExampleOf("varyRiskShare"), 201, "*");
        world._byOperation["acceptRiskShareVariation id"] = other.ToString();
        world._byOperation["acceptRiskShareVariation version"] = "2";
        async Task<string> TermsAsync(string of) =>
            (await chief.PostAsync($"/v1/contracts/agreements/{of}/payment-terms", ExampleOf("createPaymentTerms"), 201)).GetProperty("id").GetString()!;
        world._byOperation["acceptPaymentTerms id"] = await TermsAsync(agreement);
        var terms = await TermsAsync(otherAgreement);
        foreach (var party in new[] { commissioner, chief })
            await party.PostAsync($"/v1/contracts/payment-terms/{terms}/acceptances", "", 200, "*");
        world._byPath["/v1/contracts/payment-terms/{id}"] = terms;
        var inputs = ExampleOf("proposePayment").GetProperty("inputs");
        world._byPath["/v1/contracts/payment-terms/{id}/payments/{paymentId}"] =
            (await commissioner.PostAsync($"/v1/contracts/payment-terms/{terms}/payments", new { period = "2026-Q2", inputs }, 201)).GetProperty("id")
                .GetString()!;

        // A third that a party has given notice of.
        var shared = await system.AgreeRiskShareAsync("Given notice of", "POOL", 300, new DateOnly(2026, 4, 1), new DateOnly(2029, 3, 31));
        var ending = (await commissioner.GetAsync($"/v1/contracts/risk-shares/{shared}", 200)).GetProperty("agreementId").GetString()!;
        var notice = await commissioner.PostAsync($"/v1/contracts/agreements/{ending}/notices", ExampleOf("giveNotice"), 201, "*");
        world._byOperation["readNotice id"] = ending;
        world._byOperation["readNotice noticeId"] = notice.GetProperty("id").GetString()!;

        // A novel contract that waits for its checkpoints.
        var novel = JsonNode.Parse(ExampleOf("createAgreement").GetRawText())!;
        (novel["structure"], novel["to"], novel["parties"]![1]!["prime"]) = ("accountable-care", "2036-03-31", true);
        world._byOperation["recordGate id"] = (await commissioner.PostAsync("/v1/contracts/agreements", novel, 201)).GetProperty("id").GetString()!;

        // A fund that the trust proposes, and asks the commissioner to, which plans for the system; and another who plans, for a time.
        var proposedFund = (await chief.PostAsync("/v1/commissioning/funds", new
        {
            code = "TRUST",
            title = "The trust's fund",
            legalForm = "aligned",
            host = "RZ1",
            system = CareSystem.Code,
            partners = new[] { "RZ1", "99A" },
            financialYear = "2026/27",
        }, 201)).GetProperty("id").GetString()!;
        world._byOperation["acceptPartnership id"] = proposedFund;
        world._byOperation["confirmFund id"] = proposedFund;
        const string planners = "/v1/commissioning/control-totals/{system}/planners";
        await op.PostAsync(planners.Replace("{system}", CareSystem.Code), new { organisation = "99A" }, 201);
        world._byPath[$"{planners}/{{id}}"] =
            (await op.PostAsync(planners.Replace("{system}", CareSystem.Code), new { organisation = "RZ1" }, 201)).GetProperty("id").GetString()!;
        world._examples[ExampleRiskShare] = share.ToString();

        // The fund has a contribution, a plan, and a settlement that all have agreed.
        await commissioner.PostAsync($"/v1/commissioning/funds/{fund}/contributions",
            new { partner = "99A", year = "2026/27", amount = 10_000.00m, kind = "cash", reference = "opening" }, 201);
        world._byPath["/v1/commissioning/funds/{id}"] = fund;
        world._byPath["/v1/commissioning/control-totals/{system}"] = CareSystem.Code;
        world._byPath["/v1/commissioning/control-totals/{system}/plans/{id}"] =
            (await commissioner.PostAsync($"/v1/commissioning/control-totals/{CareSystem.Code}/plans", new { organisation = "99A", year = "2026/27", plan = 0 },
                201)).GetProperty("id").GetString()!;

        var agreed = (await commissioner.PostAsync($"/v1/contracts/risk-shares/{other}/settlements", new { period = "2026-Q2" }, 201)).GetProperty("id")
            .GetString()!;
        foreach (var party in new[] { commissioner, chief })
            await party.PostAsync($"/v1/contracts/risk-shares/{other}/settlements/{agreed}/agreements", "", 200, "*");
        world._byOperation["finaliseSettlement id"] = other.ToString();
        world._byOperation["finaliseSettlement settlementId"] = agreed;

        await system.DrainAsync();
        await QuietAsync(app);
        world._secrets = (await app.ScalarAsync<string[]>("SELECT array_agg(s) FROM (SELECT id::text AS s FROM population.person UNION SELECT "
            + "lpad(nhs_number::text, 10, '0') FROM population.person UNION SELECT birth_date::text FROM population.person) AS t"))
            .Append(FamilyName.ToLowerInvariant()).Append(GivenName.ToLowerInvariant()).ToHashSet();
        world._secrets.Count.ShouldBe(2 * (Persons + 1) + 2 + 2,
            "ids and numbers, two names, and the days of birth of the seeded persons and of the example's");
        return world;
    }

    private static async Task<string> DraftAsync(HttpClient commissioner) => (await commissioner.PostAsync("/v1/contracts/agreements",
        ExampleOf("createAgreement"), 201)).GetProperty("id").GetString()!;

    private static JsonElement ExampleOf(string operationId) =>
        JsonSerializer.Deserialize<JsonElement>(ApiOperation.Guarded.Single(o => o.Id == operationId).Example()!.ToJsonString());

    /// <summary>Nothing in the background is about to write any more.</summary>
    private static async Task QuietAsync(TestApp app)
    {
        for (var i = 0; i < 300 && await app.ScalarAsync<long>("SELECT count(*) FROM population.register_dirty") > 0; i++)
            await Task.Delay(50);
        await app.DrainOutboxAsync();
        await app.Services.GetServices<IHostedService>().OfType<ClockWatch>().Single().SweepAsync(CancellationToken.None);
        await app.DrainOutboxAsync();
        await app.Services.GetRequiredService<LiveValueWorker>().CatchUpAsync();
        await app.DrainOutboxAsync();
    }
}
