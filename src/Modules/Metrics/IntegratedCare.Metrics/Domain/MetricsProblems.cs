using IntegratedCare.Shared.Http;

namespace IntegratedCare.Metrics.Domain;

/// <summary>The problems this module's rules raise.</summary>
internal static class MetricsProblems
{
    public static readonly IReadOnlyList<ProblemType> All = [];
}
