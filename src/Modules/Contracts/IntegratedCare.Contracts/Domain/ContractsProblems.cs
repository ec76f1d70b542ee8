using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts.Domain;

/// <summary>The problems this module's rules raise.</summary>
internal static class ContractsProblems
{
    public static readonly IReadOnlyList<ProblemType> All = [];
}
