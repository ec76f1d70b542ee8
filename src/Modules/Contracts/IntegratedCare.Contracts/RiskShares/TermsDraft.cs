using IntegratedCare.Contracts.Settlements;
using IntegratedCare.Contracts.Statements;

namespace IntegratedCare.Contracts.RiskShares;

/// <summary>
/// Terms as a caller sends them. A member that is left out comes from the preset or the agreement, is not part of the terms, or is a
/// fault. Complete terms are a valid draft, and completing them changes nothing.
/// </summary>
/// <param name="Preset">A named starting point; see <c>GET /v1/contracts/risk-share-presets</c>.</param>
/// <param name="Form"><c>activity-against-benchmark</c> (default): activity x unit price; <c>cost-against-benchmark</c>: money.</param>
/// <param name="Currency"><c>GBP</c> (default), <c>EUR</c> or <c>USD</c>.</param>
/// <param name="MoneyPlaces">2 (default): every line to the penny; 0: to whole pounds or dollars.</param>
/// <param name="Measure">What is measured, and where the actual figure comes from.</param>
/// <param name="Benchmark">The expected figure.</param>
/// <param name="UnitPrice">Activity only: price of one unit, 0.01 to 10,000,000.</param>
/// <param name="MarginalCost">Activity only: the cost that a unit less really frees, 0 to 10,000,000.</param>
/// <param name="MarginalCostShare">Money only: the part of a saving that is really freed, 0 to 1.</param>
/// <param name="StepCosts">Costs that go only in whole steps, such as a ward or a team; at most 20.</param>
/// <param name="Threshold">From which size a saving or loss counts, and whether all of it or the excess.</param>
/// <param name="Corridors">Bands of the result with the providers' part of each, in place of one sharing rate; at most 50, none overlapping another.</param>
/// <param name="Sharing">The part of the result that is divided by the shares; left out: all of it.</param>
/// <param name="Quality">The effect of quality on a gain; left out: none.</param>
/// <param name="Multipliers">Factors such as a sequestration; at most 10.</param>
/// <param name="Limits">Cap of a gain and floor of a loss; required.</param>
/// <param name="Adjustments">Amounts, or parts of the result, stated with the settlement that lessen it, such as disaster relief; at most 10.</param>
/// <param name="Order">The steps <c>share</c>, <c>gate</c>, <c>multiplier</c>, <c>cap</c>, <c>adjustment</c>, each once; left out: in this order.</param>
/// <param name="Division">How the result is divided; left out: by the shares.</param>
/// <param name="Shares">Each party's fraction of a gain and of a loss; each sums to exactly 1 over the parties.</param>
/// <param name="Payer">The commissioner that pays for the care, and so first holds a saving or loss; left out: the only commissioner.</param>
/// <param name="Fund">Code of the pooled fund that the transfers pass through, as the parties call it.</param>
/// <param name="FundId">That fund's id, as Commissioning gave it: agreed settlements are posted to it and no other. Left out, they are held
/// until every party has claimed a fund for them.</param>
/// <param name="System">Code of the care system in whose control total they count; left out: the agreement's.</param>
/// <param name="CoefficientOfVariation">Money only, for the warning on chance: standard deviation over mean of one person's yearly cost,
/// 0.01 to 100; left out: 2.15, which the minimum savings rates of 42 CFR 425.605(b) imply.</param>
/// <param name="OpenBook"><c>all</c> (default): every party sees every line; <c>own-lines</c>: a party that is not the payer sees the
/// common lines and its own.</param>
internal sealed record TermsDraft(
    string? Preset = null,
    string? Form = null,
    string? Currency = null,
    int? MoneyPlaces = null,
    MeasureDraft? Measure = null,
    BenchmarkDraft? Benchmark = null,
    decimal? UnitPrice = null,
    decimal? MarginalCost = null,
    decimal? MarginalCostShare = null,
    IReadOnlyList<StepCostDraft?>? StepCosts = null,
    ThresholdDraft? Threshold = null,
    IReadOnlyList<CorridorDraft?>? Corridors = null,
    SharingDraft? Sharing = null,
    QualityDraft? Quality = null,
    IReadOnlyList<MultiplierDraft?>? Multipliers = null,
    LimitsDraft? Limits = null,
    IReadOnlyList<AdjustmentDraft?>? Adjustments = null,
    IReadOnlyList<string?>? Order = null,
    DivisionDraft? Division = null,
    IReadOnlyList<ShareDraft?>? Shares = null,
    string? Payer = null,
    string? Fund = null,
    Guid? FundId = null,
    string? System = null,
    decimal? CoefficientOfVariation = null,
    string? OpenBook = null)
{
    /// <summary>The draft with missing clauses from the preset; clauses that are often adjusted are merged member by member.</summary>
    public TermsDraft WithDefaults(TermsDraft preset) => new(
        Preset,
        Form ?? preset.Form,
        Currency ?? preset.Currency,
        MoneyPlaces ?? preset.MoneyPlaces,
        Measure is null ? preset.Measure : preset.Measure is not { } m ? Measure
            : new(Measure.Metric ?? m.Metric, Measure.AreaKind ?? m.AreaKind, Measure.Area ?? m.Area, Measure.Source ?? m.Source, Measure.Costs ?? m.Costs),
        Benchmark is null ? preset.Benchmark : preset.Benchmark is not { } b ? Benchmark
            : new(Benchmark.PerQuarter ?? b.PerQuarter, Benchmark.Periods ?? b.Periods, Benchmark.Kind ?? b.Kind, Benchmark.BaseYears ?? b.BaseYears,
                Benchmark.PerHead ?? b.PerHead,
                Benchmark.PeerPerHead ?? b.PeerPerHead, Benchmark.PeerWeight ?? b.PeerWeight, Benchmark.NeedCap ?? b.NeedCap),
        UnitPrice ?? preset.UnitPrice,
        MarginalCost ?? preset.MarginalCost,
        MarginalCostShare ?? preset.MarginalCostShare,
        StepCosts ?? preset.StepCosts,
        Threshold is null ? preset.Threshold : preset.Threshold is not { } t ? Threshold
            : Threshold.WithDefaults(t),
        Corridors ?? preset.Corridors,
        Sharing ?? preset.Sharing,
        Quality ?? preset.Quality,
        Multipliers ?? preset.Multipliers,
        Limits is null ? preset.Limits : preset.Limits is not { } l ? Limits
            : new(Limits.Cap ?? l.Cap, Limits.Floor ?? l.Floor, Limits.AppliesTo ?? l.AppliesTo, Limits.CapOfRevenue ?? l.CapOfRevenue,
                Limits.FloorOfRevenue ?? l.FloorOfRevenue, Limits.FloorByYear ?? l.FloorByYear),
        Adjustments ?? preset.Adjustments,
        Order ?? preset.Order,
        Division ?? preset.Division,
        Shares ?? preset.Shares,
        Payer ?? preset.Payer,
        Fund ?? preset.Fund,
        FundId ?? preset.FundId,
        System ?? preset.System,
        CoefficientOfVariation ?? preset.CoefficientOfVariation,
        OpenBook ?? preset.OpenBook);
}

/// <summary>What is measured, and where the actual figure comes from.</summary>
/// <param name="Metric">With the source <c>published-metric</c>: its code.</param>
/// <param name="AreaKind"><c>system</c> (default), <c>place</c> (not of published metrics), <c>locality</c> or <c>practice</c>.</param>
/// <param name="Area">Code of the area; left out: the system.</param>
/// <param name="Source"><c>published-metric</c> (default): numerators of published values; <c>costs</c>: the care costs the platform has
/// records of; <c>given</c>: stated with each settlement.</param>
/// <param name="Costs">With the source <c>costs</c>: the persons and kinds of care.</param>
internal sealed record MeasureDraft(string? Metric = null, string? AreaKind = null, string? Area = null, string? Source = null, CostsDraft? Costs = null);

/// <summary>Which care of the area's registered persons counts.</summary>
/// <param name="Kinds">Such as <c>inpatient-spell</c>; empty: all.</param>
/// <param name="AdmissionMethods">Of spells, such as <c>21</c>; empty: all.</param>
/// <param name="PatientClasses">Of spells, such as <c>1</c>; empty: all.</param>
/// <param name="ExcludedProviders">Codes of organisations whose care does not count.</param>
/// <param name="AgeFrom">In years, a multiple of five.</param>
/// <param name="AgeTo">In years, one below a multiple of five.</param>
/// <param name="TruncateAt">The most that counts of one person in the period, in pounds.</param>
/// <param name="ValuedAt"><c>price</c> (default) or <c>actual-cost</c>.</param>
internal sealed record CostsDraft(
    IReadOnlyList<string?>? Kinds = null, IReadOnlyList<string?>? AdmissionMethods = null, IReadOnlyList<string?>? PatientClasses = null,
    IReadOnlyList<string?>? ExcludedProviders = null,
    int? AgeFrom = null, int? AgeTo = null, decimal? TruncateAt = null, string? ValuedAt = null);

/// <summary>The expected figure of a period: activity, or money where the result is measured in money.</summary>
/// <param name="PerQuarter">Fixed: of a quarter; a month is a third of it, a year four times.</param>
/// <param name="Periods">Fixed: of named periods, before <c>perQuarter</c>.</param>
/// <param name="Kind"><c>fixed</c> (default), <c>historical</c>, <c>peer</c> or <c>given</c> (stated with each settlement).</param>
/// <param name="BaseYears">Historical: the years it is made from; at most 10.</param>
/// <param name="PerHead">Historical: years are taken per head and multiplied by the persons of the period.</param>
/// <param name="PeerPerHead">The peers' yearly figure per head.</param>
/// <param name="PeerWeight">Historical: the weight of the peers' figure beside one's own history, 0 to 1.</param>
/// <param name="NeedCap">The most by which the need ratio given with the settlement may move the benchmark, up or down, 0 to 1; left out:
/// no adjustment for need.</param>
internal sealed record BenchmarkDraft(
    decimal? PerQuarter = null, IReadOnlyList<BenchmarkPeriodDraft?>? Periods = null, string? Kind = null, IReadOnlyList<BaseYearDraft?>? BaseYears = null,
    bool? PerHead = null,
    decimal? PeerPerHead = null, decimal? PeerWeight = null, decimal? NeedCap = null);

/// <param name="Period">Such as <c>2026-Q3</c>.</param>
/// <param name="Activity">Activity expected in it, or money.</param>
internal sealed record BenchmarkPeriodDraft(string? Period = null, decimal? Activity = null);

/// <param name="Label">Its name, such as <c>2023-24</c>.</param>
/// <param name="Amount">Activity or money of the whole year.</param>
/// <param name="Persons">Person-years, for a benchmark per head.</param>
/// <param name="Trend">Growth from that year to the period settled, as a factor: 1.05; left out: 1.</param>
/// <param name="Weight">0 to 1; all sum to 1.</param>
internal sealed record BaseYearDraft(string? Label = null, decimal? Amount = null, decimal? Persons = null, decimal? Trend = null, decimal? Weight = null);

/// <param name="Code">Its name, such as <c>ward</c>.</param>
/// <param name="Size">Units of activity, or money, that one step serves.</param>
/// <param name="Cost">What one whole step costs.</param>
internal sealed record StepCostDraft(string? Code = null, decimal? Size = null, decimal? Cost = null);

/// <summary>From which size a saving or loss counts.</summary>
/// <param name="MinimumSavingsRate">Of the benchmark value, 0 to 1.</param>
/// <param name="MinimumLossRate">Of the benchmark value, 0 to 1.</param>
/// <param name="Sharing"><c>first-pound</c> (default): past the threshold the whole result counts; <c>excess-only</c>: what exceeds it.</param>
/// <param name="BySize">The minimum rates follow from the number of persons instead.</param>
/// <param name="BelowMinimum">A saving below the minimum is shared at a lower rate where the settlement says that the provider qualifies.</param>
internal sealed record ThresholdDraft(
    decimal? MinimumSavingsRate = null, decimal? MinimumLossRate = null, string? Sharing = null, SizeTableDraft? BySize = null,
    BelowMinimumDraft? BelowMinimum = null)
{
    /// <summary>
    /// A table replaces the preset's rates, and rates replace its table. The preset's loss rate belongs to its savings rate: a draft with
    /// another savings rate must name its own loss rate.
    /// </summary>
    public ThresholdDraft WithDefaults(ThresholdDraft preset) => new(
        MinimumSavingsRate ?? (BySize is null ? preset.MinimumSavingsRate : null),
        MinimumLossRate ?? (BySize is null && MinimumSavingsRate is null ? preset.MinimumLossRate : null),
        Sharing ?? preset.Sharing, BySize ?? (MinimumSavingsRate is null ? preset.BySize : null), BelowMinimum ?? preset.BelowMinimum);
}

/// <summary>Minimum rates by number of persons, linear within each band.</summary>
/// <param name="Table">A table that the product holds, such as <c>mssp</c>.</param>
/// <param name="Losses">Whether the minimum loss rate follows it too; left out: no.</param>
/// <param name="Bands">The bands themselves, where no table is named; at most 50.</param>
internal sealed record SizeTableDraft(string? Table = null, bool? Losses = null, IReadOnlyList<SizeBandDraft?>? Bands = null);

/// <param name="From">First number of persons.</param>
/// <param name="To">Last; left out: no end.</param>
/// <param name="AtFrom">Rate at the first, 0 to 1.</param>
/// <param name="AtTo">Rate at the last, 0 to 1.</param>
internal sealed record SizeBandDraft(decimal? From = null, decimal? To = null, decimal? AtFrom = null, decimal? AtTo = null);

/// <param name="Factor">Part of the sharing rate, 0 to 1.</param>
internal sealed record BelowMinimumDraft(decimal? Factor = null);

/// <summary>A band of the result.</summary>
/// <param name="From">As a share of the benchmark value, 0 to 10.</param>
/// <param name="To">Likewise; left out: no end.</param>
/// <param name="Gain">The providers' part of a gain in the band, 0 to 1.</param>
/// <param name="Loss">Their part of a loss, 0 to 1.</param>
internal sealed record CorridorDraft(decimal? From = null, decimal? To = null, decimal? Gain = null, decimal? Loss = null);

/// <param name="Gain">Sharing rate of a gain, 0 to 1.</param>
/// <param name="Loss">Sharing rate of a loss; left out: one-sided, nobody but the payer bears one.</param>
internal sealed record SharingDraft(decimal? Gain = null, LossRateDraft? Loss = null);

/// <param name="Kind"><c>fixed</c> (default), or <c>one-minus-earned</c>: 1 less the gain's rate times the quality score.</param>
/// <param name="Rate">Fixed: 0 to 1.</param>
/// <param name="Floor">One-minus-earned: the least, 0 to 1; left out: 0.</param>
/// <param name="Ceiling">One-minus-earned: the most, 0 to 1; left out: 1.</param>
internal sealed record LossRateDraft(string? Kind = null, decimal? Rate = null, decimal? Floor = null, decimal? Ceiling = null);

/// <summary>The effect of quality on a gain.</summary>
/// <param name="Kind"><c>binary</c>: nothing below the minimum score, all from it; <c>proportional</c>: times the score, nothing below the
/// minimum; <c>ladder</c>: the factor of the highest step reached; <c>standard</c>: as the settlement says, met or not.</param>
/// <param name="Minimum">Binary and proportional: a score of 0 to 1.</param>
/// <param name="Metrics">Named metrics and weights; left out: one score, named <c>quality</c>.</param>
/// <param name="Steps">Ladder: its steps.</param>
internal sealed record QualityDraft(string? Kind = null, decimal? Minimum = null, IReadOnlyList<QualityMetricDraft?>? Metrics = null,
    IReadOnlyList<QualityStepDraft?>? Steps = null);

/// <param name="Metric">Its code.</param>
/// <param name="Weight">Relative to the others; left out: 1.</param>
internal sealed record QualityMetricDraft(string? Metric = null, decimal? Weight = null);

/// <param name="From">Score from which it holds, 0 to 1.</param>
/// <param name="Factor">Part of the gain, 0 to 1.</param>
internal sealed record QualityStepDraft(decimal? From = null, decimal? Factor = null);

/// <param name="Code">Its name, such as <c>sequestration</c>; none of the steps' names.</param>
/// <param name="Factor">0 to 10; above 1 only before the cap.</param>
/// <param name="AppliesTo"><c>gain</c> (default), <c>loss</c> or <c>both</c>.</param>
internal sealed record MultiplierDraft(string? Code = null, decimal? Factor = null, string? AppliesTo = null);

/// <summary>The most of a gain and of a loss that counts, as shares of the benchmark value.</summary>
/// <param name="Cap">0 to 1.</param>
/// <param name="Floor">-1 to 0.</param>
/// <param name="AppliesTo"><c>result</c> (default): before it is divided; <c>party-share</c>: to each share but the payer's, after.</param>
/// <param name="CapOfRevenue">As a share of revenue, 0 to 10; the lower of both caps holds.</param>
/// <param name="FloorOfRevenue">As a share of revenue, -10 to 0; the lesser loss holds.</param>
/// <param name="FloorByYear">Floors of the first, second ... year of the agreement, in place of one floor; the last holds on.</param>
internal sealed record LimitsDraft(
    decimal? Cap = null, decimal? Floor = null, string? AppliesTo = null, decimal? CapOfRevenue = null, decimal? FloorOfRevenue = null,
    IReadOnlyList<decimal>? FloorByYear = null);

/// <param name="Code">Its name, such as <c>disaster</c>; none of the steps' names.</param>
/// <param name="AppliesTo"><c>gain</c> (default), <c>loss</c> or <c>both</c>.</param>
/// <param name="Kind"><c>amount</c> (default): the amount stated with the settlement; <c>affected</c>: the part of the result that the
/// share of persons affected times the months affected of the period makes.</param>
internal sealed record AdjustmentDraft(string? Code = null, string? AppliesTo = null, string? Kind = null);

/// <param name="Method"><c>fixed</c> (default): by the shares; <c>equal</c>, <c>by-budget</c>, <c>by-performance</c>: among all but the
/// payer; <c>losers-first</c>: a gain first makes good own losses, the rest goes by the shares.</param>
/// <param name="Reinvestment">The part of a gain that stays in the fund, 0 to 1; left out: 0.</param>
internal sealed record DivisionDraft(string? Method = null, decimal? Reinvestment = null);

/// <param name="Party">Code of a party to the agreement.</param>
/// <param name="Gain">Its fraction of a gain, 0 to 1, six places.</param>
/// <param name="Loss">Its fraction of a loss, 0 to 1, six places.</param>
internal sealed record ShareDraft(string? Party = null, decimal? Gain = null, decimal? Loss = null);
