namespace IntegratedCare.Contracts.Domain;

/// <summary>
/// The terms of a risk-share, as data. Rates, caps and floors are shares of the benchmark value (benchmark activity x unit
/// price); money is pounds and pence. <see cref="RiskShareEngine"/> is the only reader that gives them effect.
/// </summary>
/// <param name="Form">How the result is measured; so far <c>activity-against-benchmark</c>.</param>
/// <param name="Preset">The named preset the terms began from, if any.</param>
/// <param name="Payer">The commissioner with whom a saving or loss first falls, because it pays for the activity at price.
/// It pays out the others' shares of a gain and is paid their shares of a loss.</param>
/// <param name="Fund">Code of the pooled fund the transfers pass through.</param>
/// <param name="System">Code of the care system in whose control total the transfers count.</param>
internal sealed record RiskShareTerms(
    string Form,
    string? Preset,
    string Currency,
    MeasureTerms Measure,
    BenchmarkTerms Benchmark,
    decimal UnitPrice,
    decimal MarginalCost,
    ThresholdTerms Threshold,
    LimitTerms Limits,
    IReadOnlyList<PartyShare> Shares,
    string Payer,
    string Fund,
    string System)
{
    public const string ActivityAgainstBenchmark = "activity-against-benchmark";

    /// <summary>Every number at the fixed scale of its unit, parties in order of code: what statements are made from.</summary>
    public RiskShareTerms Normalised() => this with
    {
        Benchmark = new BenchmarkTerms(
            Benchmark.PerQuarter is { } q ? Units.Fix(q, Units.Activity) : null,
            [.. Benchmark.Periods.OrderBy(p => p.Period, StringComparer.Ordinal).Select(p => p with { Activity = Units.Fix(p.Activity, Units.Activity) })]),
        UnitPrice = Units.Fix(UnitPrice, Units.Money),
        MarginalCost = Units.Fix(MarginalCost, Units.Money),
        Threshold = Threshold with
        {
            MinimumSavingsRate = Units.Fix(Threshold.MinimumSavingsRate, Units.Rate),
            MinimumLossRate = Units.Fix(Threshold.MinimumLossRate, Units.Rate),
        },
        Limits = Limits with { Cap = Units.Fix(Limits.Cap, Units.Rate), Floor = Units.Fix(Limits.Floor, Units.Rate) },
        Shares = [.. Shares.OrderBy(s => s.Party, StringComparer.Ordinal).Select(s => s with { Gain = Units.Fix(s.Gain, Units.Rate), Loss = Units.Fix(s.Loss, Units.Rate) })],
    };
}

/// <summary>The metric whose published numerator is the actual activity.</summary>
internal sealed record MeasureTerms(string Metric, string AreaKind, string Area);

/// <summary>Expected activity: for named periods, else per quarter (a month is a third of it, a year four times).</summary>
internal sealed record BenchmarkTerms(decimal? PerQuarter, IReadOnlyList<BenchmarkPeriod> Periods);

internal sealed record BenchmarkPeriod(string Period, decimal Activity);

/// <param name="Sharing"><c>first-pound</c>: past the threshold the whole result is shared; <c>excess-only</c>: what exceeds it.</param>
internal sealed record ThresholdTerms(decimal MinimumSavingsRate, decimal MinimumLossRate, string Sharing)
{
    public const string FirstPound = "first-pound";
    public const string ExcessOnly = "excess-only";
}

/// <param name="Cap">Most that counts of a gain, at least 0.</param>
/// <param name="Floor">Least that counts of a loss, at most 0.</param>
/// <param name="AppliesTo"><c>result</c>: before it is divided; <c>party-share</c>: to each share other than the payer's, after.</param>
internal sealed record LimitTerms(decimal Cap, decimal Floor, string AppliesTo)
{
    public const string Result = "result";
    public const string PartyShare = "party-share";
}

/// <summary>One party's fraction of a gain and of a loss. Each sums to exactly one over the parties.</summary>
internal sealed record PartyShare(string Party, decimal Gain, decimal Loss);

/// <summary>The fixed scale of each unit on a statement.</summary>
internal static class Units
{
    public const string Activity = "activity";
    public const string Money = "GBP";
    public const string Rate = "rate";
    public const string Probability = "probability";
    public const string Z = "z";

    public static int Scale(string unit) => unit is Activity or Money ? 2 : 6;

    /// <summary>Rounds half away from zero, and pads: 1.5 becomes 1.50, so that equal values are equal bytes.</summary>
    public static decimal Fix(decimal value, string unit)
    {
        var scale = Scale(unit);
        // Adding a zero of the scale pads; it also turns a negative zero into zero.
        var rounded = decimal.Round(value, scale, MidpointRounding.AwayFromZero);
        return (rounded == 0 ? 0 : rounded) + new decimal(0, 0, 0, false, (byte)scale);
    }
}
