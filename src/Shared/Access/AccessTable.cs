using System.Text.Json;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Shared.Access;

/// <summary>How much of a person's record a caller may see.</summary>
public enum Disclosure
{
    Refused,
    Aggregate,
    Pseudonymised,

    /// <summary>Identifiable, but only what the caller's own organisation recorded.</summary>
    OwnRecords,
    Identifiable,
}

/// <summary>How a caller's organisation is related to a person. A module learns these from events and keeps them itself.</summary>
public static class Relationships
{
    public const string RegisteredPractice = "registered-practice";
    public const string ActiveEpisode = "active-episode";
    public const string RecentCare = "recent-care";
    public const string EmergencyAccess = "emergency-access";
    public const string DataController = "data-controller";
    public const string None = "none";
}

/// <summary>The one table of lawful basis: organisation kind x purpose x relationship -> disclosure. Its rows are data.</summary>
public static class AccessTable
{
    private static readonly IReadOnlyList<Row> Rows = Load();

    /// <summary>The best disclosure that any of the relationships gives; refused when no row matches.</summary>
    public static Disclosure Decide(string kind, string purpose, params IEnumerable<string> relationships) =>
        relationships.Append(Relationships.None).Select(r => Decide(kind, purpose, r)).Max();

    /// <summary>Refuses unless the caller may see whole identifiable rows of a person with these relationships.</summary>
    public static void RequireIdentifiable(AccessContext access, params IEnumerable<string> relationships)
    {
        if (Decide(access.Kind, access.Purpose, relationships) != Disclosure.Identifiable)
            throw new RequestRefused(Problems.DisclosureRefused, Problems.DisclosureRefused.Explanation);
    }

    /// <summary>Refuses unless the caller may see identifiable rows that its own organisation posted.</summary>
    public static void RequireOwnRecords(AccessContext access)
    {
        if (Decide(access.Kind, access.Purpose, Relationships.DataController) < Disclosure.OwnRecords)
            throw new RequestRefused(Problems.DisclosureRefused, Problems.DisclosureRefused.Explanation);
    }

    private static Disclosure Decide(string kind, string purpose, string relationship) =>
        Rows.FirstOrDefault(r => Matches(r.Kind, kind) && Matches(r.Purpose, purpose) && Matches(r.Relationship, relationship))?.Disclosure
        ?? Disclosure.Refused;

    private static bool Matches(string rule, string value) => rule == "any" || rule == value;

    private static IReadOnlyList<Row> Load()
    {
        using var stream = typeof(AccessTable).Assembly.GetManifestResourceStream("IntegratedCare.Shared.Access.access-table.json")!;
        return JsonSerializer.Deserialize<Table>(stream, SharedJson.Wire)!.Rows;
    }

    private sealed record Table(string Note, IReadOnlyList<Row> Rows);

    private sealed record Row(string Kind, string Purpose, string Relationship, Disclosure Disclosure, string Why);
}
