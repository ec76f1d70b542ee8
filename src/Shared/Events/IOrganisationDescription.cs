namespace IntegratedCare.Shared.Events;

/// <summary>What an event says of an organisation; the highest version counts.</summary>
public interface IOrganisationDescription
{
    string Code { get; }

    string DisplayName { get; }

    string Kind { get; }

    DateOnly? Closed { get; }

    long Version { get; }
}
