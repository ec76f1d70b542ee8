using IntegratedCare.Metrics.Storage;
using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Metrics.Reactions;

/// <summary>Keeps the names of practices.</summary>
internal sealed class OnOrganisationChanged : Reaction<OrganisationChanged, MetricsDb>
{
    protected override async Task ApplyAsync(MetricsDb db, IReadOnlyList<Delivered<OrganisationChanged>> run, CancellationToken ct) =>
        await FactStore.KeepNamesAsync(await db.NpgsqlAsync(ct), "organisation", run.Select(r => (r.Event.Code, r.Event.DisplayName, r.Event.Version)), ct);
}
