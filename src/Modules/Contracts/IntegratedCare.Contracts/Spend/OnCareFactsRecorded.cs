using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Contracts.Spend;

/// <summary>Keeps the price and cost of care.</summary>
internal sealed class OnCareFactsRecorded : Reaction<CareFactsRecorded, ContractsSession>
{
    protected override async Task ApplyAsync(ContractsSession session, IReadOnlyList<Delivered<CareFactsRecorded>> run, CancellationToken ct) =>
        await CostStore.UpsertFactsAsync(await session.ConnectionAsync(ct), run.SelectMany(r => r.Event.Facts), ct);
}
