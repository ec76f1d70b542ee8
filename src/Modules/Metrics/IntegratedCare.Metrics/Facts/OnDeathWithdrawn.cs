using IntegratedCare.Metrics.Storage;
using IntegratedCare.Population.Events;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Metrics.Reactions;

/// <summary>A death that was recorded in error is taken back.</summary>
internal sealed class OnDeathWithdrawn : Reaction<DeathWithdrawn, MetricsDb>
{
    protected override async Task ApplyAsync(MetricsDb db, IReadOnlyList<Delivered<DeathWithdrawn>> run, CancellationToken ct) =>
        await FactStore.KeepDeathsAsync(await db.NpgsqlAsync(ct), run.Select(r => (r.Event.PersonId, (DateOnly?)null, r.Event.Version)), LondonTime.Today(db.Clock), ct);
}
