using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Metrics.Facts;

/// <summary>Keeps the registered population, the denominator of rates.</summary>
internal sealed class OnRegisterCounted : Reaction<RegisterCounted, MetricsSession>
{
    protected override Task ApplyAsync(MetricsSession session, IReadOnlyList<Delivered<RegisterCounted>> run, CancellationToken ct) =>
        session.UpsertCountsAsync(run.SelectMany(r => r.Event.Counts), ct);
}
