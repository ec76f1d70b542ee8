using IntegratedCare.Metrics.Storage;
using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Metrics.Reactions;

/// <summary>Keeps the registered population, the denominator of rates.</summary>
internal sealed class OnRegisterCounted : Reaction<RegisterCounted, MetricsDb>
{
    protected override async Task ApplyAsync(MetricsDb db, IReadOnlyList<Delivered<RegisterCounted>> run, CancellationToken ct) =>
        await FactStore.KeepCountsAsync(await db.NpgsqlAsync(ct), run.SelectMany(r => r.Event.Counts), ct);
}
