using IntegratedCare.Population.Events;
using IntegratedCare.Population.Storage;
using IntegratedCare.Shared.Events;
using IntegratedCare.Shared.Outbox;
using Npgsql;

namespace IntegratedCare.Population.Reactions;

/// <summary>Events stored by one commit, waiting to be taken into their records. Population's own.</summary>
internal sealed record EventsReceived(DateTimeOffset ReceivedAt, IReadOnlyList<long> Seqs) : IEvent
{
    public static string Name => "population.events-received.v1";
    public string? Key => null;
}

/// <summary>
/// Takes posted events into their records and tells the other modules. Population's outbox is dispatched by one host at a
/// time and in order, so records have a single writer.
/// </summary>
internal sealed class OnEventsReceived : Reaction<EventsReceived, PopulationDb>
{
    /// <summary>Events taken by one statement: large enough to be cheap each, small enough to be done soon.</summary>
    private const int Together = 4000;

    protected override async Task ApplyAsync(PopulationDb db, IReadOnlyList<Delivered<EventsReceived>> run, CancellationToken ct)
    {
        var connection = await db.NpgsqlAsync(ct);
        var taken = new List<Delivered<EventsReceived>>();
        foreach (var commit in run)
        {
            taken.Add(commit);
            if (taken.Sum(c => c.Event.Seqs.Count) >= Together || ReferenceEquals(commit, run[^1]))
            {
                await TakeAsync(db, connection, taken, ct);
                taken.Clear();
            }
        }
    }

    private async Task TakeAsync(PopulationDb db, NpgsqlConnection connection, List<Delivered<EventsReceived>> commits, CancellationToken ct)
    {
        long[] seqs = [.. commits.SelectMany(c => c.Event.Seqs)];
        var undone = new List<Guid>();
        var facts = await ApplySql.TakeAsync(connection, seqs, commits.Min(c => c.Event.ReceivedAt), commits.Max(c => c.Event.ReceivedAt), undone, ct);
        await FactPublishing.PublishAsync(db, connection, facts, ct, undone);
    }
}
