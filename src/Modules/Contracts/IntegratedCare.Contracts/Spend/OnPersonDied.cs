using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Contracts.Spend;

/// <summary>Weekly services of a person who has died no longer count.</summary>
internal sealed class OnPersonDied : Reaction<PersonDied, ContractsSession>
{
    protected override string? TurnsWith => "deaths";

    protected override async Task ApplyAsync(ContractsSession session, IReadOnlyList<Delivered<PersonDied>> run, CancellationToken ct) =>
        await CostStore.UpsertDeathsAsync(await session.ConnectionAsync(ct), run.Select(r => (r.Event.PersonId, (DateOnly?)r.Event.Date, r.Event.Version)), ct);
}
