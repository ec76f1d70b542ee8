using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Contracts.Spend;

/// <summary>Keeps the registered population.</summary>
internal sealed class OnRegisterCounted : Reaction<RegisterCounted, ContractsSession>
{
    protected override async Task ApplyAsync(ContractsSession session, IReadOnlyList<Delivered<RegisterCounted>> run, CancellationToken ct) =>
        await CostStore.UpsertCountsAsync(await session.ConnectionAsync(ct), run.SelectMany(r => r.Event.Counts), ct);
}
