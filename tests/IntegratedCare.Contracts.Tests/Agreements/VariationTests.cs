using System.Text.Json;
using IntegratedCare.Testing;
using static IntegratedCare.Contracts.Tests.AgreementScenario;

namespace IntegratedCare.Contracts.Tests.Agreements;

public sealed class VariationTests(TestApp app) : IClassFixture<TestApp>, IAsyncLifetime
{
    private static readonly string[] Two = ["99A:commissioner", "RZ1:provider"];
    private readonly AgreementScenario _agreements = new(app);

    public async ValueTask InitializeAsync() => await _agreements.RegisterAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task New_terms_settle_from_their_day_and_old_ones_before_it()
    {
        await _agreements.PublishAsync(460, 2021);
        var (_, riskShare) = await _agreements.InForceAsync(Draft("bilateral", Two), ("99A", 0.6m, 0.5m), ("RZ1", 0.4m, 0.5m));
        var path = SharePath(riskShare);
        var (trust, commissioner) = (_agreements.As("RZ1"), _agreements.As("99A"));
        var change = new
        {
            effectiveFrom = "2021-08-01",
            reason = "Activity moved to the community",
            preset = "northumbria",
            terms = Terms(1400, ("99A", 0.5m, 0.5m), ("RZ1", 0.5m, 0.5m))
        };

        await trust.PostAsync($"{path}/variations", change, 428);
        await trust.PostAsync($"{path}/variations", change, 412, "\"999\"");
        await trust.PostAsync($"{path}/variations", new { effectiveFrom = "2021-08-02", reason = "x", terms = Terms(1, ("99A", 1, 1)) }, 400, "*");
        Code(await trust.PostAsync($"{path}/variations", new { effectiveFrom = "2019-08-01", reason = "x", change.preset, change.terms }, 409,
            "*")).ShouldBe("variation-refused");
        var proposed = await trust.PostAsync($"{path}/variations", change, 201, "*");
        proposed.GetProperty("number").GetInt32().ShouldBe(2);
        Strings(proposed.GetProperty("awaiting")).ShouldBe(["99A", "RZ1"], ignoreOrder: true);

        // Until all have accepted, the first terms settle everything. 1,380 of 1,500: 240,000, capped at 150,000.
        var third = await trust.PostAsync($"{path}/settlements", new { period = "2021-Q3" }, 201);
        third.GetProperty("statement").GetProperty("termsVersion").GetInt32().ShouldBe(1);
        Transfer(third, "RZ1").ShouldBe(60_000.00m);
        // And the period it has settled may not be cut in two.
        var cut = await trust.PostAsync($"{path}/variations/2/acceptances", "", 409, "*");
        Code(cut).ShouldBe("variation-refused");
        Detail(cut).ShouldContain("2021-Q3");

        // A later proposal takes the place of the open one.
        Code(await trust.PostAsync($"{path}/variations", change, 409, "*")).ShouldBe("variation-refused");
        var again = await trust.PostAsync($"{path}/variations", new { effectiveFrom = "2021-10-01", change.reason, change.preset, change.terms }, 201, "*");
        again.GetProperty("number").GetInt32().ShouldBe(3);
        Code(await trust.PostAsync($"{path}/variations/2/acceptances", "", 409, "*")).ShouldBe("variation-closed");

        // Only parties, each by its named signatory, each once.
        await _agreements.As("RZ3").PostAsync($"{path}/variations/3/acceptances", "", 404, "*");
        Code(await _agreements.As("OPR01", "Chief of RZ1").PostAsync($"{path}/variations/3/acceptances", "", 403, "*")).ShouldBe("not-a-party");
        Code(await _agreements.As("RZ1", "Some Body").PostAsync($"{path}/variations/3/acceptances", "", 409, "*")).ShouldBe("wrong-signatory");
        await trust.PostAsync($"{path}/variations/4/acceptances", "", 404, "*");
        await trust.PostAsync($"{path}/variations/3/acceptances", "", 200, "*");
        Code(await trust.PostAsync($"{path}/variations/3/acceptances", "", 409, "*")).ShouldBe("already-signed");
        (await commissioner.PostAsync($"{path}/variations/3/acceptances", "", 200, "*")).GetProperty("status").GetString().ShouldBe("agreed");

        // 1,380 of 1,400 in the fourth quarter: 40,000 is 1.43 % of 2.8m, below the minimum saving of 2 %.
        var fourth = await trust.PostAsync($"{path}/settlements", new { period = "2021-Q4" }, 201);
        fourth.GetProperty("statement").GetProperty("termsVersion").GetInt32().ShouldBe(3);
        Transfer(fourth, "RZ1").ShouldBe(0.00m);
        var second = await trust.PostAsync($"{path}/settlements", new { period = "2021-Q2" }, 201);
        second.GetProperty("statement").GetProperty("termsVersion").GetInt32().ShouldBe(1);
        Transfer(second, "RZ1").ShouldBe(60_000.00m);
        // The settled quarter has not moved: settled again it is the same version.
        (await trust.PostAsync($"{path}/settlements", new { period = "2021-Q3" }, 200)).GetProperty("id").GetGuid().ShouldBe(third.GetProperty("id").GetGuid());
        var year = await trust.PostAsync($"{path}/settlements", new { period = "2021/22" }, 409);
        Code(year).ShouldBe("period-straddles-terms");
        Detail(year).ShouldContain("2021-10-01");

        (await commissioner.GetAsync($"{path}/terms/1",
            200)).GetProperty("terms").GetProperty("benchmark").GetProperty("perQuarter").GetDecimal().ShouldBe(1500);
        (await commissioner.GetAsync($"{path}/terms/3",
            200)).GetProperty("terms").GetProperty("benchmark").GetProperty("perQuarter").GetDecimal().ShouldBe(1400);
        (await commissioner.GetAsync($"{path}/terms/2", 200)).GetProperty("status").GetString().ShouldBe("superseded");
        await commissioner.GetAsync($"{path}/terms/4", 404);
        await _agreements.As("RZ3").GetAsync($"{path}/terms/1", 404);
        (await commissioner.GetAsync(path, 200)).GetProperty("termsVersion").GetInt32().ShouldBe(3);
        var page = await commissioner.GetAsync($"{path}/terms?limit=2", 200);
        page.GetProperty("items").GetArrayLength().ShouldBe(2);
        (await commissioner.GetAsync($"{path}/terms?limit=2&cursor={page.GetProperty("next").GetString()}",
            200)).GetProperty("items").EnumerateArray().Single().GetProperty("number").GetInt32().ShouldBe(3);
    }

    [Fact]
    public async Task Terms_that_reach_back_correct_what_was_settled_and_keep_its_fund()
    {
        await _agreements.PublishAsync(460, 2022);
        var (_, riskShare) = await _agreements.InForceAsync(Draft("bilateral", Two), ("99A", 0.6m, 0.5m), ("RZ1", 0.4m, 0.5m));
        var path = SharePath(riskShare);
        var (trust, commissioner) = (_agreements.As("RZ1"), _agreements.As("99A"));
        var settled = await trust.PostAsync($"{path}/settlements", new { period = "2022-Q3" }, 201);
        foreach (var party in new[] { trust, commissioner })
            await party.PostAsync($"{path}/settlements/{settled.GetProperty("id").GetGuid()}/agreements", "", 200, "*");

        var otherFund = await trust.PostAsync($"{path}/variations", new
        {
            effectiveFrom = "2022-07-01",
            reason = "x",
            preset = "northumbria",
            terms = new
            {
                benchmark = new { perQuarter = 1500 },
                unitPrice = 2000,
                marginalCost = 800,
                fund = "OTHER",
                shares = new[] { new { party = "99A", gain = 0.5m, loss = 0.5m }, new { party = "RZ1", gain = 0.5m, loss = 0.5m } }
            },
        }, 409, "*");
        Code(otherFund).ShouldBe("variation-refused");
        await trust.PostAsync($"{path}/variations",
            new
            {
                effectiveFrom = "2022-07-01",
                reason = "Shared in halves",
                preset = "northumbria",
                terms = Terms(1500, ("99A", 0.5m, 0.5m), ("RZ1", 0.5m, 0.5m))
            }, 201, "*");
        foreach (var party in new[] { trust, commissioner })
            await party.PostAsync($"{path}/variations/2/acceptances", "", 200, "*");
        var corrected = await trust.PostAsync($"{path}/settlements", new { period = "2022-Q3" }, 201);
        corrected.GetProperty("correctsNumber").GetInt32().ShouldBe(1);
        Transfer(corrected, "RZ1").ShouldBe(75_000.00m);
        corrected.GetProperty("postings").EnumerateArray().Single(p =>
            p.GetProperty("party").GetString() == "RZ1").GetProperty("amount").GetDecimal().ShouldBe(15_000.00m);
    }

    [Fact]
    public async Task An_agreement_is_varied_from_the_day_its_variation_takes_effect()
    {
        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        var from = today.AddDays(10);
        var id = await _agreements.SignedAsync(Draft("bilateral", Two));
        var path = Path(id);
        var (trust, commissioner) = (_agreements.As("RZ1"), _agreements.As("99A"));
        (await trust.GetAsync($"{path}/terms/1", 200)).GetProperty("inForce").GetBoolean().ShouldBeTrue();

        await trust.PostAsync($"{path}/variations", new { effectiveFrom = from, reason = "Nothing" }, 400, "*");
        Code(await trust.PostAsync($"{path}/variations", new { effectiveFrom = from, reason = "x", to = today }, 409, "*")).ShouldBe("variation-refused");
        Code(await trust.PostAsync($"{path}/variations",
            new { effectiveFrom = from, reason = "x", signatories = new[] { new { organisation = "RZ3", signatory = new { name = "A", role = "b" } } } }, 409,
            "*")).ShouldBe("variation-refused");
        await _agreements.As("RZ3").PostAsync($"{path}/variations", new { effectiveFrom = from, reason = "x", title = "Mine" }, 404, "*");
        var proposed = await trust.PostAsync($"{path}/variations", new
        {
            effectiveFrom = from,
            reason = "Wider, and a new chief",
            title = "Wider care",
            services = new[] { "emergency admissions", "frailty" },
            to = "2051-03-31",
            signatories = new[] { new { organisation = "RZ1", signatory = new { name = "New Chief", role = "chief executive" } } },
        }, 201, "*");
        proposed.GetProperty("number").GetInt32().ShouldBe(2);

        Code(await _agreements.As("RZ1", "Some Body").PostAsync($"{path}/variations/2/signatures", "", 409, "*")).ShouldBe("wrong-signatory");
        Code(await _agreements.As("99A", "New Chief").PostAsync($"{path}/variations/2/signatures", "", 409, "*")).ShouldBe("wrong-signatory");
        // The successor whom the variation names signs for the party that is losing its signatory.
        await _agreements.As("RZ1", "New Chief").PostAsync($"{path}/variations/2/signatures", "", 200, "*");
        Code(await trust.PostAsync($"{path}/variations/2/signatures", "", 409, "*")).ShouldBe("already-signed");
        await trust.PostAsync($"{path}/variations/1/signatures", "", 404, "*");
        var signed = await commissioner.PostAsync($"{path}/variations/2/signatures", "", 200, "*");
        (signed.GetProperty("status").GetString(), signed.GetProperty("inForce").GetBoolean()).ShouldBe(("agreed", false));
        (await trust.GetAsync(path, 200)).GetProperty("title").GetString().ShouldBe("bilateral of 2");

        try
        {
            await _agreements.GoToAsync(from.AddDays(-1));
            (await trust.GetAsync(path, 200)).GetProperty("status").GetString().ShouldBe("active");
            await _agreements.GoToAsync(from);
            var varied = await trust.GetAsync(path, 200);
            varied.GetProperty("status").GetString().ShouldBe("varied");
            (varied.GetProperty("title").GetString(), varied.GetProperty("to").GetString(),
                varied.GetProperty("termsVersion").GetInt32()).ShouldBe(("Wider care", "2051-03-31", 2));
            Strings(varied.GetProperty("services")).ShouldBe(["emergency admissions", "frailty"]);
            varied.GetProperty("parties").EnumerateArray().Single(p =>
                p.GetProperty("organisation").GetString() == "RZ1").GetProperty("signatory").GetProperty("name").GetString().ShouldBe("New Chief");

            var first = await trust.GetAsync($"{path}/terms/1", 200);
            (first.GetProperty("title").GetString(), first.GetProperty("to").GetString(),
                first.GetProperty("inForce").GetBoolean()).ShouldBe(("bilateral of 2", "2049-03-31", false));
            (await trust.GetAsync($"{path}/terms", 200)).GetProperty("items").GetArrayLength().ShouldBe(2);

            // A varied agreement is in force: it takes risk-shares, and may be varied again and ended sooner.
            await trust.PostAsync($"{path}/variations", new { effectiveFrom = from, reason = "Shorter", to = from.AddDays(20) }, 201, "*");
            await commissioner.PostAsync($"{path}/variations/3/signatures", "", 200, "*");
            Code(await trust.PostAsync($"{path}/variations/3/signatures", "", 409, "*")).ShouldBe("wrong-signatory");
            await _agreements.As("RZ1", "New Chief").PostAsync($"{path}/variations/3/signatures", "", 200, "*");
            await _agreements.GoToAsync(from.AddDays(21));
            (await trust.GetAsync(path, 200)).GetProperty("status").GetString().ShouldBe("ended");
            Code(await trust.PostAsync($"{path}/variations", new { effectiveFrom = from, reason = "Too late", title = "x" }, 409,
                "*")).ShouldBe("agreement-closed");
        }
        finally
        {
            _agreements.BackToNow();
        }
    }

    [Fact]
    public async Task A_draft_is_not_varied_and_a_proposal_replays_under_its_key()
    {
        var id = await _agreements.CreateAsync(Draft("bilateral", Two));
        Code(await _agreements.As("RZ1").PostAsync($"{Path(id)}/variations", new { effectiveFrom = "2026-01-01", reason = "x", title = "y" }, 409,
            "*")).ShouldBe("agreement-closed");
        await _agreements.SignAsync(id);
        var client = _agreements.As("RZ1");
        client.DefaultRequestHeaders.Add("Idempotency-Key", $"vary-{id}");
        var body = new { effectiveFrom = "2026-01-01", reason = "x", title = "y" };
        var first = await client.PostAsync($"{Path(id)}/variations", body, 201, "*");
        JsonElement.DeepEquals(await client.PostAsync($"{Path(id)}/variations", body, 201, "*"), first).ShouldBeTrue();
        (await _agreements.As("RZ1").GetAsync($"{Path(id)}/terms", 200)).GetProperty("items").GetArrayLength().ShouldBe(2);
    }
}
