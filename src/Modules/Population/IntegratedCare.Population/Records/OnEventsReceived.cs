using IntegratedCare.Population.Intake;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Population.Records;

/// <summary>
/// Applies posted events to their records and publishes the facts that changed. Those that change records take
/// turns, so records have a single writer.
/// </summary>
internal sealed class OnEventsReceived : Reaction<EventsReceived, PopulationSession>
{
    /// <summary>Events applied by one statement: large enough to be cheap each, small enough to be done soon.</summary>
    private const int MaxBatch = 4000;

    protected override string? TurnsWith => RecordSql.Turn;

    protected override async Task ApplyAsync(PopulationSession session, IReadOnlyList<Delivered<EventsReceived>> run, CancellationToken ct)
    {
        var commits = new List<EventsReceived>();
        var events = 0;
        foreach (var commit in run.Select(d => d.Event))
        {
            commits.Add(commit);
            events += commit.Seqs.Count;
            if (events < MaxBatch)
                continue;
            await ApplyAsync(session, commits, ct);
            commits.Clear();
            events = 0;
        }

        if (commits.Count > 0)
            await ApplyAsync(session, commits, ct);
    }

    private static async Task ApplyAsync(PopulationSession session, List<EventsReceived> commits, CancellationToken ct)
    {
        long[] seqs = [.. commits.SelectMany(c => c.Seqs)];
        var undone = new List<Guid>();
        var facts = await RecordSql.ApplyAsync(
            await session.ConnectionAsync(ct), seqs, commits.Min(c => c.ReceivedAt), commits.Max(c => c.ReceivedAt), undone, ct);
        await session.PublishFactsAsync(facts, ct, undone);
    }
}
