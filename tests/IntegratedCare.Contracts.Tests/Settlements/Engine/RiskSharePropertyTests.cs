using System.Globalization;
using System.Text.Json;
using CsCheck;
using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.Settlements;
using IntegratedCare.Contracts.Settlements.Engine;
using IntegratedCare.Shared;

namespace IntegratedCare.Contracts.Tests.Settlements.Engine;

/// <summary>What must hold whatever the terms. Plain comparisons: assertions that explain themselves cost more than the settlements.</summary>
public class RiskSharePropertyTests
{
    private const int Cases = 10_000;

    [Fact]
    public void Transfers_sum_to_nothing_but_what_is_reinvested_and_shares_add_up_to_the_penny()
    {
        var used = new HashSet<string>();
        RandomPacks.All.Sample(pack =>
        {
            var statement = RiskShareEngine.Settle(pack);
            var kept = Line(statement, "reinvested") ?? 0;
            if (statement.Transfers.Sum(t => t.Amount) != -kept)
                Assert.Fail($"transfers sum to {statement.Transfers.Sum(t => t.Amount)}, not to {-kept}");
            var pool = Line(statement, "result-to-divide") ?? Line(statement, "result-to-share")!.Value;
            if (statement.Lines.Where(l => l.Code.StartsWith("share:", StringComparison.Ordinal)).Sum(l => l.Result) != pool)
                Assert.Fail($"shares do not add up to {pool}");
            if (statement.Transfers.Any(t => decimal.Round(t.Amount, pack.Terms.MoneyPlaces) != t.Amount))
                Assert.Fail($"a transfer is not in whole units");
            if (statement.Lines.Select(l => l.Code).Distinct().Count() != statement.Lines.Count)
                Assert.Fail($"two lines have one code");
            used.UnionWith(statement.Lines.Select(l => l.Code.Split(':')[0]));
            if (pool > 0 && pack.Terms.Division.Method != DivisionTerms.Fixed)
                used.Add(pack.Terms.Division.Method);
        }, iter: Cases, threads: 1, print: RandomPacks.Print);

        // The cases reach every clause.
        foreach (var code in new[] { "benchmark-before-need", "base-year", "blended-benchmark", "step-cost", "minimum-rate", "below-minimum-factor", "corridor",
            "loss-rate", "quality-score", "quality-factor", "after-limits",
            "reinvested", "made-good", "cap", DivisionTerms.Equal, DivisionTerms.ByBudget, DivisionTerms.ByPerformance, DivisionTerms.LosersFirst })
            used.ShouldContain(code);
        used.ShouldContain(u => u.StartsWith("after-share-gate", StringComparison.Ordinal));
    }

    [Fact]
    public void A_cap_is_never_passed()
    {
        var reached = new Dictionary<string, int>();
        RandomPacks.All.Sample(pack =>
        {
            var statement = RiskShareEngine.Settle(pack);
            var limits = pack.Terms.Limits;
            var value = LimitsByHand.BenchmarkValue(pack);
            var others = statement.Transfers.Where(t => t.Party != pack.Terms.Payer).ToList();
            if (limits.AppliesTo == LimitTerms.Result)
            {
                // What is shared, all that the others get or pay with what stays in the fund, and so each of them.
                var (floor, cap) = LimitsByHand.Of(pack, value, pack.Inputs!.Revenue);
                Within(statement.Lines.Single(l => l.Code == "result-to-share").Result, floor, cap, "what is shared");
                Within(others.Sum(t => t.Amount) + (Line(statement, "reinvested") ?? 0), floor, cap, "what the others receive together");
                others.ForEach(t => Within(t.Amount, floor, cap, t.Party));
                Within(-statement.Transfers.Single(t => t.Party == pack.Terms.Payer).Amount, floor, cap, "what the payer pays");
                Reached(statement.Lines.Single(l => l.Code == "result-to-share").Result, floor, cap);
            }
            else
            {
                foreach (var transfer in others)
                {
                    var (floor, cap) = LimitsByHand.Of(pack, value, pack.Inputs!.Parties?.SingleOrDefault(p => p.Party == transfer.Party)?.Revenue);
                    Within(transfer.Amount, floor, cap, transfer.Party);
                    Reached(transfer.Amount, floor, cap);
                }
            }

            void Within(decimal amount, decimal floor, decimal cap, string whose)
            {
                if (amount > cap || amount < floor)
                    Assert.Fail($"{amount}, {whose}, passes {floor} to {cap}");
            }

            void Reached(decimal amount, decimal floor, decimal cap)
            {
                foreach (var (name, at) in new[] { ("cap", amount > 0 && amount == cap), ("floor", amount < 0 && amount == floor) })
                    reached[$"{limits.AppliesTo} {name}"] = reached.GetValueOrDefault($"{limits.AppliesTo} {name}") + (at ? 1 : 0);
            }
        }, iter: Cases, threads: 1, print: RandomPacks.Print);

        // Each limit holds something back in many of the cases, to the penny.
        reached.Count.ShouldBe(4);
        reached.ShouldAllBe(r => r.Value > Cases / 100);
    }

    [Fact]
    public void More_actual_cost_never_pays_a_provider_more_under_one_sided_gain_terms()
    {
        var lower = new Dictionary<string, int>();
        // One unit of the measure, some, or many: the last unit of each part is as much a payment as the first.
        var units = Gen.OneOf<int>(Gen.Const(1), Gen.Int[1, 199], Gen.Int[1, 99_999_999]);
        RandomPacks.OneSided.Select(units).Sample((pack, more) =>
        {
            var unit = pack.Terms.InMoney && pack.Terms.Measure.Source == MeasureTerms.Given && pack.Terms.MoneyPlaces == 0 ? 1m : 0.01m;
            var by = unit * more;
            var (before, after) = (RiskShareEngine.Settle(pack), RiskShareEngine.Settle(DearerBy(pack, by)));
            foreach (var transfer in after.Transfers.Where(t => t.Party != pack.Terms.Payer))
            {
                var was = before.Transfers.Single(t => t.Party == transfer.Party).Amount;
                if (transfer.Amount > was)
                    Assert.Fail($"{transfer.Party} is paid {transfer.Amount}, not {was}, for {by} more cost");
                if (transfer.Amount < 0)
                    Assert.Fail($"{transfer.Party} pays under one-sided terms");
                if (transfer.Amount < was)
                    lower[pack.Terms.Division.Method] = lower.GetValueOrDefault(pack.Terms.Division.Method) + 1;
            }
        }, iter: Cases, threads: 1, print: t => $"{t.Item2} units more: {RandomPacks.Print(t.Item1)}");

        // Every kind of division was put to the test by payments that cost moved.
        foreach (var method in DivisionTerms.Methods)
            lower.GetValueOrDefault(method).ShouldBeGreaterThan(Cases / 100, method);
    }

    [Fact]
    public void Penny_by_penny_no_part_of_a_gain_rises_with_cost()
    {
        var shares = new Drawn<decimal[]>(draw => draw.Fractions(draw.Int(3, 7)));
        shares.Select(Gen.Int[0, 999_999]).Sample((fractions, pence) =>
        {
            var terms = RiskShareEngineTests.Terms(1500, 2000, 800, 0, 0, 1, 0, [.. fractions.Select((f, i) => ($"P{i}", f, f))]);
            terms = terms with
            {
                Form = RiskShareTerms.CostAgainstBenchmark,
                MarginalCostShare = 1,
                Measure = terms.Measure with { Source = MeasureTerms.Given },
                Benchmark = new BenchmarkTerms(null, [], BenchmarkTerms.Given),
                Payer = "P0",
            };
            var before = new Dictionary<string, decimal>();
            var actual = pence / 100m;
            for (var step = 0; step < 50; step++, actual += 0.01m)
            {
                var pack = new SettlementPack(new(Guid.Empty, Guid.Empty, ""), 1, terms, "2026", [], new(Benchmark: 20_000, Actual: actual, Persons: 1000));
                foreach (var transfer in RiskShareEngine.Settle(pack).Transfers.Where(t => t.Party != terms.Payer))
                {
                    if (before.TryGetValue(transfer.Party, out var was) && transfer.Amount > was)
                        Assert.Fail($"{transfer.Party} is paid {transfer.Amount} at {actual}, and {was} a penny below");

                    before[transfer.Party] = transfer.Amount;
                }
            }
        }, iter: Cases / 50);
    }

    private static SettlementPack DearerBy(SettlementPack pack, decimal by) => pack with
    {
        Values = [.. pack.Values.Select((v, i) => i == 0 ? v with { Activity = v.Activity + by } : v)],
        Inputs = pack.Inputs! with
        {
            Actual = pack.Inputs.Actual + by,
            Costs = pack.Inputs.Costs is { } costs ? costs with { Spend = costs.Spend + by } : null,
        },
    };

    [Fact]
    public void Every_number_is_reached_from_the_pack_by_the_arithmetic_printed_on_its_line()
    {
        var corrected = 0;
        RandomPacks.All.Sample(pack =>
        {
            var audit = new StatementAudit(pack, RiskShareEngine.Settle(pack));
            if (audit.Faults().FirstOrDefault() is { } fault)
                Assert.Fail($"{fault}");
            corrected += audit.Corrected;
        }, iter: Cases, threads: 1, print: RandomPacks.Print);

        // Parts that rounding alone does not make add up are among them.
        corrected.ShouldBeGreaterThan(Cases / 10);
    }

    [Fact]
    public void Equal_inputs_give_equal_bytes_in_any_culture_and_order_and_after_a_round_trip()
    {
        var comma = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        comma.NumberFormat.NumberDecimalSeparator = ",";
        comma.NumberFormat.NegativeSign = "~";
        var before = CultureInfo.CurrentCulture;
        RandomPacks.All.Sample(pack =>
        {
            var bytes = RiskShareEngine.Settle(pack).ToBytes();
            try
            {
                CultureInfo.CurrentCulture = comma;
                var held = Statement.FromBytes(bytes);
                // Complete terms are a draft that completes to themselves: what a pack carries gives the same terms again.
                var draft = JsonSerializer.Deserialize<TermsDraft>(JsonSerializer.Serialize(held.Terms, SharedJson.Storage), SharedJson.Wire)!;
                var parties = held.Terms.Shares
                    .Select(s => new TermsRules.Party(s.Party, s.Party == held.Terms.Payer ? "commissioner" : "provider")).Reverse().ToList();
                var terms = TermsRules.Complete(draft, null, parties, null);
                var again = RiskShareEngine.Settle(new SettlementPack(held.RiskShare, held.TermsVersion, terms with { Shares = [.. terms.Shares.Reverse()] },
                    held.Period, [.. held.Values.Reverse()], held.Inputs)).ToBytes();
                if (!again.AsSpan().SequenceEqual(bytes) || !held.ToBytes().AsSpan().SequenceEqual(bytes))
                    Assert.Fail($"not the same bytes");
            }
            finally
            {
                CultureInfo.CurrentCulture = before;
            }
        }, iter: Cases, print: RandomPacks.Print);
    }

    private static decimal? Line(Statement statement, string code) => statement.Lines.FirstOrDefault(l => l.Code == code)?.Result;
}
