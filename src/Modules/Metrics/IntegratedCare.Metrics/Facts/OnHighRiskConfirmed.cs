using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Metrics.Facts;

/// <summary>Keeps the decisions about the high-risk register.</summary>
internal sealed class OnHighRiskConfirmed : Reaction<HighRiskConfirmed, MetricsSession>
{
    protected override Task ApplyAsync(MetricsSession session, IReadOnlyList<Delivered<HighRiskConfirmed>> run, CancellationToken ct) =>
        session.InsertRegisterEntriesAsync(run.Select(r => r.Event), ct);
}
