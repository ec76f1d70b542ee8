using IntegratedCare.Shared.Events;

namespace IntegratedCare.Population.Events;

/// <summary>The register's current view of one organisation. Kinds are those of the token claim <c>org_kind</c>.</summary>
public sealed record OrganisationChanged(
    string Code,
    string DisplayName,
    string Kind,
    string? Parent,
    DateOnly? Opened,
    DateOnly? Closed,
    string? Successor,
    long Version) : IEvent, IOrganisationDescription
{
    public static string Name => "population.organisation-changed.v1";
    public string? Key => Code;
}
