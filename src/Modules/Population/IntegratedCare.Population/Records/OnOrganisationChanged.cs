using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Population.Records;

/// <summary>
/// Sets, or withdraws, the deaths that an organisation recorded when it is registered or its kind changes. Takes turns with what applies
/// records: none that looked at the former kind is missed.
/// </summary>
internal sealed class OnOrganisationChanged : Reaction<OrganisationChanged, PopulationSession>
{
    protected override string? TurnsWith => RecordSql.Turn;

    protected override Task ApplyAsync(PopulationSession session, IReadOnlyList<Delivered<OrganisationChanged>> run, CancellationToken ct) =>
        session.UpdateDeathsAsync([.. run.Select(d => d.Event.Code).Distinct()], ct);
}
