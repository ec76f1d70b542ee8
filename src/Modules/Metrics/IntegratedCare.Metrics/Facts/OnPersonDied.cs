using IntegratedCare.Metrics.Storage;
using IntegratedCare.Population.Events;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Metrics.Reactions;

/// <summary>A death ends a person's place on the register.</summary>
internal sealed class OnPersonDied : Reaction<PersonDied, MetricsDb>
{
    protected override async Task ApplyAsync(MetricsDb db, IReadOnlyList<Delivered<PersonDied>> run, CancellationToken ct) =>
        await FactStore.KeepDeathsAsync(await db.NpgsqlAsync(ct), run.Select(r => (r.Event.PersonId, (DateOnly?)r.Event.Date, r.Event.Version)), LondonTime.Today(db.Clock), ct);
}
