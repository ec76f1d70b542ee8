using IntegratedCare.Shared.Http;

namespace IntegratedCare.Population.Domain;

/// <summary>The problems this module's rules raise.</summary>
internal static class PopulationProblems
{
    // Risk
    public static readonly ProblemType HighRiskEntryState = new("high-risk-entry-state", 409, "The entry is past that",
        "Proposed entries can be confirmed or declined, declined ones confirmed, confirmed ones ended. Read the entry for its present status.");
    public static readonly ProblemType PersonNotOnPracticeList = new("person-not-on-practice-list", 409, "Not on the practice's list any more",
        "The person has died or is registered elsewhere, so this practice can no longer take them on its high-risk register.");

    public static readonly IReadOnlyList<ProblemType> All =
    [
        // Risk
        HighRiskEntryState, PersonNotOnPracticeList,
    ];
}
