using System.Text;
using CsCheck;
using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.Settlements;
using IntegratedCare.Contracts.Settlements.Engine;
using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared.Calendar;

namespace IntegratedCare.Contracts.Tests.Settlements.Engine;

public class RiskShareEngineTests
{
    private const int Cases = 10_000;

    private static readonly string[] Codes = ["99A", "E06000991", "RZ1", "RZ2", "VOL01", "Y99001"];

    [Fact]
    public void Northumbria_form_settles_as_computed_by_hand()
    {
        // Benchmark 1,500 at 2,000 = 3.0m. Actual 1,400: 100 fewer, 200,000 at price (6.67 %), 80,000 at marginal cost.
        // Cap 5 % of 3.0m = 150,000 is shared; the trust's 0.4 is 60,000, paid by the commissioner.
        var statement = RiskShareEngine.Settle(Pack(Terms(1500, 2000, 800, 0.02m, 0.02m, 0.05m, -0.05m, ("99A", 0.6m, 0.5m), ("RZ1", 0.4m, 0.5m)), 480, 470,
            450));
        Line(statement, "saving-at-price").ShouldBe(200_000.00m);
        Line(statement, "saving-at-marginal-cost").ShouldBe(80_000.00m);
        Line(statement, "minimum-saving").ShouldBe(60_000.00m);
        Line(statement, "result-to-share").ShouldBe(150_000.00m);
        Transfer(statement, "RZ1").ShouldBe(60_000.00m);
        Transfer(statement, "99A").ShouldBe(-60_000.00m);
        statement.Warnings.Single(w => w.Code == "price-beside-marginal-cost").Raised.ShouldBeTrue();
        // z = (0.5 - 100) / sqrt(1500) = -2.569079; one-sided normal tail 0.005099.
        Line(statement, "chance-z").ShouldBe(-2.569079m);
        Line(statement, "chance-probability").ShouldBe(0.005098m, 0.000002m);
    }

    [Fact]
    public void More_activity_than_expected_makes_the_provider_pay_back_within_the_floor()
    {
        // 100 more: -200,000, floored at -150,000; the trust bears half and the commissioner receives it.
        var statement = RiskShareEngine.Settle(Pack(Terms(1500, 2000, 800, 0.02m, 0.02m, 0.05m, -0.05m, ("99A", 0.6m, 0.5m), ("RZ1", 0.4m, 0.5m)), 530, 530,
            540));
        Line(statement, "result-to-share").ShouldBe(-150_000.00m);
        Transfer(statement, "RZ1").ShouldBe(-75_000.00m);
        Transfer(statement, "99A").ShouldBe(75_000.00m);
    }

    [Fact]
    public void A_result_below_the_threshold_moves_nothing()
    {
        var statement = RiskShareEngine.Settle(Pack(Terms(1500, 2000, 800, 0.02m, 0.02m, 0.05m, -0.05m, ("99A", 0.6m, 0.5m), ("RZ1", 0.4m, 0.5m)), 490, 490,
            491));
        Line(statement, "saving-at-price").ShouldBe(58_000.00m);
        statement.Transfers.ShouldAllBe(t => t.Amount == 0);
    }

    [Fact]
    public void Published_symmetric_share_reproduces()
    {
        // Benchmark 50m, actual 48m, provider fraction 0.4, cap of 3 % on the share: 0.80m.
        var terms = Terms(25_000, 2000, 2000, 0, 0, 0.03m, -0.03m, ("99A", 0.6m, 0.6m),
            ("RZ1", 0.4m, 0.4m)) with
        { Limits = new(0.03m, -0.03m, LimitTerms.PartyShare) };
        var statement = RiskShareEngine.Settle(Pack(terms, 8000, 8000, 8000));
        Transfer(statement, "RZ1").ShouldBe(800_000.00m);
        Line(statement, "cap").ShouldBe(1_500_000.00m);
    }

    [Fact]
    public void Published_collar_reproduces()
    {
        // Benchmark 50m, collar 1 %, actual 48m, rate 0.5 on the excess beyond 49.5m: 0.75m.
        var terms = Terms(25_000, 2000, 2000, 0.01m, 0.01m, 0.1m, -0.1m, ("99A", 0.5m, 0.5m), ("RZ1", 0.5m, 0.5m));
        var statement = RiskShareEngine.Settle(Pack(terms with { Threshold = terms.Threshold with { Sharing = ThresholdTerms.ExcessOnly } }, 8000, 8000, 8000));
        Line(statement, "result-after-threshold").ShouldBe(1_500_000.00m);
        Transfer(statement, "RZ1").ShouldBe(750_000.00m);
    }

    [Theory]
    [InlineData(0, 0.5)]
    [InlineData(-1.959963985, 0.025)]
    [InlineData(1.644853627, 0.95)]
    [InlineData(-3.090232306, 0.001)]
    public void Normal_probabilities_are_those_of_the_tables(double z, double probability) =>
        ((double)DecimalMath.Normal((decimal)z)).ShouldBe(probability, 1e-9);

    [Fact]
    public void Benchmarks_by_period_come_before_the_one_per_quarter()
    {
        var benchmark = new BenchmarkTerms(900, [new("2026-07", 310), new("2026-08", 300), new("2026-09", 305), new("2026-Q4", 950)]);
        RiskShareEngine.FixedBenchmark(benchmark, Period.Parse("2026-Q3")!)!.Value.ShouldBe(915);
        RiskShareEngine.FixedBenchmark(benchmark, Period.Parse("2026-Q4")!)!.Value.ShouldBe(950);
        RiskShareEngine.FixedBenchmark(benchmark, Period.Parse("2026-10")!)!.Value.ShouldBe(300);
        RiskShareEngine.FixedBenchmark(benchmark, Period.Parse("2026/27")!)!.Value.ShouldBe(3600);
        RiskShareEngine.FixedBenchmark(benchmark with { PerQuarter = null }, Period.Parse("2027-Q1")!).ShouldBeNull();
    }

    [Theory]
    [InlineData("2026-Q3", "2026-07,2026-08,2026-09")]
    [InlineData("2026-11", "2026-11")]
    [InlineData("2026/27", "2026-04,2026-05,2026-06,2026-07,2026-08,2026-09,2026-10,2026-11,2026-12,2027-01,2027-02,2027-03")]
    [InlineData("1999/00", "1999-04,1999-05,1999-06,1999-07,1999-08,1999-09,1999-10,1999-11,1999-12,2000-01,2000-02,2000-03")]
    public void Periods_are_made_of_months(string period, string months) => string.Join(',', Period.Parse(period)!.Months).ShouldBe(months);

    [Theory]
    [InlineData("2026-Q5"), InlineData("2026-13"), InlineData("2026/28"), InlineData("20266"), InlineData("2026-Q3\n"), InlineData(null)]
    public void Other_texts_are_no_period(string? period) => Period.Parse(period).ShouldBeNull();

    [Fact]
    public void More_activity_never_pays_a_provider_more()
    {
        RandomPack.Select(Gen.Int[1, 199]).Sample((pack, by) =>
        {
            var more = pack with { Values = [.. pack.Values.Select((v, i) => i == 0 ? v with { Activity = v.Activity + by } : v)] };
            var (before, after) = (RiskShareEngine.Settle(pack), RiskShareEngine.Settle(more));
            foreach (var share in pack.Terms.Shares.Where(s => s.Party != pack.Terms.Payer))
            {
                if (Transfer(after, share.Party) > Transfer(before, share.Party))
                    Assert.Fail($"{share.Party} is paid more for more activity");
            }
        }, iter: Cases, print: t => $"{t.Item2} more: {RandomPacks.Print(t.Item1)}");
    }

    [Fact]
    public void The_canonical_form_does_not_change_unnoticed()
    {
        var pack = Pack(Terms(1500, 2000, 800, 0.02m, 0.02m, 0.05m, -0.05m, ("99A", 0.6m, 0.5m), ("RZ1", 0.4m, 0.5m)), 480, 470, 450);
        var text = Encoding.UTF8.GetString(RiskShareEngine.Settle(pack).ToBytes());
        text.ShouldStartWith("{\"currency\":\"GBP\",\"inputs\":{},\"lines\":[{\"arithmetic\":\"1500.00\",\"code\":\"benchmark-activity\","
            + "\"inputs\":[{\"name\":\"terms.benchmark.perQuarter\",\"value\":1500.00}],");
        text.ShouldContain("\"transfers\":[{\"amount\":-60000.00,\"line\":18,\"party\":\"99A\"},{\"amount\":60000.00,\"line\":17,\"party\":\"RZ1\"}]");
        text.ShouldContain("\"threshold\":{\"minimumLossRate\":0.020000,\"minimumSavingsRate\":0.020000,\"sharing\":\"first-pound\"}");
    }

    [Fact]
    public void Differences_between_versions_sum_to_the_change_in_transfers()
    {
        RandomPack.Select(Gen.Int[0, 89].Array[3]).Sample((pack, by) =>
        {
            var (one, two) = (RiskShareEngine.Settle(pack),
                RiskShareEngine.Settle(pack with { Values = [.. pack.Values.Zip(by, (v, more) => v with { Activity = v.Activity + more })] }));
            var differences = LineDifference.Between(one.Lines, two.Lines);
            foreach (var transfer in two.Transfers)
            {
                var change = differences.SingleOrDefault(d => d.Code == $"transfer:{transfer.Party}")?.Change ?? 0;
                change.ShouldBe(transfer.Amount - Transfer(one, transfer.Party));
            }

            differences.Any(d => d.Change != (d.After ?? 0) - (d.Before ?? 0)).ShouldBeFalse();
        }, iter: 1000, print: t => $"{string.Join(", ", t.Item2)} more: {RandomPacks.Print(t.Item1)}");
    }

    internal static SettlementPack Pack(RiskShareTerms terms, params int[] months) => new(
        new StatementRiskShare(new Guid("01900000-0000-7000-8000-000000000001"), new Guid("01900000-0000-7000-8000-000000000002"), "Emergency admissions"), 1,
        terms, "2026-Q3",
        [.. months.Select((m, i) => new FrozenValue($"2026-0{7 + i}", m, new Guid($"01900000-0000-7000-8000-00000000001{i}"), 1, 1, "final",
            new DateTimeOffset(2026, 11, 1, 8, 0, 0, TimeSpan.Zero)))]);

    internal static RiskShareTerms Terms(decimal benchmark, decimal price, decimal marginal, decimal minimumSaving, decimal minimumLoss, decimal cap,
        decimal floor, params (string Party, decimal Gain, decimal Loss)[] shares) =>
        new(RiskShareTerms.ActivityAgainstBenchmark, "northumbria", "GBP", 2, new("emergency_admissions", "system", "NTH"), new(benchmark, []), price,
            marginal, null, [],
            new(minimumSaving, minimumLoss, ThresholdTerms.FirstPound), [], null, null, [], new(cap, floor, LimitTerms.Result), [], Steps.All,
            new(DivisionTerms.Fixed, 0),
            [.. shares.Select(s => new PartyShare(s.Party, s.Gain, s.Loss))], shares[0].Party, "BCF", null, "NTH", 2.15m, RiskShareTerms.AllLines);

    private static Drawn<SettlementPack> RandomPack { get; } = new(draw =>
    {
        var parties = Codes.Take(draw.Int(2, Codes.Length + 1)).ToArray();
        var (gains, losses) = (draw.Fractions(parties.Length), draw.Fractions(parties.Length));
        var benchmark = draw.Int(1, 400_000) / (draw.Chance(2) ? 100m : 1m);
        var terms = Terms(benchmark, draw.Decimal(1, 500_000, 2), draw.Decimal(0, 500_000, 2), draw.Decimal(0, 60_000, 6), draw.Decimal(0, 60_000, 6),
            draw.Decimal(0, 200_000, 6), -draw.Decimal(0, 200_000, 6), [.. parties.Select((p, i) => (p, gains[i], losses[i]))]);
        terms = terms with
        {
            Threshold = terms.Threshold with { Sharing = draw.OneOf(ThresholdTerms.FirstPound, ThresholdTerms.ExcessOnly) },
            Limits = terms.Limits with { AppliesTo = draw.OneOf(LimitTerms.Result, LimitTerms.PartyShare) },
            Payer = draw.OneOf(parties),
        };
        var near = (int)Math.Max(1, benchmark / 3);
        return Pack(terms, [.. Enumerable.Range(0, 3).Select(_ => draw.Chance(2) ? draw.Int(2 * near + 2) : near)]);
    });

    private static decimal Line(Statement statement, string code) => statement.Lines.Single(l => l.Code == code).Result;

    private static decimal Transfer(Statement statement, string party) => statement.Transfers.Single(t => t.Party == party).Amount;
}
