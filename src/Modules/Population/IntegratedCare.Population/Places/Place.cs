using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Population.Places;

/// <summary>A node of system -> place -> locality. A locality has practices, each from and to a date.</summary>
internal sealed record Place(string Code, string Level, string? Parent, string Name, IReadOnlyList<PlacePractice> Practices) : Document
{
    public const string SystemLevel = "system";
    public const string PlaceLevel = "place";
    public const string LocalityLevel = "locality";

    /// <param name="parent">The parent as registered, null for a system.</param>
    public static Place Register(string code, string level, Place? parent, string name, IReadOnlyList<PlacePractice> practices) =>
        new Place(code, level, parent?.Code, name, practices).Checked(parent);

    /// <summary>Names and memberships may change; code, level and parent may not.</summary>
    public Place Amend(Place? parent, string name, IReadOnlyList<PlacePractice> practices) =>
        (this with { Name = name, Practices = practices }).Checked(parent);

    /// <param name="version">The version under which this state is saved.</param>
    public PlaceChanged ToEvent(long version) =>
        new(Code, Name, Level, Parent, [.. Practices.Select(p => new PracticeMembership(p.Practice, p.From, p.To))], version);

    private Place Checked(Place? parent)
    {
        var fits = Level switch
        {
            SystemLevel => parent is null,
            PlaceLevel => parent?.Level == SystemLevel,
            _ => parent?.Level == PlaceLevel,
        };
        return fits && (Level == LocalityLevel || Practices.Count == 0) ? this
            : throw new RuleViolation(PopulationProblems.PlaceLevels, PopulationProblems.PlaceLevels.Explanation);
    }
}

/// <param name="To">The first day on which it no longer holds.</param>
internal sealed record PlacePractice(string Practice, DateOnly From, DateOnly? To);
