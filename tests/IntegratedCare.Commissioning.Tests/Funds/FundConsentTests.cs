using System.Text.Json;
using IntegratedCare.Population.Events;
using IntegratedCare.Testing;

namespace IntegratedCare.Commissioning.Tests.Funds;

/// <summary>Who takes part in a fund, and in its system, and by whose word.</summary>
public sealed class FundConsentTests(TestApp app) : FundScene(app)
{
    [Fact]
    public async Task Funds_are_seen_and_changed_by_their_partners_only()
    {
        var fund = await CreateFundAsync("F6", "S6", "RZ1");
        var council = App.ClientFor("demo-council", "operations");
        await council.GetAsync(fund, 404);
        await council.GetAsync($"{fund}/ledger", 404);
        await council.PostAsync($"{fund}/contributions", new { partner = "E06000991", year = "2026/27", amount = 5m, kind = "cash" }, 404);
        await council.GetAsync("/v1/commissioning/control-totals/S6", 404);
        await council.PostAsync("/v1/commissioning/control-totals/S6/plans", new { organisation = "E06000991", year = "2026/27", plan = 1m }, 404);
        (await council.GetAsync("/v1/commissioning/funds?code=F6", 200)).GetProperty("items").GetArrayLength().ShouldBe(0);
        await App.ClientFor("demo-operator", "operations").GetAsync(fund, 200);
        (await App.ClientFor("demo-acute-trust").GetAsync("/v1/commissioning/funds?code=F6", 200)).GetProperty("items").GetArrayLength().ShouldBe(1);
        var commissioner = App.ClientFor("demo-commissioner");
        (await commissioner.PostAsync($"{fund}/contributions", new { partner = "E06000991", year = "2026/27", amount = 5m, kind = "cash" }, 409))
            .GetProperty("code").GetString().ShouldBe("not-a-partner");
        (await commissioner.PostAsync($"{fund}/contributions", new { partner = "99A", year = "2025/26", amount = 5m, kind = "cash" }, 409)).GetProperty("code")
            .GetString().ShouldBe("before-fund-began");
        (await commissioner.PostAsync($"{fund}/contributions", new { partner = "9 9", year = "2026/28", amount = 5.001m, kind = "gold" }, 400))
            .GetProperty("errors").GetArrayLength().ShouldBe(4);
        await council.PostAsync("/v1/commissioning/funds", FundBody("F6b", "S6", "99A"), 403);
        await commissioner.PostAsync("/v1/commissioning/funds", FundBody("F6", "S6", "RZ1"), 409);
        (await commissioner.PostAsync("/v1/commissioning/funds", FundBody("F6c", "S6", "RXX"), 409)).GetProperty("code").GetString()
            .ShouldBe("unknown-partner");
        (await commissioner.PostAsync("/v1/commissioning/funds", new { code = "a b", partners = new string?[] { null } }, 400)).GetProperty("errors")
            .GetArrayLength().ShouldBeGreaterThanOrEqualTo(7);
    }

    /// <summary>A fund of one's own gives nothing in its system, neither figures nor plans, until who plans for that has confirmed it.</summary>
    [Fact]
    public async Task Nobody_lets_themselves_into_a_system_by_a_fund_of_their_own()
    {
        await CreateFundAsync("F8", "S8", "RZ1");
        var council = App.ClientFor("demo-council", "operations");
        var operators = App.ClientFor("demo-operator", "operations");
        var own = FundBody("F8b", "S8", "E06000991") with { host = "E06000991" };
        var proposed = await council.PostAsync("/v1/commissioning/funds", own, 201);
        proposed.GetProperty("confirmedBy").ValueKind.ShouldBe(JsonValueKind.Null);
        var fund = Path(proposed);
        var plans = "/v1/commissioning/control-totals/S8/plans";
        await council.GetAsync("/v1/commissioning/control-totals/S8", 404);
        await council.PostAsync(plans, new { organisation = "E06000991", year = "2026/27", plan = 1m }, 404);
        await council.PostAsync(plans, new { organisation = "RZ1", year = "2026/27", plan = 1m }, 404);
        (await council.PostAsync($"{fund}/contributions", new { partner = "E06000991", year = "2026/27", amount = 5m, kind = "cash" }, 409))
            .GetProperty("code").GetString().ShouldBe("fund-not-confirmed");
        await PublishAsync(Agreed(fund, "S8", "2026-Q3", 1, ("E06000991", 0m)));
        (await HeldAsync(council, "F-S8")).Single().GetProperty("reason").GetString().ShouldBe("The fund is proposed, and not confirmed for its system yet.");
        await council.PostAsync($"{fund}/confirmation", "", 403, "\"1\"");
        await council.PostAsync("/v1/commissioning/control-totals/S8/planners", new { organisation = "E06000991" }, 403);

        // The commissioner plans for the system by the operator's word, sees what is proposed, and confirms it.
        var commissioner = App.ClientFor("demo-commissioner");
        await commissioner.PostAsync($"{fund}/confirmation", "", 404, "\"1\"");
        var role = await operators.PostAsync("/v1/commissioning/control-totals/S8/planners", new { organisation = "99A" }, 201);
        await operators.PostAsync("/v1/commissioning/control-totals/S8/planners", new { organisation = "99A" }, 200);
        (await commissioner.GetAsync("/v1/commissioning/funds?code=F8b", 200)).GetProperty("items").GetArrayLength().ShouldBe(1);
        (await commissioner.PostAsync($"{fund}/confirmation", "", 200, "\"1\"")).GetProperty("confirmedBy").GetString().ShouldBe("99A");
        (await council.GetAsync($"{fund}/ledger", 200)).GetProperty("items").GetArrayLength().ShouldBe(1);

        // Now the council is a member, and records its own plan; as the host of a fund it records no other's.
        (await council.GetAsync("/v1/commissioning/control-totals/S8", 200)).GetProperty("planners")[0].GetProperty("organisation").GetString().ShouldBe("99A");
        await council.PostAsync(plans, new { organisation = "E06000991", year = "2026/27", plan = 1m }, 201);
        await council.PostAsync(plans, new { organisation = "RZ1", year = "2026/27", plan = 1m }, 403);
        await commissioner.PostAsync(plans, new { organisation = "RZ1", year = "2026/27", plan = 1m }, 201);

        var path = $"/v1/commissioning/control-totals/S8/planners/{role.GetProperty("id").GetGuid()}";
        (await operators.ChangeAsync(HttpMethod.Delete, path, null, "\"1\"")).ShouldBe(204);
        await commissioner.PostAsync(plans, new { organisation = "E06000991", year = "2027/28", plan = 1m }, 403);
    }

    /// <summary>A partner's name needs its word: until then it is no partner, owes nothing and sees the proposal alone.</summary>
    [Fact]
    public async Task Nobody_is_made_a_partner_without_their_word()
    {
        var host = App.ClientFor("demo-commissioner");
        var fund = Path(await host.PostAsync("/v1/commissioning/funds", FundBody("F12", "S12", "RZ1", "E06000991"), 201));
        var operators = App.ClientFor("demo-operator", "operations");
        await operators.PostAsync($"{fund}/confirmation", "", 200, "\"1\"");
        await host.PostAsync($"{fund}/contributions", new { partner = "RZ1", year = "2026/27", amount = 5m, kind = "cash" }, 409);
        var trust = App.ClientFor("demo-acute-trust");
        (await trust.GetAsync(fund, 200)).GetProperty("invited").GetArrayLength().ShouldBe(2);
        await trust.GetAsync($"{fund}/ledger", 404);
        await trust.GetAsync("/v1/commissioning/control-totals/S12", 404);
        await host.PostAsync($"{fund}/acceptances", new { organisation = "RZ1" }, 403, "\"2\"");
        await App.ClientFor("demo-council", "operations").PostAsync($"{fund}/acceptances", new { organisation = "RZ1" }, 403, "\"2\"");
        await App.ClientFor("demo-council-2", "operations").PostAsync($"{fund}/acceptances", new { organisation = "E08000992" }, 404, "\"2\"");
        (await trust.PostAsync($"{fund}/acceptances", new { organisation = "RZ1" }, 200, "\"2\"")).GetProperty("partners").GetArrayLength().ShouldBe(2);
        await trust.PostAsync($"{fund}/acceptances", new { organisation = "RZ1" }, 200, "\"3\"");
        await trust.GetAsync("/v1/commissioning/control-totals/S12", 200);
        await host.PostAsync($"{fund}/contributions", new { partner = "RZ1", year = "2026/27", amount = 5m, kind = "cash" }, 201);
        (await operators.PostAsync($"{fund}/acceptances", new { organisation = "RZ3" }, 409, "\"3\"")).GetProperty("code").GetString().ShouldBe("not-invited");
    }

    /// <summary>Or the host of a confirmed fund would let whom it likes read the system's figures.</summary>
    [Fact]
    public async Task A_partner_that_the_host_adds_later_is_a_member_of_the_system_once_the_fund_is_confirmed_again()
    {
        var fund = await CreateFundAsync("F13", "S13", "RZ1");
        var host = App.ClientFor("demo-commissioner");
        var council = App.ClientFor("demo-council", "operations");
        await host.PostAsync($"{fund}/partners", new { organisation = "E06000991" }, 200, "\"1\"");
        await council.PostAsync($"{fund}/acceptances", new { organisation = "E06000991" }, 200, "\"2\"");
        await council.GetAsync($"{fund}/ledger", 200);
        await council.GetAsync("/v1/commissioning/control-totals/S13", 404);
        await council.PostAsync("/v1/commissioning/control-totals/S13/plans", new { organisation = "E06000991", year = "2026/27", plan = 1m }, 404);
        await host.PostAsync($"{fund}/confirmation", "", 403, "\"3\"");
        // By the operator's word a partner is one at once, and a member with it; nobody else comes with it.
        await PublishAsync(new OrganisationChanged("RZ2", "Mental Health Trust", "mental-health-trust", null, null, null, null, 1));
        await App.ClientFor("demo-operator", "operations").PostAsync($"{fund}/partners", new { organisation = "RZ2" }, 200, "\"3\"");
        await App.ClientFor("demo-mental-health-trust").GetAsync("/v1/commissioning/control-totals/S13", 200);
        await council.GetAsync("/v1/commissioning/control-totals/S13", 404);
        await App.ClientFor("demo-operator", "operations").PostAsync($"{fund}/confirmation", "", 200, "\"4\"");
        await council.GetAsync("/v1/commissioning/control-totals/S13", 200);
    }
}
