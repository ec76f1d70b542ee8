using IntegratedCare.CarePathways.Definitions;

namespace IntegratedCare.CarePathways.Meetings;

/// <summary>Whether a meeting has the disciplines that the pathway asks for.</summary>
internal static class Quorum
{
    /// <summary>The titles of the rules that are not met. An attendee counts for every rule that names their role.</summary>
    public static IReadOnlyList<string> Missing(IReadOnlyList<QuorumRule> rules, IEnumerable<string> roles)
    {
        var present = roles.ToList();
        return [.. rules.Where(rule => present.Count(rule.Roles.Contains) < rule.Least).Select(rule => rule.Title)];
    }
}
