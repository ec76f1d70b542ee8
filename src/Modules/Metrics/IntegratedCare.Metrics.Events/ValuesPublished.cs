using IntegratedCare.Shared.Events;

namespace IntegratedCare.Metrics.Events;

/// <summary>Up to 1,000 values frozen by a publication.</summary>
public sealed record ValuesPublished(Guid PublicationId, IReadOnlyList<PublishedValue> Values) : IEvent
{
    public static string Name => "metrics.values-published.v1";
    public string? Key => null;
}

/// <summary>Published values that a late, amended or cancelled record has touched, in their new version.</summary>
public sealed record ValuesRestated(IReadOnlyList<PublishedValue> Values) : IEvent
{
    public static string Name => "metrics.values-restated.v1";
    public string? Key => null;
}

/// <summary>One published value, unsuppressed. A consumer keeps the highest <paramref name="Version"/> of a
/// (metric, area kind, area, period).</summary>
/// <param name="ValueId">Identifies this version of the value.</param>
/// <param name="AreaKind"><c>system</c>, <c>locality</c> or <c>practice</c>.</param>
/// <param name="Period"><c>2026-11</c>.</param>
/// <param name="Status"><c>provisional</c> or <c>final</c>.</param>
public sealed record PublishedValue(
    Guid ValueId,
    string Metric,
    int DefinitionVersion,
    string AreaKind,
    string Area,
    string Period,
    int Version,
    double Numerator,
    double? Denominator,
    double? Value,
    double? Lower95,
    double? Upper95,
    string Status,
    DateTimeOffset KnownAt);
