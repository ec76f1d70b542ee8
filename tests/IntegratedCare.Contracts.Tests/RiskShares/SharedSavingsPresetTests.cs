using System.Numerics;
using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.Settlements;
using IntegratedCare.Contracts.Settlements.Engine;
using IntegratedCare.Contracts.Tests.Settlements;
using IntegratedCare.Shared.Calendar;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts.Tests.RiskShares;

/// <summary>
/// Rules that the presets of the Medicare Shared Savings Program stand for, at their edges. The results that CMS has published are in
/// <see cref="PublishedCasesTests"/>.
/// </summary>
public class SharedSavingsPresetTests
{
    [Fact]
    public void Who_fails_the_quality_standard_bears_the_highest_loss_rate_whatever_the_score()
    {
        SettlementInputs Inputs(string standard, decimal quality) =>
            new(Benchmark: 100_000_000, Actual: 110_000_000, Persons: 10_000, QualityStandard: standard, Quality: [new("quality", quality)]);
        Line(Settle("mssp-enhanced", "2024", Inputs("not-met", 0.7705m)), "loss-rate").ShouldBe(0.75m);
        Line(Settle("mssp-enhanced", "2024", Inputs("not-met", 0.7705m) with { Quality = null }), "loss-rate").ShouldBe(0.75m);
        Line(Settle("mssp-enhanced", "2024", Inputs("alternative", 0.7705m)), "loss-rate").ShouldBe(0.422125m);

        // Track 2: a score below the minimum attainment earns nothing of a gain, so a loss is borne at 60 %.
        var attainment = new TermsDraft(Quality: new(QualityTerms.Proportional, 0.7m));
        SettlementInputs Track2(decimal quality) =>
            new(Benchmark: 100_000_000, Actual: 110_000_000, Persons: 10_000, Year: 3, Quality: [new("quality", quality)]);
        Line(Settle("mssp-track-2", "2016", Track2(0.699999m), attainment), "loss-rate").ShouldBe(0.6m);
        Line(Settle("mssp-track-2", "2016", Track2(0.7m), attainment), "loss-rate").ShouldBe(0.58m);
    }

    [Fact]
    public void A_limit_of_revenue_needs_revenue_for_a_loss_only_and_says_what_to_do_without_it()
    {
        var gain = new SettlementInputs(Benchmark: 100_000_000, Actual: 95_000_000, Persons: 10_000, QualityStandard: "met", QualifiesBelowMinimum: false);
        Paid(Settle("mssp-basic-e", "2024", gain)).ShouldBe(2_450_000);
        Line(Settle("mssp-basic-e", "2024", gain), "floor").ShouldBe(-4_000_000);
        Paid(Settle("mssp-basic-e", "2024", gain with { Actual = 100_000_000 })).ShouldBe(0);
        var fault = Should.Throw<RequestRefused>(() => Settle("mssp-basic-e", "2024", gain with { Actual = 105_000_000 })).Errors!.Single();
        fault.Pointer.ShouldBe("/inputs/revenue");
        fault.Detail.ShouldContain("floorOfRevenue");
        Paid(Settle("mssp-basic-e", "2024", gain with { Actual = 105_000_000, Revenue = 10_000_000 })).ShouldBe(-800_000);
        Should.Throw<RequestRefused>(() =>
            Settle("mssp-basic-e", "2024", gain with { Actual = 105_000_000, Revenue = 0 })).Errors!.Single().Pointer.ShouldBe("/inputs/revenue");
    }

    [Fact]
    public void Another_savings_rate_than_the_preset_s_says_what_holds_for_losses()
    {
        // With the preset's 2 % beside a chosen 0, a loss of 1 % would silently not count.
        var loss = new SettlementInputs(Benchmark: 100_000_000, Actual: 101_000_000, Persons: 10_000, QualityStandard: "met", Quality: [new("quality", 0.9m)]);
        Refused(new(MinimumSavingsRate: 0)).ShouldBe("/terms/threshold/minimumLossRate");
        Refused(new(BySize: new("mssp"))).ShouldBe("/terms/threshold/minimumLossRate");
        Paid(Settle("mssp-enhanced", "2024", loss, new(Threshold: new(MinimumSavingsRate: 0, MinimumLossRate: 0)))).ShouldBe(-400_000);
        Paid(Settle("mssp-enhanced", "2024", loss, new(Threshold: new(BySize: new("mssp", true))))).ShouldBe(0);

        // A one-sided track has no loss to count, so the published savings rate is enough.
        var gain = new SettlementInputs(Benchmark: 100_000_000, Actual: 97_000_000, Persons: 10_000, Quality: [new("quality", 1)]);
        Paid(Settle("mssp-track-1", "2016", gain, new(Threshold: new(MinimumSavingsRate: 0.0299m)))).ShouldBe(1_470_000);

        string Refused(ThresholdDraft threshold) =>
            Should.Throw<RequestRefused>(() => Settle("mssp-enhanced", "2024", loss, new(Threshold: threshold))).Errors!.Single().Pointer;
    }

    [Theory]
    // 2 % of the benchmark is 836,357.42: a dollar decides whether the whole result counts.
    [InlineData(836_357, 0), InlineData(836_358, 409_815), InlineData(-836_357, 0), InlineData(-836_358, -250_907)]
    public void An_amount_just_below_the_minimum_does_not_reach_it_by_rounding(int saving, int paid)
    {
        var statement = Settle("mssp-basic-c", "2022",
            new(Benchmark: 41_817_871, Actual: 41_817_871 - saving, Persons: 5_000, QualityStandard: "met", QualifiesBelowMinimum: false, Revenue: 41_000_000));
        Line(statement, "minimum-saving").ShouldBe(836_358);
        Line(statement, "minimum-loss").ShouldBe(836_358);
        Paid(statement).ShouldBe(paid);
    }

    [Theory]
    // 42 CFR 425.609: half of what the limits leave. 0.75 x 3,000,001 = 2,250,000.75, half of it 1,125,000.375; rounded before it is halved it
    // would be 1,125,001.
    [InlineData(97_000_000 - 1, 1_125_000)]
    // The cap of 20 %, 20,000,000.6, halved: 10,000,000.3; rounded before, 10,000,001.
    [InlineData(50_000_000, 10_000_000)]
    // 0.4 x 5,000,002 = 2,000,000.8, less 0, halved: 1,000,000.4; rounded before, 1,000,001.
    [InlineData(105_000_002, -1_000_000)]
    public void Half_a_year_is_halved_after_the_limits_and_rounded_once(int actual, int paid)
    {
        var benchmark = actual == 50_000_000 ? 100_000_003 : 100_000_000;
        var half = new TermsDraft(Multipliers: [new("half-year", 0.5m, "both")], Order: ["share", "gate", "cap", "adjustment", "multiplier"],
            Threshold: new(MinimumSavingsRate: 0, MinimumLossRate: 0));
        Paid(Settle("mssp-enhanced", "2019",
            new(Benchmark: benchmark, Actual: actual, Persons: 10_000, QualityStandard: "met", Quality: [new("quality", 0.9m)]), half)).ShouldBe(paid);
    }

    [Theory]
    [InlineData(500, 0.122), InlineData(999, 0.087), InlineData(1000, 0.087), InlineData(2999, 0.05), InlineData(4999, 0.039)]
    [InlineData(5000, 0.039), InlineData(5999, 0.036), InlineData(6000, 0.036), InlineData(9999, 0.03), InlineData(12499, 0.0285), InlineData(19999, 0.025)]
    [InlineData(49999, 0.022), InlineData(59999, 0.02), InlineData(60000, 0.02), InlineData(700000, 0.02)]
    public void Minimum_savings_rates_are_those_of_the_regulation(int persons, double rate) =>
        decimal.Round(Line(Settle("mssp-track-1", "2016", new(Benchmark: 1000, Actual: 1000, Persons: persons, Quality: [new("quality", 1)])),
            "minimum-rate"), 6).ShouldBe(decimal.Round((decimal)rate, 6));

    /// <summary>42 CFR 425.604(b): between the ends of a band the rate is a fraction without end, and the least saving is the first dollar that reaches it.</summary>
    [Theory]
    [InlineData(10_001, 448_380_000), InlineData(11_234, 448_380_000), InlineData(12_345, 612_345_678), InlineData(14_998, 999_999_999)]
    public void A_rate_from_the_table_is_not_rounded_before_it_gates(int persons, int benchmark)
    {
        // 3.0 % of the benchmark at 10,000 persons, 2.7 % at 14,999.
        var (share, whole) = ((BigInteger)benchmark * ((30 * 4_999) - (3 * (persons - 10_000))), (BigInteger)1000 * 4_999);
        var least = (int)((share + whole - 1) / whole);
        Paid(Saving(least)).ShouldBeGreaterThan(0);
        Paid(Saving(least - 1)).ShouldBe(0);

        Statement Saving(int saving) => Settle("mssp-track-1", "2016",
            new(Benchmark: benchmark, Actual: benchmark - saving, Persons: persons, Quality: [new("quality", 1)]));
    }

    /// <summary>42 CFR 425.606(f): one less 0.6 times the score. Of a score without end, cut at six places, the loss would be 26 dollars less.</summary>
    [Fact]
    public void A_loss_rate_is_not_rounded_before_it_multiplies()
    {
        // Two measures as 3 to 4: (3 x 0.8 + 4 x 0.9) / 7 is 6 / 7.
        var quality = new TermsDraft(Quality: new(QualityTerms.Proportional, Metrics: [new("a", 3), new("b", 4)]));
        var statement = Settle("mssp-track-2", "2016",
            new(Benchmark: 2_000_000_000, Actual: 2_090_000_000, Persons: 60_000, Year: 3, Quality: [new("a", 0.8m), new("b", 0.9m)]), quality);
        // 90,000,000 x 3.4 / 7 = 43,714,285.71.
        Paid(statement).ShouldBe(-43_714_286);
    }

    [Fact]
    public void Nothing_affected_is_not_a_place_to_round_at_and_each_adjustment_is_explained_once()
    {
        var terms = new TermsDraft(
            Order: ["share", "adjustment", "multiplier", "gate", "cap"], Multipliers: [new("sequestration", 0.333333m)],
            Adjustments: [new("disaster", "both", AdjustmentTerms.Affected), new("flood", "both", AdjustmentTerms.Affected)]);
        for (var actual = 90_000_000m; actual < 90_000_300; actual++)
        {
            var inputs = new SettlementInputs(Benchmark: 100_000_000, Actual: actual, Persons: 10_000, QualityStandard: "met");
            var nothing = inputs with
            {
                Adjustments = [new("disaster", PersonsAffected: 0, MonthsAffected: 0),
                new("flood", PersonsAffected: 0, MonthsAffected: 0)]
            };
            Paid(Settle("mssp-enhanced", "2024", nothing, terms)).ShouldBe(Paid(Settle("mssp-enhanced", "2024", inputs, terms)));
        }

        var both = new SettlementInputs(Benchmark: 100_000_000, Actual: 90_000_000, Persons: 10_000, QualityStandard: "met",
            Adjustments: [new("disaster", PersonsAffected: 0.5m, MonthsAffected: 6), new("flood", PersonsAffected: 0.1m, MonthsAffected: 12)]);
        var statement = Settle("mssp-enhanced", "2024", both, terms);
        // 10,000,000 x 0.75 x (1 - 0.5 x 6 / 12) x (1 - 0.1) x 0.333333
        Paid(statement).ShouldBe(1_687_498);
        foreach (var code in new[] { "disaster", "flood" })
            statement.Lines.Count(l => l.Rule.Contains($"taken off for {code}", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public void Every_preset_is_complete_but_for_parties_fund_and_what_is_agreed()
    {
        foreach (var preset in Preset.All)
        {
            var draft = new TermsDraft(Payer: "PAY", Fund: "F", System: "S");
            if (preset.Form == RiskShareTerms.ActivityAgainstBenchmark)
                draft = draft with { Benchmark = new(PerQuarter: 100), UnitPrice = 1000, MarginalCost = 400 };
            if (preset.Terms.Division?.Method != DivisionTerms.Equal)
                draft = draft with { Shares = [new("ACO", 1, 1)] };
            var terms = TermsRules.Complete(draft, preset, Parties, "S");
            terms.Preset.ShouldBe(preset.Code);
            preset.Source.ShouldNotBeNullOrWhiteSpace();
        }
    }

    internal static readonly TermsRules.Party[] Parties = [new("PAY", "commissioner"), new("ACO", "provider")];

    internal static Statement Settle(string preset, string period, SettlementInputs inputs, TermsDraft? terms = null)
    {
        var draft = (terms ?? new()) with { Payer = "PAY", Fund = "MSSP", System = "US", Shares = [new("ACO", 1, 1)] };
        var complete = TermsRules.Complete(draft, Preset.Find(preset) ?? throw new ArgumentException(preset), Parties, "US");
        InputRules.Check(complete, inputs, Period.Parse(period)!);
        return RiskShareEngine.Settle(new SettlementPack(new StatementRiskShare(Guid.Empty, Guid.Empty, preset), 1, complete, period, [], inputs));
    }

    private static decimal Paid(Statement statement) => statement.Transfers.Single(t => t.Party == "ACO").Amount;

    private static decimal Line(Statement statement, string code) => statement.Lines.Single(l => l.Code == code).Result;
}
