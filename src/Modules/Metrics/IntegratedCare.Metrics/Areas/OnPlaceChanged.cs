using IntegratedCare.Metrics.Storage;
using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Metrics.Reactions;

/// <summary>Keeps the names of systems and localities.</summary>
internal sealed class OnPlaceChanged : Reaction<PlaceChanged, MetricsDb>
{
    protected override async Task ApplyAsync(MetricsDb db, IReadOnlyList<Delivered<PlaceChanged>> run, CancellationToken ct) =>
        await FactStore.KeepNamesAsync(await db.NpgsqlAsync(ct), "place", run.Select(r => (r.Event.Code, r.Event.DisplayName, r.Event.Version)), ct);
}
