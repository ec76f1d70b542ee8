using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Contracts.Spend;

/// <summary>Keeps how many persons there were to spend on.</summary>
internal sealed class OnRegisterCounted : Reaction<RegisterCounted, ContractsSession>
{
    protected override async Task ApplyAsync(ContractsSession session, IReadOnlyList<Delivered<RegisterCounted>> run, CancellationToken ct) =>
        await CostStore.KeepCountsAsync(await session.ConnectionAsync(ct), run.SelectMany(r => r.Event.Counts), ct);
}
