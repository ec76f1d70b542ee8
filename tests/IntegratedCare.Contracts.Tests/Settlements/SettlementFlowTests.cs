using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using IntegratedCare.Contracts.Agreements;
using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.Settlements;
using IntegratedCare.Contracts.Settlements.Engine;
using IntegratedCare.Metrics.Events;
using IntegratedCare.Population.Events;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace IntegratedCare.Contracts.Tests.Settlements;

/// <summary>The contract step over HTTP, with the other modules' events fed in.</summary>
public class SettlementFlowTests(TestApp app) : IClassFixture<TestApp>, IAsyncLifetime
{
    private const string Trust = "demo-acute-trust";
    private const string Commissioner = "demo-commissioner";

    public async ValueTask InitializeAsync()
    {
        await app.PublishAsync(new OrganisationChanged("RZ1", "Northern Trust", "acute-trust", null, null, null, null, 1));
        await app.PublishAsync(new OrganisationChanged("99A", "Northern Commissioner", "commissioner", null, null, null, null, 1));
        await app.PublishAsync(new OrganisationChanged("E06000991", "Northern Council", "local-authority", null, null, null, null, 1));
        await app.DrainOutboxAsync();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_quarter_is_settled_agreed_corrected_and_posts_only_the_difference()
    {
        var (riskShare, _) = await ActiveRiskShareAsync("N01");
        var trust = app.ClientFor(Trust, actingUser: "name=Fin Trust; role=finance director");
        var commissioner = app.ClientFor(Commissioner, actingUser: "name=Fin Com; role=finance director");
        var path = $"/v1/contracts/risk-shares/{riskShare}/settlements";

        var missing = await commissioner.PostAsync(path, new { period = "2020-Q3" }, 409);
        missing.GetProperty("code").GetString().ShouldBe("published-values-missing");
        missing.GetProperty("detail").GetString()!.ShouldContain("2020-07, 2020-08, 2020-09");

        await PublishAsync("N01", 1, ("2020-07", 480), ("2020-08", 470), ("2020-09", 450));
        var first = await commissioner.PostAsync(path, new { period = "2020-Q3" }, 201);
        first.GetProperty("number").GetInt32().ShouldBe(1);
        Transfer(first, "RZ1").ShouldBe(60_000.00m);
        Transfer(first, "99A").ShouldBe(-60_000.00m);
        var again = await trust.PostAsync(path, new { period = "2020-Q3" }, 200);
        again.GetProperty("id").GetGuid().ShouldBe(first.GetProperty("id").GetGuid());
        (await trust.PostAsync(path, new { period = "2020-08" }, 409)).GetProperty("code").GetString().ShouldBe("period-overlaps");

        var one = $"{path}/{first.GetProperty("id").GetGuid()}";
        // The bytes hash to what the settlement says, and computing again from what they hold gives them again.
        var bytes = await trust.GetByteArrayAsync($"{one}/statement");
        Convert.ToHexStringLower(SHA256.HashData(bytes)).ShouldBe(first.GetProperty("sha256").GetString());
        var held = Statement.FromBytes(bytes);
        RiskShareEngine.Settle(new SettlementPack(held.RiskShare, held.TermsVersion, held.Terms, held.Period, held.Values,
            held.Inputs)).ToBytes().ShouldBe(bytes);
        using (var csvRequest = new HttpRequestMessage(HttpMethod.Get, $"{one}/statement"))
        {
            csvRequest.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/csv"));
            using var csv = await trust.SendAsync(csvRequest);
            csv.Content.Headers.ContentType!.MediaType.ShouldBe("text/csv");
            (await csv.Content.ReadAsStringAsync()).ShouldContain("\"transfer:RZ1\"");
        }

        using (var pageRequest = new HttpRequestMessage(HttpMethod.Get, $"{one}/statement"))
        {
            pageRequest.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/html"));
            using var page = await trust.SendAsync(pageRequest);
            var name = await app.ScalarAsync<string>("SELECT display_name FROM contracts.organisation WHERE code = 'RZ1'");
            (await page.Content.ReadAsStringAsync()).ShouldContain($"<td>{name} (RZ1)</td>");
        }

        // The commissioner agrees; the trust disputes, cannot agree over its own dispute, and only it can withdraw.
        await commissioner.PostAsync($"{one}/agreements", null!, 428);
        await commissioner.PostAsync($"{one}/agreements", "", 200, "\"1\"");
        (await commissioner.PostAsync($"{one}/agreements", "", 409, "*")).GetProperty("code").GetString().ShouldBe("already-signed");
        await trust.PostAsync($"{one}/agreements", "", 412, "\"1\"");
        (await trust.PostAsync($"{one}/disputes", new { line = 400, reason = "No such line" }, 409,
            "\"2\"")).GetProperty("code").GetString().ShouldBe("no-such-line");
        var disputed = await trust.PostAsync($"{one}/disputes", new { line = 2, reason = "September was counted short" }, 200, "\"2\"");
        var dispute = disputed.GetProperty("disputes")[0].GetProperty("id").GetGuid();
        (await trust.PostAsync($"{one}/agreements", "", 409, "\"3\"")).GetProperty("code").GetString().ShouldBe("dispute-open");
        (await commissioner.PostAsync($"{one}/disputes/{dispute}/withdraw", "", 403, "\"3\"")).GetProperty("code").GetString().ShouldBe("not-a-party");
        await trust.PostAsync($"{one}/disputes/{dispute}/withdraw", "", 200, "\"3\"");
        var agreed = await trust.PostAsync($"{one}/agreements", "", 200, "\"4\"");
        agreed.GetProperty("status").GetString().ShouldBe("agreed");
        (await trust.PostAsync($"{one}/disputes", new { line = 2, reason = "Too late" }, 409,
            "*")).GetProperty("code").GetString().ShouldBe("settlement-closed");

        // A late event restates September: version 2 shows the difference, and version 1 stays as it was.
        await PublishAsync("N01", 2, ("2020-09", 480));
        await PublishAsync("N01", 1, ("2020-09", 1));
        var second = await trust.PostAsync(path, new { period = "2020-Q3" }, 201);
        second.GetProperty("number").GetInt32().ShouldBe(2);
        second.GetProperty("correctsNumber").GetInt32().ShouldBe(1);
        // 70 fewer x 2,000 = 140,000, under the cap: 56,000 to the trust, 4,000 less than before.
        Transfer(second, "RZ1").ShouldBe(56_000.00m);
        Posting(second, "RZ1").ShouldBe(-4_000.00m);
        Posting(second, "99A").ShouldBe(4_000.00m);
        second.GetProperty("differences").EnumerateArray().Single(d =>
            d.GetProperty("code").GetString() == "transfer:RZ1").GetProperty("change").GetDecimal().ShouldBe(-4_000.00m);
        (await trust.GetByteArrayAsync($"{one}/statement")).ShouldBe(bytes);
        var two = $"{path}/{second.GetProperty("id").GetGuid()}";
        await trust.PostAsync($"{two}/agreements", "", 200, "*");
        await commissioner.PostAsync($"{two}/agreements", "", 200, "*");

        (await trust.GetAsync(path, 200)).GetProperty("items").GetArrayLength().ShouldBe(2);
        (await app.ScalarAsync<long>("SELECT count(*) FROM contracts.mt_doc_settlement WHERE risk_share_id = $1 AND status = 'agreed'", riskShare)).ShouldBe(2);
        await Should.ThrowAsync<PostgresException>(() => app.ScalarAsync<int>("UPDATE contracts.statement SET bytes = '\\x00' RETURNING 1"));
        await app.DrainOutboxAsync();
    }

    [Fact]
    public async Task A_version_nobody_agreed_gives_way_and_cannot_be_agreed_any_more()
    {
        var (riskShare, _) = await ActiveRiskShareAsync("N02");
        await PublishAsync("N02", 1, ("2020-07", 500), ("2020-08", 500), ("2020-09", 400));
        var trust = app.ClientFor(Trust, actingUser: "name=Fin Trust; role=finance director");
        var path = $"/v1/contracts/risk-shares/{riskShare}/settlements";
        var first = await trust.PostAsync(path, new { period = "2020-Q3" }, 201);
        await PublishAsync("N02", 2, ("2020-07", 501));
        var second = await trust.PostAsync(path, new { period = "2020-Q3" }, 201);
        second.GetProperty("correctsNumber").ValueKind.ShouldBe(JsonValueKind.Null);
        Posting(second, "RZ1").ShouldBe(Transfer(second, "RZ1"));
        (await trust.PostAsync($"{path}/{first.GetProperty("id").GetGuid()}/agreements", "", 409,
            "*")).GetProperty("code").GetString().ShouldBe("settlement-closed");
    }

    [Fact]
    public async Task The_last_agreements_at_once_agree_exactly_once()
    {
        var (riskShare, _) = await ActiveRiskShareAsync("N03");
        await PublishAsync("N03", 1, ("2020-07", 480), ("2020-08", 470), ("2020-09", 450));
        var clients = new[] { Trust, Commissioner }.Select(c => app.ClientFor(c, actingUser: "name=A B; role=director")).ToArray();
        var settlement = await clients[0].PostAsync($"/v1/contracts/risk-shares/{riskShare}/settlements", new { period = "2020-Q3" }, 201);
        var path = $"/v1/contracts/risk-shares/{riskShare}/settlements/{settlement.GetProperty("id").GetGuid()}/agreements";
        for (var round = 0; round < 5; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 6).Select(async i =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, path);
                request.Headers.TryAddWithoutValidation("If-Match", "*");
                using var response = await clients[i % 2].SendAsync(request);
                ((int)response.StatusCode).ShouldBeOneOf(200, 409, 412);
            }));
        }

        (await clients[0].GetAsync(path[..^"/agreements".Length], 200)).GetProperty("status").GetString().ShouldBe("agreed");
        await app.DrainOutboxAsync();
        // Its fund does not exist: Commissioning holds it, once.
        (await clients[0].GetAsync("/v1/commissioning/unposted-settlements", 200)).GetProperty("items").EnumerateArray()
            .Count(u => u.GetProperty("riskShareId").GetGuid() == riskShare).ShouldBe(1);
    }

    [Fact]
    public async Task Of_two_agreements_of_one_party_to_any_version_at_once_one_is_412()
    {
        var (riskShare, _) = await ActiveRiskShareAsync("N13");
        await PublishAsync("N13", 1, ("2020-07", 480), ("2020-08", 470), ("2020-09", 450));
        var client = app.ClientFor(Trust, actingUser: "name=A B; role=director");
        var settlement = (await client.PostAsync($"/v1/contracts/risk-shares/{riskShare}/settlements", new { period = "2020-Q3" }, 201))
            .GetProperty("id").GetGuid();

        (await app.TwiceAtOnceAsync("contracts.mt_doc_settlement", settlement, () => client.ChangeAsync(HttpMethod.Post,
            $"/v1/contracts/risk-shares/{riskShare}/settlements/{settlement}/agreements", null, "*"))).ShouldBe([200, 412]);
    }

    [Fact]
    public async Task Signatures_are_taken_from_each_party_and_its_named_signatory_only()
    {
        var commissioner = app.ClientFor(Commissioner, actingUser: "name=Ann Able; role=accountable officer");
        var agreement = await commissioner.PostAsync("/v1/contracts/agreements", Draft("N04"), 201);
        var path = $"/v1/contracts/agreements/{agreement.GetProperty("id").GetGuid()}";
        agreement.GetProperty("status").GetString().ShouldBe("draft");

        await app.ClientFor(Commissioner).PostAsync($"{path}/signatures", "", 400, "\"1\"");
        (await app.ClientFor(Commissioner, actingUser: "name=Some Body; role=director").PostAsync($"{path}/signatures", "", 409,
            "\"1\"")).GetProperty("code").GetString().ShouldBe("wrong-signatory");
        await app.ClientFor("demo-council", actingUser: "name=Ann Able; role=director").PostAsync($"{path}/signatures", "", 404, "\"1\"");
        await app.ClientFor("demo-council").GetAsync(path, 404);
        (await app.ClientFor("demo-operator", "operations", "name=Ann Able; role=director").PostAsync($"{path}/signatures", "", 403,
            "\"1\"")).GetProperty("code").GetString().ShouldBe("not-a-party");
        await commissioner.PostAsync($"{path}/signatures", "", 428);
        var signed = await commissioner.PostAsync($"{path}/signatures", "", 200, "\"1\"");
        signed.GetProperty("status").GetString().ShouldBe("draft");
        (await commissioner.PostAsync($"{path}/signatures", "", 409, "\"2\"")).GetProperty("code").GetString().ShouldBe("already-signed");
        var trust = app.ClientFor(Trust, actingUser: "name=Bob Best; role=chief executive");
        (await trust.PostAsync($"{path}/signatures", "", 200, "\"2\"")).GetProperty("status").GetString().ShouldBe("active");
        (await app.ClientFor("demo-operator", "operations").GetAsync(path,
            200)).GetProperty("parties")[1].GetProperty("signature").GetProperty("name").GetString().ShouldBe("Bob Best");
        (await app.ClientFor("demo-council").GetAsync("/v1/contracts/agreements", 200)).GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task An_agreement_that_begins_later_is_agreed_until_its_first_day_and_ends_after_its_last()
    {
        var first = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).AddDays(40);
        var last = first.AddYears(1);
        var id = (await SignedAgreementAsync("N05", $"{first:yyyy-MM-dd}", $"{last:yyyy-MM-dd}")).GetProperty("id").GetGuid();
        var calendar = app.Services.GetRequiredService<AgreementCalendar>();
        try
        {
            (await StatusAtAsync(LondonTime.StartOf(first).AddMinutes(-1))).ShouldBe("agreed");
            (await StatusAtAsync(LondonTime.StartOf(first))).ShouldBe("active");
            (await StatusAtAsync(LondonTime.StartOf(last.AddDays(1)).AddMinutes(-1))).ShouldBe("active");
            (await StatusAtAsync(LondonTime.StartOf(last.AddDays(1)))).ShouldBe("ended");
        }
        finally
        {
            app.Clock.SetTo(TimeProvider.System.GetUtcNow());
        }

        async Task<string> StatusAtAsync(DateTimeOffset now)
        {
            app.Clock.SetTo(now);
            await calendar.AdvanceAsync(default);
            return await app.ScalarAsync<string>("SELECT status FROM contracts.mt_doc_agreement WHERE id = $1", id);
        }
    }

    [Fact]
    public async Task Terms_added_after_signature_bind_when_every_party_has_accepted_them()
    {
        var agreement = await SignedAgreementAsync("N06", "2020-04-01", "2049-03-31");
        agreement.GetProperty("status").GetString().ShouldBe("active");
        var trust = app.ClientFor(Trust, actingUser: "name=Bob Best; role=chief executive");
        var commissioner = app.ClientFor(Commissioner, actingUser: "name=Ann Able; role=accountable officer");
        var added = await trust.PostAsync("/v1/contracts/risk-shares", RiskShareBody(agreement.GetProperty("id").GetGuid()), 201);
        var path = $"/v1/contracts/risk-shares/{added.GetProperty("id").GetGuid()}";
        (await trust.PostAsync($"{path}/settlements", new { period = "2020-Q3" }, 409)).GetProperty("code").GetString().ShouldBe("risk-share-not-in-force");
        await trust.PostAsync($"{path}/acceptances", "", 200, "\"1\"");
        (await trust.PostAsync($"{path}/acceptances", "", 409, "\"2\"")).GetProperty("code").GetString().ShouldBe("already-signed");
        (await commissioner.PostAsync($"{path}/acceptances", "", 200, "\"2\"")).GetProperty("status").GetString().ShouldBe("agreed");
        (await trust.PostAsync($"{path}/settlements", new { period = "2048-Q3" }, 409)).GetProperty("code").GetString().ShouldBe("settlement-too-early");
        (await trust.PostAsync($"{path}/settlements", new { period = "2019-Q3" }, 409)).GetProperty("code").GetString().ShouldBe("period-outside-agreement");
        await app.ClientFor("demo-council").GetAsync(path, 404);
    }

    [Fact]
    public async Task Meaningless_terms_are_refused_with_every_reason()
    {
        var commissioner = app.ClientFor(Commissioner);
        var agreement = (await commissioner.PostAsync("/v1/contracts/agreements", Draft("N07"), 201)).GetProperty("id").GetGuid();
        var refused = await commissioner.PostAsync("/v1/contracts/risk-shares", new
        {
            agreementId = agreement,
            title = "Odd",
            preset = "northumbria",
            terms = new
            {
                unitPrice = -1,
                marginalCost = 800.001m,
                benchmark = new { periods = new[] { new { period = "2026-Q7", activity = 1 } } },
                limits = new { cap = 0.01m, floor = 0.02m },
                threshold = new { minimumSavingsRate = 1.5m },
                shares = new object[] { new { party = "99A", gain = 0.7m, loss = -0.5m }, new { party = "RZ1", gain = 0.4m, loss = 0.5m },
                    new { party = "VOL01", gain = 0, loss = 0 } },
                fund = "BCF",
                payer = "RZ1",
            },
        }, 400);
        refused.GetProperty("code").GetString().ShouldBe("meaningless-terms");
        var pointers = refused.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("pointer").GetString()).ToList();
        foreach (var pointer in new[] { "/terms/unitPrice", "/terms/marginalCost", "/terms/benchmark/periods/0/period", "/terms/limits/floor",
            "/terms/threshold/minimumSavingsRate", "/terms/shares", "/terms/shares/0/loss", "/terms/shares/2/party", "/terms/payer" })
            pointers.ShouldContain(pointer);
        (await commissioner.PostAsync("/v1/contracts/risk-shares", "{\"agreementId\":\"" + agreement + "\",\"title\":\"x\",\"terms\":{\"unitPrice\":\"12\"}}",
            400)).GetProperty("code").GetString().ShouldBe("malformed-json");
        await commissioner.PostAsync("/v1/contracts/risk-shares", new { agreementId = Guid.CreateVersion7(), title = "x", terms = new { } }, 400);
        (await commissioner.PostAsync("/v1/contracts/risk-shares", new { agreementId = agreement, title = "x", preset = "nosuch", terms = (object?)null },
            400)).GetProperty("errors").GetArrayLength().ShouldBe(2);
    }

    [Fact]
    public async Task Drafts_with_faults_or_unknown_parties_are_refused()
    {
        var commissioner = app.ClientFor(Commissioner);
        var faults = await commissioner.PostAsync("/v1/contracts/agreements",
            new { title = "a\0b", form = "x", parties = new object?[] { null, new { organisation = "99A" } }, from = "2020-04-01", to = "2019-04-01" }, 400);
        faults.GetProperty("errors").GetArrayLength().ShouldBeGreaterThanOrEqualTo(8);
        var unknown = Draft("N08") with
        {
            parties = [new("99A", "commissioner", new("Ann Able", "officer")),
            new("RXX", "provider", new("Bob Best", "officer"))]
        };
        var refused = await commissioner.PostAsync("/v1/contracts/agreements", unknown, 409);
        refused.GetProperty("code").GetString().ShouldBe("unknown-organisation");
        refused.GetProperty("detail").GetString()!.ShouldContain("RXX");
        (await app.ClientFor("demo-council").PostAsync("/v1/contracts/agreements", Draft("N08"), 403)).GetProperty("code").GetString().ShouldBe("not-a-party");
    }

    [Fact]
    public async Task Presets_are_listed_with_their_source() =>
        (await app.ClientFor(Trust).GetAsync("/v1/contracts/risk-share-presets", 200)).GetProperty("items").EnumerateArray()
            .Single(p => p.GetProperty("code").GetString() == "northumbria").GetProperty("source").GetString()!.ShouldContain("Northumbria");

    private async Task<(Guid RiskShare, Guid Agreement)> ActiveRiskShareAsync(string system)
    {
        var commissioner = app.ClientFor(Commissioner, actingUser: "name=Ann Able; role=accountable officer");
        var agreement = (await commissioner.PostAsync("/v1/contracts/agreements", Draft(system), 201)).GetProperty("id").GetGuid();
        var riskShare = await commissioner.PostAsync("/v1/contracts/risk-shares", RiskShareBody(agreement), 201);
        riskShare.GetProperty("terms").GetProperty("measure").GetProperty("area").GetString().ShouldBe(system);
        // Who has read the draft before the terms came signs nothing unseen.
        await commissioner.PostAsync($"/v1/contracts/agreements/{agreement}/signatures", "", 412, "\"1\"");
        await commissioner.PostAsync($"/v1/contracts/agreements/{agreement}/signatures", "", 200, "\"2\"");
        await app.ClientFor(Trust, actingUser: "name=Bob Best; role=chief executive").PostAsync($"/v1/contracts/agreements/{agreement}/signatures", "", 200,
            "\"3\"");
        var id = riskShare.GetProperty("id").GetGuid();
        (await commissioner.GetAsync($"/v1/contracts/risk-shares/{id}", 200)).GetProperty("status").GetString().ShouldBe("agreed");
        return (id, agreement);
    }

    private async Task<JsonElement> SignedAgreementAsync(string system, string from, string to)
    {
        var commissioner = app.ClientFor(Commissioner, actingUser: "name=Ann Able; role=accountable officer");
        var agreement = (await commissioner.PostAsync("/v1/contracts/agreements", Draft(system) with { from = from, to = to },
            201)).GetProperty("id").GetGuid();
        await commissioner.PostAsync($"/v1/contracts/agreements/{agreement}/signatures", "", 200, "\"1\"");
        return await app.ClientFor(Trust, actingUser: "name=Bob Best; role=chief executive").PostAsync($"/v1/contracts/agreements/{agreement}/signatures", "",
            200, "\"2\"");
    }

    private async Task PublishAsync(string system, int version, params (string Period, double Count)[] values)
    {
        var published = values.Select(v =>
            new PublishedValue(Guid.CreateVersion7(), "emergency_admissions", 1, "system", system, v.Period, version, v.Count, null, v.Count, null, null,
            "final",
            new DateTimeOffset(2026, 11, 1, 8, 0, 0, TimeSpan.Zero).AddDays(version))).ToList();
        if (version == 1)
            await app.PublishAsync(new ValuesPublished(Guid.CreateVersion7(), published));
        else
            await app.PublishAsync(new ValuesRestated(published));
        await app.DrainOutboxAsync();
    }

    private static object RiskShareBody(Guid agreement) => new
    {
        agreementId = agreement,
        title = "Emergency admissions",
        preset = "northumbria",
        terms = new
        {
            benchmark = new { perQuarter = 1500 },
            unitPrice = 2000.00m,
            marginalCost = 800.00m,
            shares = new[] { new { party = "99A", gain = 0.6m, loss = 0.5m }, new { party = "RZ1", gain = 0.4m, loss = 0.5m } },
            fund = "NOFUND",
        },
    };

    private static AgreementBody Draft(string system) => new("Non-elective care", "risk-share", "bilateral",
        [new("99A", "commissioner", new("Ann Able", "accountable officer")), new("RZ1", "provider", new("Bob Best", "chief executive"))],
        "2020-04-01", "2049-03-31", ["emergency admissions"], system);

#pragma warning disable IDE1006 // JSON members
    private sealed record AgreementBody(string title, string form, string structure, PartyBody[] parties, string from, string to, string[] services,
        string system);

    private sealed record PartyBody(string organisation, string role, SignatoryBody signatory);

    private sealed record SignatoryBody(string name, string role);
#pragma warning restore IDE1006

    private static decimal Transfer(JsonElement settlement, string party) =>
        settlement.GetProperty("statement").GetProperty("transfers").EnumerateArray().Single(t =>
            t.GetProperty("party").GetString() == party).GetProperty("amount").GetDecimal();

    private static decimal Posting(JsonElement settlement, string party) =>
        settlement.GetProperty("postings").EnumerateArray().Single(t => t.GetProperty("party").GetString() == party).GetProperty("amount").GetDecimal();
}
