using System.Text.Json;
using System.Text.Json.Serialization;
using IntegratedCare.Contracts.Gates;
using IntegratedCare.Contracts.Settlements;
using IntegratedCare.Contracts.Settlements.Engine;
using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared;

namespace IntegratedCare.Contracts.RiskShares;

/// <summary>
/// The terms of a risk-share, as data. Rates, caps and floors are shares of the benchmark value; money is in
/// <paramref name="Currency"/>. <see cref="RiskShareEngine"/> applies them. A clause that is
/// null is not part of the terms.
/// </summary>
/// <param name="Form">How the result is measured: <c>activity-against-benchmark</c> (activity x unit price) or
/// <c>cost-against-benchmark</c> (money).</param>
/// <param name="Preset">The preset that the terms are based on, if any.</param>
/// <param name="MoneyPlaces">2: every line to the penny; 0: to whole pounds or dollars.</param>
/// <param name="UnitPrice">Price of one unit of activity; 0 where the result is measured in money.</param>
/// <param name="MarginalCost">The cost that one unit of activity less really frees; activity only.</param>
/// <param name="MarginalCostShare">The part of a saving at price that is really freed, 0 to 1; money only.</param>
/// <param name="StepCosts">Costs that go only in whole steps: a ward, a team.</param>
/// <param name="Payer">The commissioner with whom a saving or loss first falls, because it pays for the activity at price.
/// It pays out the others' shares of a gain and is paid their shares of a loss.</param>
/// <param name="Fund">Code of the pooled fund the transfers pass through.</param>
/// <param name="FundId">Its id; null where the parties name none and claim a fund later.</param>
/// <param name="System">Code of the care system in whose control total the transfers count.</param>
/// <param name="Order">The order in which the result becomes what is shared: <c>share</c>, <c>gate</c>, <c>multiplier</c>,
/// <c>cap</c>, <c>adjustment</c>.</param>
/// <param name="CoefficientOfVariation">Of one person's yearly cost, standard deviation over mean; for the warning on chance, money only.</param>
/// <param name="OpenBook"><c>all</c>: every party sees every line; <c>own-lines</c>: a party that is not the payer sees of the lines that
/// belong to one party only its own.</param>
internal sealed record RiskShareTerms(
    string Form,
    string? Preset,
    string Currency,
    int MoneyPlaces,
    MeasureTerms Measure,
    BenchmarkTerms Benchmark,
    decimal UnitPrice,
    decimal MarginalCost,
    decimal? MarginalCostShare,
    IReadOnlyList<StepCost> StepCosts,
    ThresholdTerms Threshold,
    IReadOnlyList<Corridor> Corridors,
    SharingTerms? Sharing,
    QualityTerms? Quality,
    IReadOnlyList<Multiplier> Multipliers,
    LimitTerms Limits,
    IReadOnlyList<AdjustmentTerms> Adjustments,
    IReadOnlyList<string> Order,
    DivisionTerms Division,
    IReadOnlyList<PartyShare> Shares,
    string Payer,
    string Fund,
    Guid? FundId,
    string System,
    decimal CoefficientOfVariation,
    string OpenBook)
{
    public const string ActivityAgainstBenchmark = "activity-against-benchmark";
    public const string CostAgainstBenchmark = "cost-against-benchmark";
    public const string AllLines = "all";
    public const string OwnLines = "own-lines";

    [JsonIgnore]
    public bool InMoney => Form == CostAgainstBenchmark;

    /// <summary>The same terms as a draft; completing it gives the terms again.</summary>
    public TermsDraft ToDraft() => JsonSerializer.Deserialize<TermsDraft>(JsonSerializer.SerializeToUtf8Bytes(this, SharedJson.Storage), SharedJson.Wire)!;

    /// <summary>The terms with every number at the fixed scale of its unit and parties in order of code, as statements use them.</summary>
    public RiskShareTerms Normalised() => this with
    {
        Benchmark = Benchmark.Normalised(InMoney ? MoneyPlaces : Units.Scale(Units.Activity)),
        UnitPrice = Units.Fix(UnitPrice, 2),
        MarginalCost = Units.Fix(MarginalCost, 2),
        MarginalCostShare = Units.Fix(MarginalCostShare, 6),
        StepCosts = [.. StepCosts.OrderBy(s => s.Code, StringComparer.Ordinal)
            .Select(s => s with { Size = Units.Fix(s.Size, 2), Cost = Units.Fix(s.Cost, 2) })],
        Threshold = Threshold with
        {
            MinimumSavingsRate = Units.Fix(Threshold.MinimumSavingsRate, 6),
            MinimumLossRate = Units.Fix(Threshold.MinimumLossRate, 6),
            BySize = Threshold.BySize is { } size ? size with { Bands = [.. size.Bands.OrderBy(b => b.From).Select(b => b.Normalised())] } : null,
            BelowMinimum = Threshold.BelowMinimum is { } below ? new BelowMinimum(Units.Fix(below.Factor, 6)) : null,
        },
        Corridors = [.. Corridors.OrderBy(c => c.From)
            .Select(c => c with { From = Units.Fix(c.From, 6), To = Units.Fix(c.To, 6), Gain = Units.Fix(c.Gain, 6), Loss = Units.Fix(c.Loss, 6) })],
        Sharing = Sharing?.Normalised(),
        Quality = Quality?.Normalised(),
        Multipliers = [.. Multipliers.OrderBy(m => m.Code, StringComparer.Ordinal).Select(m => m with { Factor = Units.Fix(m.Factor, 6) })],
        Limits = Limits.Normalised(),
        Adjustments = [.. Adjustments.OrderBy(a => a.Code, StringComparer.Ordinal)],
        Division = Division with { Reinvestment = Units.Fix(Division.Reinvestment, 6) },
        Shares = [.. Shares.OrderBy(s => s.Party, StringComparer.Ordinal).Select(s => s with { Gain = Units.Fix(s.Gain, 6), Loss = Units.Fix(s.Loss, 6) })],
        CoefficientOfVariation = Units.Fix(CoefficientOfVariation, 6),
    };
}

/// <param name="Size">Units of activity, or money, that one step serves.</param>
/// <param name="Cost">What one whole step costs.</param>
internal sealed record StepCost(string Code, decimal Size, decimal Cost);

/// <summary>A band of the result, as shares of the benchmark value, with the providers' part of what falls in it.</summary>
/// <param name="To">Null: no end.</param>
internal sealed record Corridor(decimal From, decimal? To, decimal Gain, decimal Loss);

/// <summary>The part of the result that is divided by the shares.</summary>
/// <param name="Gain">Sharing rate of a gain.</param>
/// <param name="Loss">Sharing rate of a loss; null: the provider bears none.</param>
internal sealed record SharingTerms(decimal Gain, LossRate? Loss)
{
    public SharingTerms Normalised() => new(Units.Fix(Gain, 6), Loss is null ? null
        : Loss with { Rate = Units.Fix(Loss.Rate, 6), Floor = Units.Fix(Loss.Floor, 6), Ceiling = Units.Fix(Loss.Ceiling, 6) });
}

/// <param name="Kind"><c>fixed</c>: the rate; <c>one-minus-earned</c>: 1 less the gain's sharing rate times the quality score
/// (nothing where it would earn nothing of a gain), not below the floor and not above the ceiling.</param>
internal sealed record LossRate(string Kind, decimal? Rate, decimal? Floor, decimal? Ceiling)
{
    public const string Fixed = "fixed";
    public const string OneMinusEarned = "one-minus-earned";
}

/// <param name="AppliesTo"><c>gain</c>, <c>loss</c> or <c>both</c>.</param>
internal sealed record Multiplier(string Code, decimal Factor, string AppliesTo);

/// <param name="Cap">Most that counts of a gain, at least 0.</param>
/// <param name="Floor">Least that counts of a loss, at most 0.</param>
/// <param name="AppliesTo"><c>result</c>: before it is divided; <c>party-share</c>: to each share other than the payer's, after.</param>
/// <param name="CapOfRevenue">Most that counts of a gain as a share of revenue; the lower of the two limits holds.</param>
/// <param name="FloorOfRevenue">Least that counts of a loss as a share of revenue, at most 0.</param>
/// <param name="FloorByYear">Floors of the first, second ... year of the agreement; the last holds on.</param>
internal sealed record LimitTerms(decimal Cap, decimal Floor, string AppliesTo, decimal? CapOfRevenue = null, decimal? FloorOfRevenue = null,
    IReadOnlyList<decimal>? FloorByYear = null)
{
    public const string Result = "result";
    public const string PartyShare = "party-share";

    public LimitTerms Normalised() => this with
    {
        Cap = Units.Fix(Cap, 6),
        Floor = Units.Fix(Floor, 6),
        CapOfRevenue = Units.Fix(CapOfRevenue, 6),
        FloorOfRevenue = Units.Fix(FloorOfRevenue, 6),
        FloorByYear = FloorByYear is null ? null : [.. FloorByYear.Select(f => Units.Fix(f, 6))],
    };
}

/// <summary>Reduces a loss or a gain, at most to zero: disaster relief.</summary>
/// <param name="AppliesTo"><c>gain</c>, <c>loss</c> or <c>both</c>.</param>
/// <param name="Kind">Null: an amount stated with the settlement. <c>affected</c>: the part of the result that is the share of persons
/// affected (0 to 1) times the months affected over the months of the period, as 42 CFR 425.605(f), 425.606(i) and 425.610(i) lessen
/// losses for extreme and uncontrollable circumstances.</param>
internal sealed record AdjustmentTerms(string Code, string AppliesTo, string? Kind = null)
{
    public const string Amount = "amount";
    public const string Affected = "affected";
}

/// <summary>How the result is divided.</summary>
/// <param name="Method"><c>fixed</c>: by the shares; <c>equal</c>, <c>by-budget</c>, <c>by-performance</c>: among all but the payer;
/// <c>losers-first</c>: a gain first makes good the parties' own losses, the rest goes by the shares.</param>
/// <param name="Reinvestment">The part of a gain that stays in the fund.</param>
internal sealed record DivisionTerms(string Method, decimal Reinvestment)
{
    public const string Fixed = "fixed";
    public const string Equal = "equal";
    public const string ByBudget = "by-budget";
    public const string ByPerformance = "by-performance";
    public const string LosersFirst = "losers-first";

    public static readonly string[] Methods = [Fixed, Equal, ByBudget, ByPerformance, LosersFirst];

    [JsonIgnore]
    public bool UsesShares => Method is Fixed or LosersFirst;
}

/// <summary>One party's fraction of a gain and of a loss. Each sums to exactly one over the parties.</summary>
internal sealed record PartyShare(string Party, decimal Gain, decimal Loss);

/// <summary>The steps from the result after threshold to what is shared.</summary>
internal static class Steps
{
    public const string Share = "share";
    public const string Gate = "gate";
    public const string Multiplier = "multiplier";
    public const string Cap = "cap";
    public const string Adjustment = "adjustment";

    public static readonly string[] All = [Share, Gate, Multiplier, Cap, Adjustment];

    /// <summary>Codes of statement lines, which the parties' own codes must not repeat.</summary>
    public static readonly string[] Reserved = [.. All, "corridors", "limits"];
}
