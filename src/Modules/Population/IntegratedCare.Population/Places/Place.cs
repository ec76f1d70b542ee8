using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Storage;

namespace IntegratedCare.Population.Domain;

/// <summary>A node of system -> place -> locality. A locality has practices, each from and to a date.</summary>
internal sealed class Place : Aggregate
{
    public const string SystemLevel = "system";
    public const string PlaceLevel = "place";
    public const string LocalityLevel = "locality";

    private Place()
    {
    }

    public string Code { get; private set; } = null!;
    public string Level { get; private set; } = null!;
    public string? Parent { get; private set; }
    public PlaceDetails Details { get; private set; } = null!;

    /// <param name="parent">The parent as registered, null for a system.</param>
    public static Place Register(string code, string level, Place? parent, PlaceDetails details)
    {
        Check(level, parent, details);
        return new Place { Code = code, Level = level, Parent = parent?.Code, Details = details };
    }

    /// <summary>Names and memberships may change; code, level and parent may not.</summary>
    public void Amend(Place? parent, PlaceDetails details)
    {
        Check(Level, parent, details);
        Details = details;
    }

    private static void Check(string level, Place? parent, PlaceDetails details)
    {
        var fits = level switch
        {
            SystemLevel => parent is null,
            PlaceLevel => parent?.Level == SystemLevel,
            _ => parent?.Level == PlaceLevel,
        };
        if (!fits || (level != LocalityLevel && details.Practices.Count > 0))
            throw new RuleViolation(PopulationProblems.PlaceLevels, PopulationProblems.PlaceLevels.Explanation);
    }
}

internal sealed record PlaceDetails(string Name, IReadOnlyList<PlacePractice> Practices);

/// <param name="To">The first day on which it no longer holds.</param>
internal sealed record PlacePractice(string Practice, DateOnly From, DateOnly? To);
