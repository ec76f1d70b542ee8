using IntegratedCare.Contracts.Storage;
using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Contracts.Reactions;

/// <summary>Keeps how many persons there were to spend on.</summary>
internal sealed class OnRegisterCounted : Reaction<RegisterCounted, ContractsDb>
{
    protected override async Task ApplyAsync(ContractsDb db, IReadOnlyList<Delivered<RegisterCounted>> run, CancellationToken ct) =>
        await CostStore.KeepCountsAsync(await db.NpgsqlAsync(ct), run.SelectMany(r => r.Event.Counts), ct);
}
