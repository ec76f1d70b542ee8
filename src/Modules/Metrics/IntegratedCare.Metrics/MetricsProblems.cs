using IntegratedCare.Shared.Http;

namespace IntegratedCare.Metrics;

/// <summary>The problems this module's rules raise.</summary>
internal static class MetricsProblems
{
    public static readonly ProblemType PeriodNotBegun = new("period-not-begun", 409, "The period has not begun",
        "There is nothing to compute or publish of months that lie in the future.");
    public static readonly ProblemType PeriodNotOver = new("period-not-over", 409, "The period is not over",
        "Only months that have ended can be published as final. Publish the running month as provisional.");

    public static readonly IReadOnlyList<ProblemType> All = [PeriodNotBegun, PeriodNotOver];
}
