namespace IntegratedCare.Shared.Events;

/// <summary>The details of an organisation in an event; the highest version counts.</summary>
public interface IOrganisationDescription
{
    string Code { get; }

    string DisplayName { get; }

    string Kind { get; }

    DateOnly? Closed { get; }

    long Version { get; }
}
