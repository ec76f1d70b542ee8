using System.Net.Http.Json;
using System.Text.Json;
using IntegratedCare.Contracts.Events;
using IntegratedCare.Population.Events;
using IntegratedCare.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace IntegratedCare.Commissioning.Tests.Funds;

/// <summary>The fund step over HTTP, with agreed settlements fed in as events.</summary>
public class FundFlowTests(TestApp app) : IClassFixture<TestApp>, IAsyncLifetime
{
    public async ValueTask InitializeAsync()
    {
        await PublishAsync(
            new OrganisationChanged("RZ1", "Northern Trust", "acute-trust", null, null, null, null, 1),
            new OrganisationChanged("99A", "Northern Commissioner", "commissioner", null, null, null, null, 1),
            new OrganisationChanged("E06000991", "Northern Council", "local-authority", null, null, null, null, 1));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Of_many_equal_requests_at_once_one_posts_and_the_others_find_it_posted()
    {
        var fund = await CreateFundAsync("F32", "S32");
        using var commissioner = app.ClientFor("demo-commissioner", "commissioning");
        using var op = app.ClientFor("demo-operator", "operations");
        int[] expected = [.. Enumerable.Repeat(200, 31), 201];
        (await TestApp.ManyAtOnceAsync(32, () => commissioner.PostAsJsonAsync($"{fund}/contributions",
            new { partner = "99A", year = "2026/27", amount = 10.10m, kind = "cash", reference = "once" }))).ShouldBe(expected);
        (await TestApp.ManyAtOnceAsync(32, () => op.PostAsJsonAsync("/v1/commissioning/control-totals/S32/planners", new { organisation = "99A" })))
            .ShouldBe(expected);
        (await TestApp.ManyAtOnceAsync(32, () => commissioner.PostAsJsonAsync("/v1/commissioning/control-totals/S32/plans",
            new { organisation = "99A", year = "2026/27", plan = 5 }))).ShouldBe(expected);
    }

    [Fact]
    public async Task Contributions_and_an_agreed_settlement_balance_in_the_ledger_and_the_control_total()
    {
        var fund = await CreateFundAsync("F1", "S1");
        var commissioner = app.ClientFor("demo-commissioner");
        var council = app.ClientFor("demo-council", "operations");
        await commissioner.PostAsync($"{fund}/contributions",
            new { partner = "99A", year = "2026/27", amount = 1_000_000.00m, kind = "cash", reference = "cq1" }, 201);
        // The council's own client, and the host for the trust; repeated, it changes nothing.
        await council.PostAsync($"{fund}/contributions", new { partner = "E06000991", year = "2026/27", amount = 250_000.50m, kind = "in-kind" }, 201);
        await commissioner.PostAsync($"{fund}/contributions", new { partner = "RZ1", year = "2026/27", amount = 10.10m, kind = "cash" }, 201);
        await commissioner.PostAsync($"{fund}/contributions",
            new { partner = "99A", year = "2026/27", amount = 1_000_000.00m, kind = "cash", reference = "cq1" }, 200);
        (await commissioner.PostAsync($"{fund}/contributions", new { partner = "99A", year = "2026/27", amount = 1.00m, kind = "cash", reference = "cq1" },
            409)).GetProperty("code").GetString().ShouldBe("reference-used");

        var settlement = Agreed(fund, "S1", "2026-Q3", 1, ("RZ1", 60_000.00m), ("99A", -60_000.00m));
        await PublishAsync(settlement);
        await PublishAsync(settlement);
        await PublishAsync(settlement with
        {
            SettlementId = Guid.CreateVersion7(),
            Version = 2,
            Postings = [new("RZ1", -4_000.00m, 17), new("99A", 4_000.00m, 18)]
        });

        var view = await commissioner.GetAsync(fund, 200);
        view.GetProperty("balance").GetDecimal().ShouldBe(1_000_010.10m);
        view.GetProperty("inKind").GetDecimal().ShouldBe(250_000.50m);
        view.GetProperty("partners").EnumerateArray().Single(p => p.GetProperty("organisation").GetString() == "RZ1").GetProperty("received").GetDecimal()
            .ShouldBe(56_000.00m);

        var ledger = await commissioner.GetAsync($"{fund}/ledger?limit=2", 200);
        var journals = ledger.GetProperty("items").EnumerateArray().ToList();
        while (ledger.GetProperty("next").ValueKind == JsonValueKind.String)
        {
            ledger = await commissioner.GetAsync($"{fund}/ledger?limit=2&cursor={ledger.GetProperty("next").GetString()}", 200);
            journals.AddRange(ledger.GetProperty("items").EnumerateArray());
        }

        journals.Count.ShouldBe(5);
        journals.ShouldAllBe(j => j.GetProperty("entries").EnumerateArray().Sum(e => e.GetProperty("amount").GetDecimal()) == 0);
        journals.Count(j => j.GetProperty("kind").GetString() == "settlement").ShouldBe(2);
        journals.Single(j => j.GetProperty("reference").GetString() == $"{settlement.RiskShareId}:2026-Q3:1").GetProperty("entries").GetArrayLength()
            .ShouldBe(4);
        ledger.GetProperty("balances").EnumerateArray().Sum(b => b.GetProperty("balance").GetDecimal()).ShouldBe(0);

        await app.ClientFor("demo-operator", "operations").PostAsync("/v1/commissioning/control-totals/S1/planners", new { organisation = "99A" }, 201);
        await commissioner.PostAsync("/v1/commissioning/control-totals/S1/plans",
            new { organisation = "RZ1", year = "2026/27", plan = -500_000m, reportedActual = -200_000m }, 201);
        await commissioner.PostAsync("/v1/commissioning/control-totals/S1/plans",
            new { organisation = "RZ1", year = "2026/27", plan = -500_000m, reportedActual = -200_000m }, 200);
        await commissioner.PostAsync("/v1/commissioning/control-totals/S1/plans",
            new { organisation = "99A", year = "2026/27", plan = 500_000m, reportedForecast = 450_000m }, 201);
        var total = await app.ClientFor("demo-acute-trust").GetAsync("/v1/commissioning/control-totals/S1?year=2026/27", 200);
        var trust = total.GetProperty("organisations").EnumerateArray().Single(o => o.GetProperty("organisation").GetString() == "RZ1");
        trust.GetProperty("figures").GetProperty("settlements").GetDecimal().ShouldBe(56_000.00m);
        trust.GetProperty("figures").GetProperty("actual").GetDecimal().ShouldBe(-144_000.00m);
        trust.GetProperty("figures").GetProperty("forecast").GetDecimal().ShouldBe(-444_000.00m);
        // Transfers sum to zero, so the system's sum moves only by what the members report: 450,000 - 500,000.
        total.GetProperty("total").GetProperty("settlements").GetDecimal().ShouldBe(0);
        total.GetProperty("total").GetProperty("forecast").GetDecimal().ShouldBe(-50_000.00m);
        total.GetProperty("meetsPlan").GetBoolean().ShouldBeFalse();
        (await app.ClientFor("demo-acute-trust").GetAsync("/v1/commissioning/control-totals/S1?year=2025/26", 200)).GetProperty("organisations")
            .GetArrayLength().ShouldBe(0);
    }

    /// <summary>A code proves nothing: whoever creates a fund of the code that terms name would else take what is others'.</summary>
    [Fact]
    public async Task A_settlement_is_held_in_sight_until_every_party_has_claimed_the_same_fund()
    {
        var early = Agreed(null, "S2", "2026-Q3", 1, ("RZ1", 0.01m), ("99A", -0.01m)) with { Fund = "F2" };
        await PublishAsync(early, early, early with { SettlementId = Guid.CreateVersion7(), Period = "2026-Q4", Postings = [new("RZ1", 0m, 1), new("99A", 0m, 2)] });
        var trust = app.ClientFor("demo-acute-trust");
        (await HeldAsync(trust, "F2")).Count.ShouldBe(2);
        (await app.ClientFor("demo-council").GetAsync("/v1/commissioning/unposted-settlements", 200)).GetProperty("items").GetArrayLength().ShouldBe(0);

        // A stranger's fund of that code, with all parties among its partners, gets nothing; nor does the right one yet.
        var operators = app.ClientFor("demo-operator", "operations");
        var council = app.ClientFor("demo-council", "operations");
        var captured = Path(await operators.PostAsync("/v1/commissioning/funds", FundBody("F2", "S2", "RZ1", "99A") with { host = "E06000991" }, 201));
        var fund = await CreateFundAsync("F2", "S2");
        (await HeldAsync(trust, "F2")).Count.ShouldBe(2);
        var claim = new { riskShareId = early.RiskShareId };
        (await council.PostAsync($"{captured}/claims", claim, 200)).GetProperty("waiting").GetInt32().ShouldBe(2);
        (await trust.PostAsync($"{captured}/claims", claim, 200)).GetProperty("waiting").GetInt32().ShouldBe(2);
        var commissioner = app.ClientFor("demo-commissioner");
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
        await app.ClientFor("demo-council", "operations").PostAsync($"{fund}/claims", claim, 404);
        await app.ClientFor("demo-commissioner").PostAsync($"{fund}/claims", new { }, 400);
        (await app.ClientFor("demo-operator", "operations").PostAsync($"{fund}/claims", claim, 200)).GetProperty("waiting").GetInt32().ShouldBe(0);
        (await app.ClientFor("demo-acute-trust").GetAsync($"{fund}/ledger", 200)).GetProperty("items").GetArrayLength().ShouldBe(1);
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
                app.ClientFor("demo-commissioner").PostAsync($"{fund}/claims", claim, 200),
                app.ClientFor("demo-acute-trust").PostAsync($"{fund}/claims", claim, 200));
            (await app.ScalarAsync<long>("SELECT count(*) FROM commissioning.journal WHERE reference = $1", $"{settlement.RiskShareId}:2026-Q3:1")).ShouldBe(1);
            (await app.ScalarAsync<long>("SELECT count(*) FROM commissioning.mt_doc_unposted_settlement WHERE id = $1", settlement.SettlementId)).ShouldBe(0);
        }
    }

    [Fact]
    public async Task Parallel_contributions_all_count_and_the_same_reference_counts_once()
    {
        var fund = await CreateFundAsync("F4", "S4");
        var commissioner = app.ClientFor("demo-commissioner");
        var statuses = await Task.WhenAll(Enumerable.Range(0, 40).Select(async i =>
        {
            using var response = await commissioner.PostAsJsonAsync($"{fund}/contributions", i % 2 == 0
                ? new { partner = "99A", year = "2026/27", amount = 0.01m * (i + 1), kind = "cash", reference = (string?)null }
                : new { partner = "99A", year = "2026/27", amount = 7.00m, kind = "cash", reference = (string?)"once" });
            return (int)response.StatusCode;
        }));
        statuses.Where((_, i) => i % 2 == 0).ShouldAllBe(s => s == 201);
        statuses.Where((_, i) => i % 2 == 1).ShouldAllBe(s => s == 201 || s == 200 || s == 409);
        // 0.01 x (1 + 3 + ... + 39) = 4.00, and 7.00 once.
        (await commissioner.GetAsync(fund, 200)).GetProperty("balance").GetDecimal().ShouldBe(11.00m);
    }

    [Fact]
    public async Task The_database_refuses_unbalanced_changed_and_late_entries()
    {
        var fund = await CreateFundAsync("F5", "S5");
        await app.ClientFor("demo-commissioner").PostAsync($"{fund}/contributions", new { partner = "99A", year = "2026/27", amount = 5m, kind = "cash" }, 201);
        var source = app.Services.GetRequiredService<NpgsqlDataSource>();
        const string journal = "INSERT INTO commissioning.journal (id, fund_id, system, kind, reference, year, description, posted_at) SELECT $1, id, 'S5', "
            + "'contribution', $1::text, '2026/27', '', now() FROM commissioning.mt_doc_fund WHERE code = 'F5'";
        async Task<string?> Refusal(params string[] commands)
        {
            await using var connection = await source.OpenConnectionAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            var id = Guid.CreateVersion7();
            try
            {
                foreach (var sql in commands)
                {
                    await using var command = new NpgsqlCommand(sql, connection);
                    if (sql.Contains("$1"))
                        command.Parameters.Add(new() { Value = id });
                    await command.ExecuteNonQueryAsync();
                }

                await transaction.CommitAsync();
                return null;
            }
            catch (PostgresException refused)
            {
                return refused.SqlState;
            }
        }

        (await Refusal(journal, "INSERT INTO commissioning.entry VALUES ($1, 1, 'cash', NULL, 1.00)")).ShouldBe(PostgresErrorCodes.CheckViolation);
        (await Refusal(journal, "INSERT INTO commissioning.entry VALUES ($1, 1, 'cash', NULL, 1.00), ($1, 2, 'contributions', '99A', -1.00)")).ShouldBeNull();
        (await Refusal("INSERT INTO commissioning.entry SELECT id, 9, 'cash', NULL, 0 FROM commissioning.journal LIMIT 1")).ShouldBe("23001");
        (await Refusal("UPDATE commissioning.entry SET amount = 2 * amount")).ShouldBe("23001");
        (await Refusal("DELETE FROM commissioning.entry")).ShouldBe("23001");
        (await Refusal("DELETE FROM commissioning.journal")).ShouldBe("23001");
        (await Refusal("UPDATE commissioning.journal SET year = '2027/28'")).ShouldBe("23001");
        (await Refusal("TRUNCATE commissioning.journal, commissioning.entry")).ShouldBe("23001");
    }

    [Fact]
    public async Task Funds_are_seen_and_changed_by_their_partners_only()
    {
        var fund = await CreateFundAsync("F6", "S6", "RZ1");
        var council = app.ClientFor("demo-council", "operations");
        await council.GetAsync(fund, 404);
        await council.GetAsync($"{fund}/ledger", 404);
        await council.PostAsync($"{fund}/contributions", new { partner = "E06000991", year = "2026/27", amount = 5m, kind = "cash" }, 404);
        await council.GetAsync("/v1/commissioning/control-totals/S6", 404);
        await council.PostAsync("/v1/commissioning/control-totals/S6/plans", new { organisation = "E06000991", year = "2026/27", plan = 1m }, 404);
        (await council.GetAsync("/v1/commissioning/funds?code=F6", 200)).GetProperty("items").GetArrayLength().ShouldBe(0);
        await app.ClientFor("demo-operator", "operations").GetAsync(fund, 200);
        (await app.ClientFor("demo-acute-trust").GetAsync("/v1/commissioning/funds?code=F6", 200)).GetProperty("items").GetArrayLength().ShouldBe(1);
        var commissioner = app.ClientFor("demo-commissioner");
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
        var council = app.ClientFor("demo-council", "operations");
        var operators = app.ClientFor("demo-operator", "operations");
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
        var commissioner = app.ClientFor("demo-commissioner");
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
        var host = app.ClientFor("demo-commissioner");
        var fund = Path(await host.PostAsync("/v1/commissioning/funds", FundBody("F12", "S12", "RZ1", "E06000991"), 201));
        var operators = app.ClientFor("demo-operator", "operations");
        await operators.PostAsync($"{fund}/confirmation", "", 200, "\"1\"");
        await host.PostAsync($"{fund}/contributions", new { partner = "RZ1", year = "2026/27", amount = 5m, kind = "cash" }, 409);
        var trust = app.ClientFor("demo-acute-trust");
        (await trust.GetAsync(fund, 200)).GetProperty("invited").GetArrayLength().ShouldBe(2);
        await trust.GetAsync($"{fund}/ledger", 404);
        await trust.GetAsync("/v1/commissioning/control-totals/S12", 404);
        await host.PostAsync($"{fund}/acceptances", new { organisation = "RZ1" }, 403, "\"2\"");
        await app.ClientFor("demo-council", "operations").PostAsync($"{fund}/acceptances", new { organisation = "RZ1" }, 403, "\"2\"");
        await app.ClientFor("demo-council-2", "operations").PostAsync($"{fund}/acceptances", new { organisation = "E08000992" }, 404, "\"2\"");
        (await trust.PostAsync($"{fund}/acceptances", new { organisation = "RZ1" }, 200, "\"2\"")).GetProperty("partners").GetArrayLength().ShouldBe(2);
        await trust.PostAsync($"{fund}/acceptances", new { organisation = "RZ1" }, 200, "\"3\"");
        await trust.GetAsync("/v1/commissioning/control-totals/S12", 200);
        await host.PostAsync($"{fund}/contributions", new { partner = "RZ1", year = "2026/27", amount = 5m, kind = "cash" }, 201);
        (await operators.PostAsync($"{fund}/acceptances", new { organisation = "RZ3" }, 409, "\"3\"")).GetProperty("code").GetString().ShouldBe("not-invited");
    }

    [Fact]
    public async Task A_settlement_whose_parties_have_no_part_in_the_fund_is_held_with_the_reason()
    {
        var fund = await CreateFundAsync("F9", "S9", "E06000991");
        await PublishAsync(Agreed(fund, "S9", "2026-Q3", 1, ("RZ1", 5m), ("RZ3", -5m)));
        (await app.ClientFor("demo-commissioner").GetAsync($"{fund}/ledger", 200)).GetProperty("items").GetArrayLength().ShouldBe(0);
        (await HeldAsync(app.ClientFor("demo-acute-trust"), "F-S9")).Single().GetProperty("reason").GetString()
            .ShouldBe("Not every party to the settlement is a partner of the fund.");
    }

    [Fact]
    public async Task A_settlement_held_for_a_missing_partner_is_posted_when_the_fund_takes_it_in()
    {
        var fund = await CreateFundAsync("F10", "S10", "E06000991");
        await PublishAsync(
            Agreed(fund, "S10", "2026-Q3", 1, ("RZ1", 5m), ("99A", -5m)),
            Agreed(fund, "S10", "2026-Q4", 1, ("RZ1", 7m), ("RZ3", -7m)));
        var host = app.ClientFor("demo-commissioner", "commissioning");
        var path = $"{fund}/partners";
        await host.PostAsync(path, new { organisation = "RZ1" }, 428);
        await host.PostAsync(path, new { organisation = "RZ1" }, 412, "\"7\"");
        (await host.PostAsync(path, new { organisation = "R Z" }, 400, "\"1\"")).GetProperty("errors")[0].GetProperty("pointer").GetString()
            .ShouldBe("/organisation");
        (await host.PostAsync(path, new { organisation = "RXX" }, 409, "\"1\"")).GetProperty("code").GetString().ShouldBe("unknown-partner");
        // A partner that is not the host invites nobody, and a stranger does not know the fund.
        await app.ClientFor("demo-council", "operations").PostAsync(path, new { organisation = "RZ1" }, 403, "\"1\"");
        await app.ClientFor("demo-council-2", "operations").PostAsync(path, new { organisation = "E08000992" }, 404, "\"1\"");

        await host.PostAsync(path, new { organisation = "RZ1" }, 200, "\"1\"");
        var view = await app.ClientFor("demo-acute-trust").PostAsync($"{fund}/acceptances", new { organisation = "RZ1" }, 200, "\"2\"");
        view.GetProperty("partners").EnumerateArray().Single(p => p.GetProperty("organisation").GetString() == "RZ1").GetProperty("received").GetDecimal()
            .ShouldBe(5m);
        (await app.ClientFor("demo-acute-trust").GetAsync($"{fund}/ledger", 200)).GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        // The other settlement has a party that is still none; and who is a partner already is posted once.
        (await host.PostAsync(path, new { organisation = "RZ1" }, 200, "\"3\"")).GetProperty("balance").GetDecimal().ShouldBe(0m);
        (await HeldAsync(app.ClientFor("demo-acute-trust"), "F-S10")).Single().GetProperty("period").GetString().ShouldBe("2026-Q4");
        (await app.ScalarAsync<long>("SELECT count(*) FROM commissioning.journal j JOIN commissioning.mt_doc_fund f ON f.id = j.fund_id WHERE f.code = 'F10'"))
            .ShouldBe(1);
    }

    [Fact]
    public async Task A_recorded_plan_is_changed_against_its_version()
    {
        await CreateFundAsync("F7", "S7");
        var council = app.ClientFor("demo-council", "operations");
        var plan = await council.PostAsync("/v1/commissioning/control-totals/S7/plans", new { organisation = "E06000991", year = "2026/27", plan = 100.50m },
            201);
        (await council.PostAsync("/v1/commissioning/control-totals/S7/plans", new { organisation = "E06000991", year = "2026/27", plan = 99m }, 409))
            .GetProperty("code").GetString().ShouldBe("already-exists");
        await council.PostAsync("/v1/commissioning/control-totals/S7/plans", new { organisation = "RZ1", year = "2026/27", plan = 99m }, 403);
        var path = $"/v1/commissioning/control-totals/S7/plans/{plan.GetProperty("id").GetGuid()}";
        Task<int> Put(string ifMatch) => council.ChangeAsync(HttpMethod.Put, path, new { plan = 90.25m }, ifMatch);

        using (var without = await council.PutAsync(new Uri(path, UriKind.Relative), JsonContent.Create(new { plan = 90.25m })))
            await without.JsonAsync(428);
        (await Put("\"1\"")).ShouldBe(200);
        (await Put("\"1\"")).ShouldBe(412);
        (await council.GetAsync("/v1/commissioning/control-totals/S7?year=2026/27", 200)).GetProperty("total").GetProperty("plan").GetDecimal()
            .ShouldBe(90.25m);
        (await app.TwiceAtOnceAsync("commissioning.mt_doc_organisation_plan", plan.GetProperty("id").GetGuid(), () => Put("*"))).ShouldBe([200, 412]);
    }

    /// <summary>A fund of the commissioner's, in force with its partners at once by the operator's word.</summary>
    private async Task<string> CreateFundAsync(string code, string system, params string[] partners)
    {
        var created = await app.ClientFor("demo-operator", "operations")
            .PostAsync("/v1/commissioning/funds", FundBody(code, system, partners.Length == 0 ? ["RZ1", "E06000991"] : partners), 201);
        created.GetProperty("partners")[0].GetProperty("organisation").GetString().ShouldBe("99A");
        return Path(created);
    }

    private static string Path(JsonElement fund) => $"/v1/commissioning/funds/{fund.GetProperty("id").GetGuid()}";

    private static FundRequest FundBody(string code, string system, params string[] partners) =>
        new(code, "Better Care Fund", "better-care-fund", "99A", system, partners, "2026/27");

    private static async Task<List<JsonElement>> HeldAsync(HttpClient client, string code) =>
        [.. (await client.GetAsync("/v1/commissioning/unposted-settlements", 200)).GetProperty("items").EnumerateArray()
            .Where(i => i.GetProperty("fund").GetString() == code)];

    /// <param name="fund">The path of the fund that the terms name by its id; null: they name none.</param>
    private static SettlementAgreed Agreed(string? fund, string system, string period, int version, params (string Party, decimal Amount)[] postings) => new(
        Guid.CreateVersion7(), Guid.CreateVersion7(), "Emergency admissions", period, version, $"F-{system}", fund is null ? null : Guid.Parse(fund[^36..]), system,
        "GBP", [.. postings.Select((p, i) => new SettlementPosting(p.Party, p.Amount, 17 + i))], new string('0', 64),
        new DateTimeOffset(2026, 11, 1, 8, 0, 0, TimeSpan.Zero));

    private sealed record FundRequest(
        string code, string title, string legalForm, string host, string system, string[] partners, string financialYear);

    private async Task PublishAsync<TEvent>(params TEvent[] events) where TEvent : IntegratedCare.Shared.Events.IEvent
    {
        await app.PublishAsync(events);
        await app.DrainOutboxAsync();
    }
}
