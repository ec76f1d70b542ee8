using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Metrics.Facts;

/// <summary>A death ends a person's place on the register.</summary>
internal sealed class OnPersonDied : Reaction<PersonDied, MetricsSession>
{
    protected override Task ApplyAsync(MetricsSession session, IReadOnlyList<Delivered<PersonDied>> run, CancellationToken ct) =>
        session.UpsertDeathsAsync(run.Select(r => (r.Event.PersonId, (DateOnly?)r.Event.Date, r.Event.Version)), ct);
}
