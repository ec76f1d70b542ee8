using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Metrics.Areas;

/// <summary>Keeps the names of systems and localities.</summary>
internal sealed class OnPlaceChanged : Reaction<PlaceChanged, MetricsSession>
{
    protected override Task ApplyAsync(MetricsSession session, IReadOnlyList<Delivered<PlaceChanged>> run, CancellationToken ct) =>
        session.UpsertNamesAsync(AreaNames.Place, run.Select(r => (r.Event.Code, r.Event.DisplayName, r.Event.Version)), ct);
}
