using IntegratedCare.Contracts.Domain;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts.Tests.Domain;

/// <summary>Settlements that CMS has published (Shared Savings Program public use files), to the dollar.</summary>
public class PublishedSettlementTests
{
    [Fact]
    public void Enhanced_gain_of_2024_is_met_to_the_dollar()
    {
        // A1001: 75 % x 0.98 of 146,796,367.
        var statement = Settle("mssp-enhanced", "2024", new(Benchmark: 1_650_927_172, Actual: 1_504_130_805, Persons: 100_000, QualityStandard: "met", Quality: [new("quality", 0.7705m)]));
        Line(statement, "saving-at-price").ShouldBe(146_796_367);
        Paid(statement).ShouldBe(107_895_330);
    }

    [Fact]
    public void Enhanced_loss_rate_of_2024_is_one_less_three_quarters_of_the_quality_score()
    {
        // A1001: 1 - 0.75 x 0.7705 = 42.21 % (published as 42.21).
        var statement = Settle("mssp-enhanced", "2024", new(Benchmark: 100_000_000, Actual: 110_000_000, Persons: 10_000, QualityStandard: "met", Quality: [new("quality", 0.7705m)]));
        Line(statement, "loss-rate").ShouldBe(0.422125m);
        Paid(statement).ShouldBe(-4_221_250);
    }

    [Fact]
    public void Who_fails_the_quality_standard_bears_the_highest_loss_rate_whatever_the_score()
    {
        SettlementInputs Inputs(string standard, decimal quality) => new(Benchmark: 100_000_000, Actual: 110_000_000, Persons: 10_000, QualityStandard: standard, Quality: [new("quality", quality)]);
        Line(Settle("mssp-enhanced", "2024", Inputs("not-met", 0.7705m)), "loss-rate").ShouldBe(0.75m);
        Line(Settle("mssp-enhanced", "2024", Inputs("not-met", 0.7705m) with { Quality = null }), "loss-rate").ShouldBe(0.75m);
        Line(Settle("mssp-enhanced", "2024", Inputs("alternative", 0.7705m)), "loss-rate").ShouldBe(0.422125m);

        // Track 2: a score below the minimum attainment earns nothing of a gain, so a loss is borne at 60 %.
        var attainment = new TermsDraft(Quality: new(QualityTerms.Proportional, 0.7m));
        SettlementInputs Track2(decimal quality) => new(Benchmark: 100_000_000, Actual: 110_000_000, Persons: 10_000, Year: 3, Quality: [new("quality", quality)]);
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
        Should.Throw<RequestRefused>(() => Settle("mssp-basic-e", "2024", gain with { Actual = 105_000_000, Revenue = 0 })).Errors!.Single().Pointer.ShouldBe("/inputs/revenue");
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

        string Refused(ThresholdDraft threshold) => Should.Throw<RequestRefused>(() => Settle("mssp-enhanced", "2024", loss, new(Threshold: threshold))).Errors!.Single().Pointer;
    }

    [Theory]
    // 2 % of the benchmark is 836,357.42: a dollar decides whether the whole result counts.
    [InlineData(836_357, 0), InlineData(836_358, 409_815), InlineData(-836_357, 0), InlineData(-836_358, -250_907)]
    public void An_amount_just_below_the_minimum_does_not_reach_it_by_rounding(int saving, int paid)
    {
        var statement = Settle("mssp-basic-c", "2022", new(Benchmark: 41_817_871, Actual: 41_817_871 - saving, Persons: 5_000, QualityStandard: "met", QualifiesBelowMinimum: false, Revenue: 41_000_000));
        Line(statement, "minimum-saving").ShouldBe(836_358);
        Line(statement, "minimum-loss").ShouldBe(836_358);
        Paid(statement).ShouldBe(paid);
    }

    [Theory]
    // 42 CFR 425.609: half of what the limits leave. 0.75 x 3,000,001 = 2,250,000.75, half of it 1,125,000.375; rounded before it is halved it would be 1,125,001.
    [InlineData(97_000_000 - 1, 1_125_000)]
    // The cap of 20 %, 20,000,000.6, halved: 10,000,000.3; rounded before, 10,000,001.
    [InlineData(50_000_000, 10_000_000)]
    // 0.4 x 5,000,002 = 2,000,000.8, less 0, halved: 1,000,000.4; rounded before, 1,000,001.
    [InlineData(105_000_002, -1_000_000)]
    public void Half_a_year_is_halved_after_the_limits_and_rounded_once(int actual, int paid)
    {
        var benchmark = actual == 50_000_000 ? 100_000_003 : 100_000_000;
        var half = new TermsDraft(Multipliers: [new("half-year", 0.5m, "both")], Order: ["share", "gate", "cap", "adjustment", "multiplier"], Threshold: new(MinimumSavingsRate: 0, MinimumLossRate: 0));
        Paid(Settle("mssp-enhanced", "2019", new(Benchmark: benchmark, Actual: actual, Persons: 10_000, QualityStandard: "met", Quality: [new("quality", 0.9m)]), half)).ShouldBe(paid);
    }

    [Fact]
    public void Loss_of_2024_is_lessened_by_the_disaster_adjustment_after_the_rate()
    {
        // A2029: 3,432,303 x 40 % = 1,372,921, less 1,382. The minimum loss rate it had chosen is below its loss of 0.69 %.
        var terms = new TermsDraft(Threshold: new(MinimumSavingsRate: 0, MinimumLossRate: 0));
        var statement = Settle("mssp-enhanced", "2024",
            new(Benchmark: 497_679_939, Actual: 501_112_242, Persons: 40_000, QualityStandard: "met", Quality: [new("quality", 0.9m)], Adjustments: [new("disaster", 1_382)]), terms);
        Line(statement, "loss-rate").ShouldBe(0.4m);
        Paid(statement).ShouldBe(-1_371_539);
    }

    [Fact]
    public void Cap_of_2017_is_taken_after_the_sequestration()
    {
        // A00755: final sharing rate 0.4573 of 38,333,745 would be more; exactly 10 % of the benchmark was paid.
        var statement = Settle("mssp-track-1", "2017", new(Benchmark: 128_423_263, Actual: 90_089_518, Persons: 12_000, Quality: [new("quality", 0.9146m)]));
        Paid(statement).ShouldBe(12_842_326);
    }

    [Fact]
    public void Below_the_minimum_a_low_revenue_organisation_shares_at_half_the_rate()
    {
        // A5388: savings of 2,529,603, 2.34 % and below 2.99 %: 20 % x 0.98.
        var statement = Settle("mssp-basic-a", "2024", new(Benchmark: 108_102_692, Actual: 105_573_089, Persons: 10_100, QualityStandard: "met", QualifiesBelowMinimum: true));
        Line(statement, "minimum-rate").ShouldBe(0.0299m, 0.0001m);
        Paid(statement).ShouldBe(495_802);
        Paid(Settle("mssp-basic-a", "2024", new(Benchmark: 108_102_692, Actual: 105_573_089, Persons: 10_100, QualityStandard: "met", QualifiesBelowMinimum: false))).ShouldBe(0);
    }

    [Fact]
    public void Track_1_of_2017_lies_where_the_published_quality_score_allows()
    {
        // Palm Beach: 28,529,398 was paid. The quality score is published as 0.9219, which fixes the payment to within 0.9219 +- 0.00005.
        SettlementInputs Inputs(decimal quality) => new(Benchmark: 899_870_234, Actual: 836_717_663, Persons: 67_521, Quality: [new("quality", quality)]);
        Line(Settle("mssp-track-1", "2017", Inputs(0.9219m)), "minimum-rate").ShouldBe(0.02m);
        Line(Settle("mssp-track-1", "2017", Inputs(0.9219m)), "saving-at-price").ShouldBe(63_152_571);
        Paid(Settle("mssp-track-1", "2017", Inputs(0.92185m))).ShouldBeLessThanOrEqualTo(28_529_398);
        Paid(Settle("mssp-track-1", "2017", Inputs(0.92195m))).ShouldBeGreaterThanOrEqualTo(28_529_398);
        Paid(Settle("mssp-track-1", "2017", Inputs(0.921946m))).ShouldBe(28_529_398, 20);
    }

    [Theory]
    [InlineData(500, 0.122), InlineData(999, 0.087), InlineData(1000, 0.087), InlineData(2999, 0.05), InlineData(4999, 0.039)]
    [InlineData(5000, 0.039), InlineData(5999, 0.036), InlineData(6000, 0.036), InlineData(9999, 0.03), InlineData(12499, 0.0285), InlineData(19999, 0.025)]
    [InlineData(49999, 0.022), InlineData(59999, 0.02), InlineData(60000, 0.02), InlineData(700000, 0.02)]
    public void Minimum_savings_rates_are_those_of_the_regulation(int persons, double rate) =>
        Line(Settle("mssp-track-1", "2016", new(Benchmark: 1000, Actual: 1000, Persons: persons, Quality: [new("quality", 1)])), "minimum-rate").ShouldBe((decimal)rate, 0.00005m);

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
        InputRules.Check(complete, inputs);
        return RiskShareEngine.Settle(new SettlementPack(new StatementRiskShare(Guid.Empty, Guid.Empty, preset), 1, complete, period, [], inputs));
    }

    private static decimal Paid(Statement statement) => statement.Transfers.Single(t => t.Party == "ACO").Amount;

    private static decimal Line(Statement statement, string code) => statement.Lines.Single(l => l.Code == code).Result;
}
