using IntegratedCare.Shared.Events;

namespace IntegratedCare.Population.Events;

/// <summary>A death as now recorded for a person.</summary>
public sealed record PersonDied(Guid PersonId, DateOnly Date, long Version) : IEvent
{
    public static string Name => "population.person-died.v1";
    public string? Key => PersonId.ToString();
}

/// <summary>A recorded death was cancelled at its source.</summary>
public sealed record DeathWithdrawn(Guid PersonId, long Version) : IEvent
{
    public static string Name => "population.death-withdrawn.v1";
    public string? Key => PersonId.ToString();
}
