using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Metrics.Facts;

/// <summary>Keeps the facts that metrics are computed from.</summary>
internal sealed class OnCareFactsRecorded : Reaction<CareFactsRecorded, MetricsSession>
{
    protected override Task ApplyAsync(MetricsSession session, IReadOnlyList<Delivered<CareFactsRecorded>> run, CancellationToken ct) =>
        session.UpsertFactsAsync(run.SelectMany(r => r.Event.Facts), ct);
}
