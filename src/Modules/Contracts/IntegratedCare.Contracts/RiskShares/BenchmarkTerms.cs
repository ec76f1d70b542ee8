using System.Text.Json.Serialization;
using IntegratedCare.Contracts.Statements;

namespace IntegratedCare.Contracts.RiskShares;

/// <summary>
/// The expected figure. Fixed: for named periods, else per quarter (a month is a third of it, a year four times). Historical:
/// base years with trend and weights. Peer: a rate per head. Given: stated with the settlement.
/// </summary>
/// <param name="Kind"><c>fixed</c>, <c>historical</c>, <c>peer</c> or <c>given</c>.</param>
/// <param name="BaseYears">Historical: the years it is made from.</param>
/// <param name="PerHead">Historical: years are taken per head and multiplied by the persons of the period.</param>
/// <param name="PeerPerHead">Peer: the peers' yearly figure per head; with base years, blended at <paramref name="PeerWeight"/>.</param>
/// <param name="NeedCap">Most by which the need ratio given with the settlement may move the benchmark, up or down; null: no need adjustment.</param>
internal sealed record BenchmarkTerms(
    decimal? PerQuarter,
    IReadOnlyList<BenchmarkPeriod> Periods,
    string Kind = BenchmarkTerms.Fixed,
    IReadOnlyList<BaseYear>? BaseYears = null,
    bool PerHead = false,
    decimal? PeerPerHead = null,
    decimal? PeerWeight = null,
    decimal? NeedCap = null)
{
    public const string Fixed = "fixed";
    public const string Historical = "historical";
    public const string Peer = "peer";
    public const string Given = "given";

    [JsonIgnore]
    public bool NeedsPersons => Kind == Peer || (Kind == Historical && PerHead);

    public BenchmarkTerms Normalised(int places) => this with
    {
        PerQuarter = Units.Fix(PerQuarter, places),
        Periods = [.. Periods.OrderBy(p => p.Period, StringComparer.Ordinal).Select(p => p with { Activity = Units.Fix(p.Activity, places) })],
        BaseYears = BaseYears is null ? null : [.. BaseYears.OrderBy(y => y.Label, StringComparer.Ordinal).Select(y => y.Normalised(places))],
        PeerPerHead = Units.Fix(PeerPerHead, 6),
        PeerWeight = Units.Fix(PeerWeight, 6),
        NeedCap = Units.Fix(NeedCap, 6),
    };
}

/// <param name="Activity">Expected activity, or money where the result is measured in money.</param>
internal sealed record BenchmarkPeriod(string Period, decimal Activity);

/// <param name="Amount">Activity or money of the whole year.</param>
/// <param name="Persons">Person-years, for a benchmark per head.</param>
/// <param name="Trend">Growth from the base year to the period settled, as a factor: 1.05.</param>
/// <param name="Weight">All weights sum to 1.</param>
internal sealed record BaseYear(string Label, decimal Amount, decimal? Persons, decimal Trend, decimal Weight)
{
    public BaseYear Normalised(int places) => this with
    {
        Amount = Units.Fix(Amount, places),
        Persons = Units.Fix(Persons, 2),
        Trend = Units.Fix(Trend, 6),
        Weight = Units.Fix(Weight, 6),
    };
}
