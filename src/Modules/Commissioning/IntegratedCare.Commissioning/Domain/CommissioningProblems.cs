using IntegratedCare.Shared.Http;

namespace IntegratedCare.Commissioning.Domain;

/// <summary>The problems this module's rules raise.</summary>
internal static class CommissioningProblems
{
    public static readonly IReadOnlyList<ProblemType> All = [];
}
