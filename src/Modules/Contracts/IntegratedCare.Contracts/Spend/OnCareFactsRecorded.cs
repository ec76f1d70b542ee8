using IntegratedCare.Contracts.Storage;
using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Contracts.Reactions;

/// <summary>Keeps what care came to, at price and at cost.</summary>
internal sealed class OnCareFactsRecorded : Reaction<CareFactsRecorded, ContractsDb>
{
    protected override async Task ApplyAsync(ContractsDb db, IReadOnlyList<Delivered<CareFactsRecorded>> run, CancellationToken ct) =>
        await CostStore.KeepFactsAsync(await db.NpgsqlAsync(ct), run.SelectMany(r => r.Event.Facts), ct);
}
