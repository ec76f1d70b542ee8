using IntegratedCare.Contracts.Storage;
using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Contracts.Reactions;

/// <summary>Weekly services of a person who has died no longer cost.</summary>
internal sealed class OnPersonDied : Reaction<PersonDied, ContractsDb>
{
    protected override async Task ApplyAsync(ContractsDb db, IReadOnlyList<Delivered<PersonDied>> run, CancellationToken ct) =>
        await CostStore.KeepDeathsAsync(await db.NpgsqlAsync(ct), run.Select(r => (r.Event.PersonId, (DateOnly?)r.Event.Date, r.Event.Version)), ct);
}

/// <summary>A death withdrawn: they cost again.</summary>
internal sealed class OnDeathWithdrawn : Reaction<DeathWithdrawn, ContractsDb>
{
    protected override async Task ApplyAsync(ContractsDb db, IReadOnlyList<Delivered<DeathWithdrawn>> run, CancellationToken ct) =>
        await CostStore.KeepDeathsAsync(await db.NpgsqlAsync(ct), run.Select(r => (r.Event.PersonId, (DateOnly?)null, r.Event.Version)), ct);
}
