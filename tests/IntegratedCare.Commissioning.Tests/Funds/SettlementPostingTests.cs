using IntegratedCare.Testing;

namespace IntegratedCare.Commissioning.Tests.Funds;

/// <summary>Which fund an agreed settlement is posted to, and what holds it.</summary>
public sealed class SettlementPostingTests(TestApp app) : FundScene(app)
{
    /// <summary>A code proves nothing: whoever creates a fund of the code that terms name would else take what is others'.</summary>
    [Fact]
    public async Task A_settlement_is_held_in_sight_until_every_party_has_claimed_the_same_fund()
    {
        var early = Agreed(null, "S2", "2026-Q3", 1, ("RZ1", 0.01m), ("99A", -0.01m)) with { Fund = "F2" };
        await PublishAsync(early, early,
            early with { SettlementId = Guid.CreateVersion7(), Period = "2026-Q4", Postings = [new("RZ1", 0m, 1), new("99A", 0m, 2)] });
        var trust = App.ClientFor("demo-acute-trust");
        (await HeldAsync(trust, "F2")).Count.ShouldBe(2);
        (await App.ClientFor("demo-council").GetAsync("/v1/commissioning/unposted-settlements", 200)).GetProperty("items").GetArrayLength().ShouldBe(0);

        // A stranger's fund of that code, with all parties among its partners, gets nothing; nor does the right one yet.
        var operators = App.ClientFor("demo-operator", "operations");
        var council = App.ClientFor("demo-council", "operations");
        var captured = Path(await operators.PostAsync("/v1/commissioning/funds", FundBody("F2", "S2", "RZ1", "99A") with { host = "E06000991" }, 201));
        var fund = await CreateFundAsync("F2", "S2");
        (await HeldAsync(trust, "F2")).Count.ShouldBe(2);
        var claim = new { riskShareId = early.RiskShareId };
        (await council.PostAsync($"{captured}/claims", claim, 200)).GetProperty("waiting").GetInt32().ShouldBe(2);
        (await trust.PostAsync($"{captured}/claims", claim, 200)).GetProperty("waiting").GetInt32().ShouldBe(2);
        var commissioner = App.ClientFor("demo-commissioner");
        (await commissioner.PostAsync($"{fund}/claims", claim, 200)).GetProperty("waiting").GetInt32().ShouldBe(2);
        (await council.GetAsync($"{captured}/ledger", 200)).GetProperty("items").GetArrayLength().ShouldBe(0);

        // The trust says what the commissioner says: now it is posted, and stays where it is.
        (await trust.PostAsync($"{fund}/claims", claim, 200)).GetProperty("waiting").GetInt32().ShouldBe(0);
        (await trust.PostAsync($"{fund}/claims", claim, 200)).GetProperty("waiting").GetInt32().ShouldBe(0);
        (await HeldAsync(trust, "F2")).ShouldBeEmpty();
        var journals = (await trust.GetAsync($"{fund}/ledger", 200)).GetProperty("items").EnumerateArray().ToList();
        journals.Count.ShouldBe(2);
        // A settlement without transfers is on record, with nothing to move.
        journals.ShouldContain(j => j.GetProperty("entries").GetArrayLength() == 0);
        (await trust.GetAsync(fund, 200)).GetProperty("balance").GetDecimal().ShouldBe(0);
        (await trust.PostAsync($"{captured}/claims", claim, 409)).GetProperty("code").GetString().ShouldBe("claim-used");
        await PublishAsync(early with { SettlementId = Guid.CreateVersion7(), Version = 2 });
        (await trust.GetAsync($"{fund}/ledger", 200)).GetProperty("items").GetArrayLength().ShouldBe(3);
    }

    [Fact]
    public async Task The_operator_claims_a_fund_for_parties_and_a_stranger_claims_none()
    {
        var fund = await CreateFundAsync("F11", "S11", "RZ1");
        var settlement = Agreed(null, "S11", "2026-Q3", 1, ("RZ1", 5m), ("99A", -5m));
        await PublishAsync(settlement);
        var claim = new { riskShareId = settlement.RiskShareId };
        await App.ClientFor("demo-council", "operations").PostAsync($"{fund}/claims", claim, 404);
        await App.ClientFor("demo-commissioner").PostAsync($"{fund}/claims", new { }, 400);
        (await App.ClientFor("demo-operator", "operations").PostAsync($"{fund}/claims", claim, 200)).GetProperty("waiting").GetInt32().ShouldBe(0);
        (await App.ClientFor("demo-acute-trust").GetAsync($"{fund}/ledger", 200)).GetProperty("items").GetArrayLength().ShouldBe(1);

        // What is posted stays the one fund's, whoever claims another.
        var other = await CreateFundAsync("F11b", "S11", "RZ1");
        foreach (var client in new[] { App.ClientFor("demo-operator", "operations"), App.ClientFor("demo-acute-trust") })
            (await client.PostAsync($"{other}/claims", claim, 409)).GetProperty("code").GetString().ShouldBe("claim-used");
        await PublishAsync(settlement with { SettlementId = Guid.CreateVersion7(), Version = 2 });
        (await App.ClientFor("demo-acute-trust").GetAsync($"{fund}/ledger", 200)).GetProperty("items").GetArrayLength().ShouldBe(2);
    }

    [Fact]
    public async Task Claims_and_settlements_that_meet_at_once_leave_nothing_behind()
    {
        var fund = await CreateFundAsync("RACE", "S3");
        for (var i = 0; i < 10; i++)
        {
            var settlement = Agreed(null, "S3", "2026-Q3", 1, ("RZ1", 5m), ("99A", -5m));
            var claim = new { riskShareId = settlement.RiskShareId };
            await Task.WhenAll(
                PublishAsync(settlement),
                App.ClientFor("demo-commissioner").PostAsync($"{fund}/claims", claim, 200),
                App.ClientFor("demo-acute-trust").PostAsync($"{fund}/claims", claim, 200));
            (await App.ScalarAsync<long>("SELECT count(*) FROM commissioning.journal WHERE reference = $1", $"{settlement.RiskShareId}:2026-Q3:1")).ShouldBe(1);
            (await App.ScalarAsync<long>("SELECT count(*) FROM commissioning.mt_doc_unposted_settlement WHERE id = $1", settlement.SettlementId)).ShouldBe(0);
        }
    }

    [Fact]
    public async Task A_settlement_whose_parties_have_no_part_in_the_fund_is_held_with_the_reason()
    {
        var fund = await CreateFundAsync("F9", "S9", "E06000991");
        await PublishAsync(Agreed(fund, "S9", "2026-Q3", 1, ("RZ1", 5m), ("RZ3", -5m)));
        (await App.ClientFor("demo-commissioner").GetAsync($"{fund}/ledger", 200)).GetProperty("items").GetArrayLength().ShouldBe(0);
        (await HeldAsync(App.ClientFor("demo-acute-trust"), "F-S9")).Single().GetProperty("reason").GetString()
            .ShouldBe("Not every party to the settlement is a partner of the fund.");
    }

    [Fact]
    public async Task A_settlement_held_for_a_missing_partner_is_posted_when_the_fund_takes_it_in()
    {
        var fund = await CreateFundAsync("F10", "S10", "E06000991");
        await PublishAsync(
            Agreed(fund, "S10", "2026-Q3", 1, ("RZ1", 5m), ("99A", -5m)),
            Agreed(fund, "S10", "2026-Q4", 1, ("RZ1", 7m), ("RZ3", -7m)));
        var host = App.ClientFor("demo-commissioner", "commissioning");
        var path = $"{fund}/partners";
        await host.PostAsync(path, new { organisation = "RZ1" }, 428);
        await host.PostAsync(path, new { organisation = "RZ1" }, 412, "\"7\"");
        (await host.PostAsync(path, new { organisation = "R Z" }, 400, "\"1\"")).GetProperty("errors")[0].GetProperty("pointer").GetString()
            .ShouldBe("/organisation");
        (await host.PostAsync(path, new { organisation = "RXX" }, 409, "\"1\"")).GetProperty("code").GetString().ShouldBe("unknown-partner");
        // A partner that is not the host invites nobody, and a stranger does not know the fund.
        await App.ClientFor("demo-council", "operations").PostAsync(path, new { organisation = "RZ1" }, 403, "\"1\"");
        await App.ClientFor("demo-council-2", "operations").PostAsync(path, new { organisation = "E08000992" }, 404, "\"1\"");

        await host.PostAsync(path, new { organisation = "RZ1" }, 200, "\"1\"");
        var view = await App.ClientFor("demo-acute-trust").PostAsync($"{fund}/acceptances", new { organisation = "RZ1" }, 200, "\"2\"");
        view.GetProperty("partners").EnumerateArray().Single(p => p.GetProperty("organisation").GetString() == "RZ1").GetProperty("received").GetDecimal()
            .ShouldBe(5m);
        (await App.ClientFor("demo-acute-trust").GetAsync($"{fund}/ledger", 200)).GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        // The other settlement has a party that is still none; and who is a partner already is posted once.
        (await host.PostAsync(path, new { organisation = "RZ1" }, 200, "\"3\"")).GetProperty("balance").GetDecimal().ShouldBe(0m);
        (await HeldAsync(App.ClientFor("demo-acute-trust"), "F-S10")).Single().GetProperty("period").GetString().ShouldBe("2026-Q4");
        (await App.ScalarAsync<long>("SELECT count(*) FROM commissioning.journal j JOIN commissioning.mt_doc_fund f ON f.id = j.fund_id WHERE f.code = 'F10'"))
            .ShouldBe(1);
    }
}
