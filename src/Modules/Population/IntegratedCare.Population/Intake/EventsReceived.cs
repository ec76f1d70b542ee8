using IntegratedCare.Shared.Events;

namespace IntegratedCare.Population.Intake;

/// <summary>Events stored by one commit, waiting to be applied to their records. Population's own.</summary>
internal sealed record EventsReceived(DateTimeOffset ReceivedAt, IReadOnlyList<long> Seqs) : IEvent
{
    public static string Name => "population.events-received.v1";
    public string? Key => null;
}
