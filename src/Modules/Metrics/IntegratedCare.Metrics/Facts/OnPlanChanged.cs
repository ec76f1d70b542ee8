using IntegratedCare.CarePathways.Events;
using IntegratedCare.Metrics.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Metrics.Reactions;

/// <summary>Keeps who has a current anticipatory care plan.</summary>
internal sealed class OnPlanChanged : Reaction<PlanChanged, MetricsDb>
{
    protected override async Task ApplyAsync(MetricsDb db, IReadOnlyList<Delivered<PlanChanged>> run, CancellationToken ct) =>
        await FactStore.KeepPlansAsync(await db.NpgsqlAsync(ct), run.Select(r => r.Event), LondonTime.Today(db.Clock), ct);
}
