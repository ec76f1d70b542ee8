using IntegratedCare.CarePathways.Events;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Metrics.Facts;

/// <summary>Keeps the changes of care plans.</summary>
internal sealed class OnPlanChanged : Reaction<PlanChanged, MetricsSession>
{
    protected override Task ApplyAsync(MetricsSession session, IReadOnlyList<Delivered<PlanChanged>> run, CancellationToken ct) =>
        session.InsertPlansAsync(run.Select(r => r.Event), ct);
}
