using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Contracts.Spend;

/// <summary>Keeps what care came to, at price and at cost.</summary>
internal sealed class OnCareFactsRecorded : Reaction<CareFactsRecorded, ContractsSession>
{
    protected override async Task ApplyAsync(ContractsSession session, IReadOnlyList<Delivered<CareFactsRecorded>> run, CancellationToken ct) =>
        await CostStore.KeepFactsAsync(await session.ConnectionAsync(ct), run.SelectMany(r => r.Event.Facts), ct);
}
