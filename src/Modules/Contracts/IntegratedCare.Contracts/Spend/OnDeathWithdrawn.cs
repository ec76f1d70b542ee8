using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Contracts.Spend;

/// <summary>Weekly services count again when a death is withdrawn.</summary>
internal sealed class OnDeathWithdrawn : Reaction<DeathWithdrawn, ContractsSession>
{
    protected override string? TurnsWith => "deaths";

    protected override async Task ApplyAsync(ContractsSession session, IReadOnlyList<Delivered<DeathWithdrawn>> run, CancellationToken ct) =>
        await CostStore.UpsertDeathsAsync(await session.ConnectionAsync(ct), run.Select(r => (r.Event.PersonId, (DateOnly?)null, r.Event.Version)), ct);
}
