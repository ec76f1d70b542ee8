using IntegratedCare.Shared.Http;

namespace IntegratedCare.Population.Domain;

/// <summary>The problems this module's rules raise.</summary>
internal static class PopulationProblems
{
    public static readonly IReadOnlyList<ProblemType> All = [];
}
