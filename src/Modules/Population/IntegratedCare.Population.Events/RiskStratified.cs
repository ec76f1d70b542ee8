using IntegratedCare.Shared.Events;

namespace IntegratedCare.Population.Events;

/// <summary>Up to 1,000 persons whose tier changed in a stratification run.</summary>
public sealed record RiskStratified(
    Guid RunId,
    string Model,
    int ModelVersion,
    DateOnly IndexDate,
    IReadOnlyList<TierChange> Changes) : IEvent
{
    public static string Name => "population.risk-stratified.v1";
    public string? Key => null;
}

/// <param name="Tier">Now: <c>top-0.5</c>, <c>top-2</c>, <c>top-5</c>, <c>top-20</c>, or null when in none.</param>
public sealed record TierChange(PersonSummary Person, string? Tier, string? PreviousTier, double Score);

/// <summary>The little that a pathway needs of a person: no name, no NHS number.</summary>
public sealed record PersonSummary(Guid PersonId, string Practice, string? Locality, int Age, string Sex, IReadOnlyList<string> Conditions);
