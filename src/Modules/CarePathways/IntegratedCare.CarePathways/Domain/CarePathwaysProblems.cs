using IntegratedCare.Shared.Http;

namespace IntegratedCare.CarePathways.Domain;

/// <summary>The problems this module's rules raise.</summary>
internal static class CarePathwaysProblems
{
    public static readonly IReadOnlyList<ProblemType> All = [];
}
