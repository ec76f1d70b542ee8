using IntegratedCare.Shared.Access;

namespace IntegratedCare.Metrics;

internal static class MetricsScopes
{
    public const string Read = "metrics.read";
    public const string Write = "metrics.write";

    public static readonly IReadOnlyList<Scope> All =
    [
        new(Read, "Read metric definitions and values"),
        new(Write, "Compute and publish metric values"),
    ];
}

/// <summary>The purposes that every endpoint of this module serves.</summary>
internal static class MetricsPurposes
{
    /// <summary>In the order of preference when the caller names none; the one that shows exact small numbers is the last.</summary>
    public static readonly string[] All =
        [Purposes.PopulationHealth, Purposes.Commissioning, Purposes.Evaluation, Purposes.RiskStratification, Purposes.DirectCare, Purposes.Operations];
}
