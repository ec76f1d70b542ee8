using IntegratedCare.Metrics.Events;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Contracts.PublishedValues;

/// <summary>Keeps restated values. Existing settlements keep the values they froze; settling again makes the next version.</summary>
internal sealed class OnValuesRestated : Reaction<ValuesRestated, ContractsSession>
{
    protected override string? TurnsWith => "published-values";

    protected override Task ApplyAsync(ContractsSession session, IReadOnlyList<Delivered<ValuesRestated>> run, CancellationToken ct) =>
        PublishedValueTable.UpsertAsync(session, run.SelectMany(d => d.Event.Values), ct);
}
