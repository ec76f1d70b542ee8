using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Metrics.Facts;

/// <summary>A death that was recorded in error is withdrawn.</summary>
internal sealed class OnDeathWithdrawn : Reaction<DeathWithdrawn, MetricsSession>
{
    protected override Task ApplyAsync(MetricsSession session, IReadOnlyList<Delivered<DeathWithdrawn>> run, CancellationToken ct) =>
        session.UpsertDeathsAsync(run.Select(r => (r.Event.PersonId, (DateOnly?)null, r.Event.Version)), ct);
}
