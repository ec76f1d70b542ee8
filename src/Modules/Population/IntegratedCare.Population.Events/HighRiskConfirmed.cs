using IntegratedCare.Shared.Events;

namespace IntegratedCare.Population.Events;

/// <summary>A practice decided on a person proposed for its high-risk register, or the person left the register.</summary>
/// <param name="Status"><c>confirmed</c> (on the register from <paramref name="From"/>) or <c>ended</c> (off it from <paramref name="To"/>).</param>
/// <param name="Version">Raised with each decision on this person.</param>
public sealed record HighRiskConfirmed(
    PersonSummary Person,
    string? Place,
    string? System,
    string Tier,
    double Score,
    string Status,
    DateOnly From,
    DateOnly? To,
    string DecidedBy,
    long Version) : IEvent
{
    public static string Name => "population.high-risk-confirmed.v1";
    public string? Key => Person.PersonId.ToString();
}
