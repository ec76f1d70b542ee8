using System.Text.Json.Serialization;
using IntegratedCare.Contracts.Statements;

namespace IntegratedCare.Contracts.RiskShares;

/// <summary>The effect of quality on a gain.</summary>
/// <param name="Kind"><c>binary</c>: nothing below the minimum score, all from it; <c>proportional</c>: times the score, nothing
/// below the minimum; <c>ladder</c>: the factor of the highest step reached; <c>standard</c>: all when the settlement says
/// that the standard is met, times the score by the alternative standard, else nothing.</param>
/// <param name="Metrics">Named metrics and their weights; empty: one score, named <c>quality</c>.</param>
internal sealed record QualityTerms(string Kind, decimal? Minimum, IReadOnlyList<QualityMetric>? Metrics, IReadOnlyList<QualityStep>? Steps)
{
    public const string Binary = "binary";
    public const string Proportional = "proportional";
    public const string Ladder = "ladder";
    public const string Standard = "standard";

    /// <summary>The single score's name where the terms name no metrics.</summary>
    public static readonly QualityMetric Single = new("quality", 1);

    [JsonIgnore]
    public IReadOnlyList<QualityMetric> Scored => Metrics is { Count: > 0 } ? Metrics : [Single];

    public QualityTerms Normalised() => new(Kind, Units.Fix(Minimum, 6),
        Metrics is null ? null : [.. Metrics.OrderBy(m => m.Metric, StringComparer.Ordinal).Select(m => m with { Weight = Units.Fix(m.Weight, 6) })],
        Steps is null ? null : [.. Steps.OrderBy(s => s.From).Select(s => new QualityStep(Units.Fix(s.From, 6), Units.Fix(s.Factor, 6)))]);
}

internal sealed record QualityMetric(string Metric, decimal Weight);

internal sealed record QualityStep(decimal From, decimal Factor);
