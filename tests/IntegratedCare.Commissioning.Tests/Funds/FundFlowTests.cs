using System.Net.Http.Json;
using System.Text.Json;
using IntegratedCare.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace IntegratedCare.Commissioning.Tests.Funds;

/// <summary>The ledger and the control total, over HTTP.</summary>
public sealed class FundFlowTests(TestApp app) : FundScene(app)
{
    [Fact]
    public async Task Of_many_equal_requests_at_once_one_posts_and_the_others_find_it_posted()
    {
        var fund = await CreateFundAsync("F32", "S32");
        using var commissioner = App.ClientFor("demo-commissioner", "commissioning");
        using var op = App.ClientFor("demo-operator", "operations");
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
        var commissioner = App.ClientFor("demo-commissioner");
        var council = App.ClientFor("demo-council", "operations");
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

        await App.ClientFor("demo-operator", "operations").PostAsync("/v1/commissioning/control-totals/S1/planners", new { organisation = "99A" }, 201);
        await commissioner.PostAsync("/v1/commissioning/control-totals/S1/plans",
            new { organisation = "RZ1", year = "2026/27", plan = -500_000m, reportedActual = -200_000m }, 201);
        await commissioner.PostAsync("/v1/commissioning/control-totals/S1/plans",
            new { organisation = "RZ1", year = "2026/27", plan = -500_000m, reportedActual = -200_000m }, 200);
        await commissioner.PostAsync("/v1/commissioning/control-totals/S1/plans",
            new { organisation = "99A", year = "2026/27", plan = 500_000m, reportedForecast = 450_000m }, 201);
        var total = await App.ClientFor("demo-acute-trust").GetAsync("/v1/commissioning/control-totals/S1?year=2026/27", 200);
        var trust = total.GetProperty("organisations").EnumerateArray().Single(o => o.GetProperty("organisation").GetString() == "RZ1");
        trust.GetProperty("figures").GetProperty("settlements").GetDecimal().ShouldBe(56_000.00m);
        trust.GetProperty("figures").GetProperty("actual").GetDecimal().ShouldBe(-144_000.00m);
        trust.GetProperty("figures").GetProperty("forecast").GetDecimal().ShouldBe(-444_000.00m);
        // Transfers sum to zero, so the system's sum moves only by what the members report: 450,000 - 500,000.
        total.GetProperty("total").GetProperty("settlements").GetDecimal().ShouldBe(0);
        total.GetProperty("total").GetProperty("forecast").GetDecimal().ShouldBe(-50_000.00m);
        total.GetProperty("meetsPlan").GetBoolean().ShouldBeFalse();
        (await App.ClientFor("demo-acute-trust").GetAsync("/v1/commissioning/control-totals/S1?year=2025/26", 200)).GetProperty("organisations")
            .GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task Parallel_contributions_all_count_and_the_same_reference_counts_once()
    {
        var fund = await CreateFundAsync("F4", "S4");
        var commissioner = App.ClientFor("demo-commissioner");
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
        await App.ClientFor("demo-commissioner").PostAsync($"{fund}/contributions", new { partner = "99A", year = "2026/27", amount = 5m, kind = "cash" }, 201);
        var source = App.Services.GetRequiredService<NpgsqlDataSource>();
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
    public async Task A_recorded_plan_is_changed_against_its_version()
    {
        await CreateFundAsync("F7", "S7");
        var council = App.ClientFor("demo-council", "operations");
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
        (await App.TwiceAtOnceAsync("commissioning.mt_doc_organisation_plan", plan.GetProperty("id").GetGuid(), () => Put("*"))).ShouldBe([200, 412]);
    }
}
