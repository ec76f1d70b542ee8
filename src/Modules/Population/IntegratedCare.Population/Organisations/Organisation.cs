using IntegratedCare.Shared.Storage;

namespace IntegratedCare.Population.Domain;

/// <summary>An organisation of the register, by its ODS code. Codes are never reused.</summary>
internal sealed class Organisation : Aggregate
{
    private Organisation()
    {
    }

    public string Code { get; private set; } = null!;
    public string Kind { get; private set; } = null!;
    public OrganisationDetails Details { get; private set; } = null!;

    public static Organisation Register(string code, string kind, OrganisationDetails details) => new() { Code = code, Kind = kind, Details = details };

    public void Amend(string kind, OrganisationDetails details) => (Kind, Details) = (kind, details);
}

internal sealed record OrganisationDetails(string Name, string? Parent, DateOnly? Opened, DateOnly? Closed, string? Successor);
