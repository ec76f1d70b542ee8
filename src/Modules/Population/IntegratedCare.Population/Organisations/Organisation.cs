using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Documents;

namespace IntegratedCare.Population.Organisations;

/// <summary>An organisation of the register, by its ODS code. Codes are never reused.</summary>
internal sealed record Organisation(string Code, string Kind, string Name, string? Parent, DateOnly? Opened, DateOnly? Closed, string? Successor) : Document
{
    /// <param name="version">The version under which this state is saved.</param>
    public OrganisationChanged ToEvent(long version) => new(Code, Name, Kind, Parent, Opened, Closed, Successor, version);
}
