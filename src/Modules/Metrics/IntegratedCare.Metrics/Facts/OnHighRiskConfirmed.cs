using IntegratedCare.Metrics.Storage;
using IntegratedCare.Population.Events;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Metrics.Reactions;

/// <summary>Keeps who is on a high-risk register, and since when.</summary>
internal sealed class OnHighRiskConfirmed : Reaction<HighRiskConfirmed, MetricsDb>
{
    protected override async Task ApplyAsync(MetricsDb db, IReadOnlyList<Delivered<HighRiskConfirmed>> run, CancellationToken ct) =>
        await FactStore.KeepRegisterAsync(await db.NpgsqlAsync(ct), run.Select(r => r.Event), LondonTime.Today(db.Clock), ct);
}
