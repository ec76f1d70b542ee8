using IntegratedCare.Metrics.Events;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Contracts.PublishedValues;

/// <summary>Keeps published values, for settlements to freeze.</summary>
internal sealed class OnValuesPublished : Reaction<ValuesPublished, ContractsSession>
{
    protected override string? TurnsWith => "published-values";

    protected override Task ApplyAsync(ContractsSession session, IReadOnlyList<Delivered<ValuesPublished>> run, CancellationToken ct) =>
        PublishedValueTable.UpsertAsync(session, run.SelectMany(d => d.Event.Values), ct);
}
