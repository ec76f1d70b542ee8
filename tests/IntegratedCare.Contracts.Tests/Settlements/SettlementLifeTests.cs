using IntegratedCare.Contracts.Spend;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using IntegratedCare.Population.Events;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Events;
using IntegratedCare.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace IntegratedCare.Contracts.Tests.Settlements;

/// <summary>Provisional, agreed, corrected, final: with inputs stated by the parties, and with the spend of a population.</summary>
public class SettlementLifeTests(TestApp app) : IClassFixture<TestApp>, IAsyncLifetime
{
    private readonly AgreementScenario _agreements = new(app);

    public async ValueTask InitializeAsync() => await _agreements.RegisterAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_late_correction_makes_version_two_and_version_one_still_replays_to_its_bytes()
    {
        var (path, commissioner, trust) = await GivenAsync("own");
        var first = await commissioner.PostAsync(path, Body(48_000_000), 201);
        var one = $"{path}/{first.GetProperty("id").GetGuid()}";
        await AgreeAsync(one, commissioner, trust);

        var second = await trust.PostAsync(path, Body(48_600_000), 201);
        second.GetProperty("correctsNumber").GetInt32().ShouldBe(1);
        // 2.0m and then 1.4m below benchmark; the trust has half of it: 300,000 less.
        var change = second.GetProperty("differences").EnumerateArray()
            .Where(d => d.GetProperty("code").GetString()!.StartsWith("transfer:", StringComparison.Ordinal)).ToList();
        change.Sum(d => d.GetProperty("change").GetDecimal()).ShouldBe(0);
        Amount(second, "postings", "RZ1").ShouldBe(-300_000.00m);
        change.Single(d => d.GetProperty("code").GetString() == "transfer:RZ1").GetProperty("change").GetDecimal().ShouldBe(-300_000.00m);
        await AgreeAsync($"{path}/{second.GetProperty("id").GetGuid()}", commissioner, trust);
        (await _agreements.PublishedAsync("contracts.settlement-agreed.v1", Guid.Parse(path.Split('/')[4]))).Count.ShouldBe(2);

        // Version 1: its pack gives its bytes, here and without a database.
        var bytes = await trust.GetByteArrayAsync($"{one}/statement");
        var pack = await trust.GetByteArrayAsync($"{one}/pack");
        using var replayed = await _agreements.As("E06000991").PostAsync("/v1/contracts/settlements/replay",
            new ByteArrayContent(pack) { Headers = { ContentType = new("application/json") } });
        (await replayed.Content.ReadAsByteArrayAsync()).ShouldBe(bytes);
        ContractsModule.Settle(pack).Statement.ShouldBe(bytes);
        ContractsModule.Settle(pack).Sha256.ShouldBe(first.GetProperty("sha256").GetString());

        // Other inputs under the terms of the risk-share, for its parties only.
        var tried = await trust.PostAsync($"{path}/replay",
            new { period = "2020/21", inputs = new { benchmark = 50_000_000, actual = 49_000_000, persons = 120_000 } }, 200);
        Amount(tried, "transfers", "RZ1").ShouldBe(500_000.00m);
        await _agreements.As("E06000991").PostAsync($"{path}/replay", new { period = "2020/21" }, 404);
        (await trust.GetAsync(path, 200)).GetProperty("items").GetArrayLength().ShouldBe(2);
    }

    [Fact]
    public async Task A_final_version_locks_its_period_once_every_party_has_finalised_it()
    {
        var (path, commissioner, trust) = await GivenAsync("final");
        var settlement = $"{path}/{(await commissioner.PostAsync(path, Body(48_000_000), 201)).GetProperty("id").GetGuid()}";
        (await commissioner.PostAsync($"{settlement}/finalisations", "", 409, "*")).GetProperty("code").GetString().ShouldBe("settlement-closed");
        await AgreeAsync(settlement, commissioner, trust);
        (await commissioner.PostAsync($"{settlement}/finalisations", "", 200, "*")).GetProperty("status").GetString().ShouldBe("agreed");
        (await commissioner.PostAsync($"{settlement}/finalisations", "", 409, "*")).GetProperty("code").GetString().ShouldBe("already-signed");
        (await trust.PostAsync($"{settlement}/finalisations", "", 200, "*")).GetProperty("status").GetString().ShouldBe("final");
        (await trust.PostAsync(path, Body(48_600_000), 409)).GetProperty("code").GetString().ShouldBe("period-locked");
    }

    [Fact]
    public async Task Finalising_keeps_corrections_out_until_it_is_saved_also_without_an_idempotency_key()
    {
        var (path, commissioner, trust) = await GivenAsync("locked");
        var id = (await commissioner.PostAsync(path, Body(48_000_000), 201)).GetProperty("id").GetGuid();
        await AgreeAsync($"{path}/{id}", commissioner, trust);

        // The save waits for this row, so that the request stands between its check for a later version and its save.
        await using var connection = new NpgsqlConnection(app.ConnectionString);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand("SELECT FROM contracts.mt_doc_settlement WHERE id = $1 FOR UPDATE",
            connection)
        { Parameters = { new() { Value = id } } })
            await hold.ExecuteNonQueryAsync();
        var finalising = commissioner.PostAsync($"{path}/{id}/finalisations", "", 200, "*");
        while (!finalising.IsCompleted && await app.ScalarAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))",
            connection.ProcessID) == 0)
            await Task.Delay(20);

        // A correction locks the risk-share first.
        (await app.ScalarAsync<long>(
            "SELECT count(*) FROM (SELECT 1 FROM contracts.mt_doc_risk_share WHERE id = $1 FOR UPDATE SKIP LOCKED) AS free",
            Guid.Parse(path.Split('/')[4]))).ShouldBe(0);
        await transaction.CommitAsync();
        (await finalising).GetProperty("status").GetString().ShouldBe("agreed");
    }

    [Fact]
    public async Task A_provisional_version_shows_where_the_period_stands_and_is_never_agreed()
    {
        var (path, commissioner, trust) = await GivenAsync("provisional");
        var shown = await commissioner.PostAsync(path, Body(49_000_000, provisional: true), 201);
        shown.GetProperty("status").GetString().ShouldBe("provisional");
        (await trust.PostAsync($"{path}/{shown.GetProperty("id").GetGuid()}/agreements", "", 409,
            "*")).GetProperty("code").GetString().ShouldBe("settlement-closed");
        (await commissioner.PostAsync(path, Body(49_000_000, provisional: true), 200)).GetProperty("id").GetGuid().ShouldBe(shown.GetProperty("id").GetGuid());
        // A month within the year may be shown, and does not keep the year from being settled.
        await commissioner.PostAsync(path,
            new { period = "2020-05", provisional = true, inputs = new { benchmark = 4_000_000, actual = 3_900_000, persons = 120_000 } }, 201);
        var binding = await commissioner.PostAsync(path, Body(49_000_000), 201);
        binding.GetProperty("status").GetString().ShouldBe("proposed");
        binding.GetProperty("sha256").GetString().ShouldBe(shown.GetProperty("sha256").GetString());
        (await _agreements.PublishedAsync("contracts.settlement-proposed.v1", Guid.Parse(path.Split('/')[4]))).Count.ShouldBe(1);
    }

    [Fact]
    public async Task What_was_only_shown_and_shown_anew_stands_in_nobodys_way()
    {
        var (path, commissioner, trust) = await GivenAsync("shown");
        // May is shown, and shown anew after a correction: the first showing gives way to the second.
        foreach (var actual in new[] { 3_900_000, 3_950_000 })
        {
            await commissioner.PostAsync(path,
                new { period = "2020-05", provisional = true, inputs = new { benchmark = 4_000_000, actual, persons = 120_000 } }, 201);
        }

        var year = $"{path}/{(await commissioner.PostAsync(path, Body(48_000_000), 201)).GetProperty("id").GetGuid()}";
        await AgreeAsync(year, commissioner, trust);
        // How the year would stand with later news, twice: what was agreed is finalised all the same.
        foreach (var actual in new[] { 48_100_000, 48_200_000 })
            await commissioner.PostAsync(path, Body(actual, provisional: true), 201);
        await commissioner.PostAsync($"{year}/finalisations", "", 200, "*");
        (await trust.PostAsync($"{year}/finalisations", "", 200, "*")).GetProperty("status").GetString().ShouldBe("final");
        // And terms may change within a period that was only shown.
        await commissioner.PostAsync(path,
            new { period = "2021-Q3", provisional = true, inputs = new { benchmark = 12_000_000, actual = 11_000_000, persons = 120_000 } }, 201);
        await commissioner.PostAsync($"{path[..^"/settlements".Length]}/variations", new
        {
            effectiveFrom = "2021-08-01",
            reason = "Anew",
            terms = new
            {
                form = "cost-against-benchmark",
                measure = new { source = "given" },
                benchmark = new { kind = "given" },
                marginalCostShare = 0.4m,
                threshold = new { minimumSavingsRate = 0, minimumLossRate = 0 },
                limits = new { cap = 0.1m, floor = -0.1m },
                fund = "NOFUND",
                shares = new[] { new { party = "99A", gain = 0.2m, loss = 0.2m }, new { party = "RZ1", gain = 0.8m, loss = 0.8m } },
            }
        }, 201, "*");
        foreach (var party in new[] { commissioner, trust })
            await party.PostAsync($"{path[..^"/settlements".Length]}/variations/2/acceptances", "", 200, "*");

        // What is tried under the risk-share is tried under the terms of its period.
        foreach (var (period, share, version) in new[] { ("2020/21", 500_000.00m, 1), ("2021-07", 500_000.00m, 1), ("2021-08", 800_000.00m, 2) })
        {
            var tried = await trust.PostAsync($"{path}/replay",
                new { period, inputs = new { benchmark = 50_000_000, actual = 49_000_000, persons = 120_000 } }, 200);
            (Amount(tried, "transfers", "RZ1"), tried.GetProperty("termsVersion").GetInt32()).ShouldBe((share, version));
        }
    }

    [Fact]
    public async Task A_correction_is_compared_with_what_was_agreed_whatever_was_shown_or_proposed_between()
    {
        var (path, commissioner, trust) = await GivenAsync("between");
        await AgreeAsync($"{path}/{(await commissioner.PostAsync(path, Body(48_000_000), 201)).GetProperty("id").GetGuid()}", commissioner, trust);
        await commissioner.PostAsync(path, Body(48_600_000, provisional: true), 201);
        foreach (var (actual, change) in new[] { (48_600_000, -300_000.00m), (48_800_000, -400_000.00m) })
        {
            var corrected = await trust.PostAsync(path, Body(actual), 201);
            corrected.GetProperty("correctsNumber").GetInt32().ShouldBe(1);
            var transfers = corrected.GetProperty("differences").EnumerateArray()
                .Where(d => d.GetProperty("code").GetString()!.StartsWith("transfer:", StringComparison.Ordinal)).ToList();
            transfers.Single(d => d.GetProperty("code").GetString() == "transfer:RZ1").GetProperty("change").GetDecimal().ShouldBe(change);
            transfers.Single(d => d.GetProperty("code").GetString() == "transfer:99A").GetProperty("change").GetDecimal().ShouldBe(-change);
            Amount(corrected, "postings", "RZ1").ShouldBe(change);
        }
    }

    [Fact]
    public async Task With_a_book_open_to_own_lines_a_provider_sees_the_common_lines_and_its_own()
    {
        var (path, commissioner, trust) = await GivenAsync("book", """{"openBook":"own-lines"}""", "RZ2");
        var id = (await commissioner.PostAsync(path, Body(48_000_000), 201)).GetProperty("id").GetGuid();
        var whole = await commissioner.GetAsync($"{path}/{id}", 200);
        var own = await trust.GetAsync($"{path}/{id}", 200);
        Codes(whole).ShouldContain("transfer:RZ2");
        Codes(own).ShouldContain("transfer:RZ1");
        Codes(own).ShouldContain("result-to-share");
        Codes(own).ShouldNotContain("transfer:RZ2");
        // Nothing of the other provider's 250,000 is left, in whatever form.
        var text = own.GetRawText() + await trust.GetStringAsync($"{path}/{id}/statement");
        text.ShouldNotContain("share:RZ2");
        text.ShouldNotContain("350000.00");
        (await trust.GetAsync($"{path}/{id}/pack", 403)).GetProperty("code").GetString().ShouldBe("closed-book");
        await commissioner.GetAsync($"{path}/{id}/pack", 200);

        static List<string> Codes(JsonElement settlement) =>
            [.. settlement.GetProperty("statement").GetProperty("lines").EnumerateArray().Select(l => l.GetProperty("code").GetString()!)];
    }

    [Theory]
    [InlineData("system", "")]
    [InlineData("place", "-C")]
    [InlineData("locality", "-L")]
    [InlineData("practice", "-P")]
    public async Task The_spend_of_a_population_is_frozen_with_its_truncation_and_settles(string areaKind, string suffix)
    {
        var system = $"SPEND-{areaKind[..2].ToUpperInvariant()}";
        var (path, commissioner, _) = await RiskShareAsync(system, $$$"""
            {"form":"cost-against-benchmark","measure":{"source":"costs","areaKind":"{{{areaKind}}}","area":"{{{system + suffix}}}",
            "costs":{"kinds":["inpatient-spell"],"truncateAt":20000}},
             "benchmark":{"perQuarter":60000},"marginalCostShare":0.4,"threshold":{"minimumSavingsRate":0,"minimumLossRate":0},"limits":{"cap":0.5,
             "floor":-0.5},"fund":"NOFUND"}
            """, ("99A", 0.5m), ("RZ1", 0.5m));
        (await commissioner.PostAsync(path, new { period = "2020-Q3" }, 409)).GetProperty("code").GetString().ShouldBe("published-values-missing");

        {
            var (dear, other) = (Guid.CreateVersion7(), Guid.CreateVersion7());
            await app.PublishAsync(new CareFactsRecorded([Spell("a", dear, "2020-07-05", 15_000), Spell("b", dear, "2020-08-05", 17_000),
                Spell("c", other, "2020-09-30", 4_000), Spell("late", other, "2020-10-01", 9_000)]));
            await app.PublishAsync(new RegisterCounted([.. new[] { (7, 31), (8, 31), (9, 30) }
                .Select(m => new PracticeMonth($"{system}-P", $"{system}-L", $"{system}-C", system, new DateOnly(2020, m.Item1, 1), 1,
                [new RegisterCount("2", "70-74", 3, 500 * m.Item2)]))]));
        }

        await app.DrainOutboxAsync();
        // 32,000 of one person counts as 20,000, and 4,000 of the other: 24,000 against 60,000; half of 30,000, the cap, is shared.
        var settlement = await commissioner.PostAsync(path, new { period = "2020-Q3" }, 201);
        var costs = settlement.GetProperty("statement").GetProperty("inputs").GetProperty("costs");
        costs.GetProperty("spend").GetDecimal().ShouldBe(36_000);
        costs.GetProperty("cut").GetDecimal().ShouldBe(12_000);
        costs.GetProperty("persons").GetDecimal().ShouldBe(500);
        settlement.GetProperty("statement").GetProperty("lines").EnumerateArray().Single(l =>
            l.GetProperty("code").GetString() == "actual-value").GetProperty("result").GetDecimal().ShouldBe(24_000);
        Amount(settlement, "transfers", "RZ1").ShouldBe(15_000.00m);
        (await commissioner.PostAsync(path,
            new
            {
                period = "2020-Q3",
                inputs = new
                {
                    costs = new
                    {
                        persons = 1,
                        personsWithCare = 1,
                        records = 1,
                        withoutAmount = 0,
                        spend = 1,
                        cut = 0,
                        actualCost = 1,
                        versions = 1
                    }
                }
            }, 400)).GetProperty("errors")[0].GetProperty("pointer").GetString().ShouldBe("/inputs/costs");

        // A late amendment is a new version; the pack of the first gives the first.
        var bytes = await commissioner.GetByteArrayAsync($"{path}/{settlement.GetProperty("id").GetGuid()}/statement");
        ContractsModule.Settle(await commissioner.GetByteArrayAsync($"{path}/{settlement.GetProperty("id").GetGuid()}/pack")).Statement.ShouldBe(bytes);

        CareFact Spell(string record, Guid person, string day, decimal price)
        {
            var date = DateOnly.ParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture);
            return new(system, record, 1, false, "inpatient-spell", person, LondonTime.At(date, new TimeOnly(10, 0)), null, date, $"{system}-P",
                $"{system}-L", $"{system}-C", system, 71, "2", 3, "RZ1", price, price / 2, RawJson.Of(new CostStore.Spell("21", "1")));
        }
    }

    private Task<(string Path, HttpClient Commissioner, HttpClient Trust)> GivenAsync(string system, string more = "{}", string? third = null)
    {
        var terms = JsonNode.Parse("""
            {"form":"cost-against-benchmark","measure":{"source":"given"},"benchmark":{"kind":"given"},"marginalCostShare":0.4,
            "threshold":{"minimumSavingsRate":0,"minimumLossRate":0},"limits":{"cap":0.1,"floor":-0.1},"fund":"NOFUND"}
            """)!.AsObject();
        foreach (var (name, value) in JsonNode.Parse(more)!.AsObject())
            terms[name] = value!.DeepClone();
        return third is null ? RiskShareAsync(system, terms.ToJsonString(), ("99A", 0.5m), ("RZ1", 0.5m))
            : RiskShareAsync(system, terms.ToJsonString(), ("99A", 0.5m), ("RZ1", 0.325m), (third, 0.175m));
    }

    private async Task<(string Path, HttpClient Commissioner, HttpClient Trust)> RiskShareAsync(string system, string terms,
        params (string Party, decimal Share)[] shares)
    {
        var draft = AgreementScenario.Draft(shares.Length == 2 ? "bilateral" : "alliance",
            [.. shares.Select((s, i) => $"{s.Party}:{(i == 0 ? "commissioner" : "provider")}")]);
        draft["system"] = system.ToUpperInvariant();
        var agreement = await _agreements.CreateAsync(draft);
        var body = JsonNode.Parse(terms)!.AsObject();
        body["shares"] = new JsonArray([.. shares.Select(s => (JsonNode)new JsonObject { ["party"] = s.Party, ["gain"] = s.Share, ["loss"] = s.Share })]);
        var (commissioner, trust) = (_agreements.As("99A"), _agreements.As("RZ1"));
        var riskShare = await commissioner.PostAsync("/v1/contracts/risk-shares",
            new JsonObject { ["agreementId"] = agreement.ToString(), ["title"] = system, ["terms"] = body }.ToJsonString(), 201);
        await _agreements.SignAsync(agreement);
        return ($"{AgreementScenario.SharePath(riskShare.GetProperty("id").GetGuid())}/settlements", commissioner, trust);
    }

    private static async Task AgreeAsync(string settlement, params HttpClient[] parties)
    {
        foreach (var party in parties)
            await party.PostAsync($"{settlement}/agreements", "", 200, "*");
    }

    private static object Body(decimal actual, bool provisional = false) =>
        new { period = "2020/21", provisional, inputs = new { benchmark = 50_000_000, actual, persons = 120_000 } };

    private static decimal Amount(JsonElement settlement, string list, string party)
    {
        var from = settlement.TryGetProperty(list, out var here) ? here : settlement.GetProperty("statement").GetProperty(list);
        return from.EnumerateArray().Single(t => t.GetProperty("party").GetString() == party).GetProperty("amount").GetDecimal();
    }
}
