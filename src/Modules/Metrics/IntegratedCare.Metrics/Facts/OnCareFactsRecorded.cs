using IntegratedCare.Metrics.Storage;
using IntegratedCare.Population.Events;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Metrics.Reactions;

/// <summary>Keeps the facts that metrics are computed from.</summary>
internal sealed class OnCareFactsRecorded : Reaction<CareFactsRecorded, MetricsDb>
{
    protected override async Task ApplyAsync(MetricsDb db, IReadOnlyList<Delivered<CareFactsRecorded>> run, CancellationToken ct) =>
        await FactStore.KeepFactsAsync(await db.NpgsqlAsync(ct), run.SelectMany(r => r.Event.Facts), LondonTime.Today(db.Clock), ct);
}
