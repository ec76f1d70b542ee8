using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Metrics.Areas;

/// <summary>Keeps the names of practices.</summary>
internal sealed class OnOrganisationChanged : Reaction<OrganisationChanged, MetricsSession>
{
    protected override Task ApplyAsync(MetricsSession session, IReadOnlyList<Delivered<OrganisationChanged>> run, CancellationToken ct) =>
        session.UpsertNamesAsync(AreaNames.Organisation, run.Select(r => (r.Event.Code, r.Event.DisplayName, r.Event.Version)), ct);
}
