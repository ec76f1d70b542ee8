using IntegratedCare.Shared.Events;

namespace IntegratedCare.Population.Events;

/// <summary>A node of system -> place -> locality, with the practices that are members of it (localities only).</summary>
public sealed record PlaceChanged(
    string Code,
    string DisplayName,
    string Level,
    string? Parent,
    IReadOnlyList<PracticeMembership> Practices,
    long Version) : IEvent
{
    public static string Name => "population.place-changed.v1";
    public string? Key => Code;
}

/// <summary>A practice's membership of a locality; <paramref name="To"/> is the first day it no longer holds.</summary>
public sealed record PracticeMembership(string Practice, DateOnly From, DateOnly? To);
