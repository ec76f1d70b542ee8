using IntegratedCare.Population.Events;
using IntegratedCare.Population.Intake;
using IntegratedCare.Population.Persons;
using IntegratedCare.Population.Places;
using IntegratedCare.Shared.Outbox;
using Npgsql;

namespace IntegratedCare.Population;

/// <summary>The events that Population has published and its own reactions have not applied yet. The only class that queries the outbox tables.</summary>
internal sealed class UnappliedEvents(NpgsqlDataSource source, OutboxQueries outbox)
{
    private static readonly (string Event, string Handler)[] ReadEvents =
    [
        (EventsReceived.Name, "Population.OnEventsReceived"),
        (PersonsChanged.Name, "Population.OnPersonsChanged"),
        (MembershipsChanged.Name, "Population.OnMembershipsChanged"),
    ];

    private static readonly string[] PostedEvents = [EventsReceived.Name, CareFactsRecorded.Name];

    /// <summary>
    /// Of the unapplied events up to a position that change what reads answer, the last position and the oldest time. Null when all are
    /// applied.
    /// </summary>
    public async Task<(long UpTo, DateTimeOffset Oldest)?> FindAsync(long upTo, CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            """
            SELECT max(seq), min(occurred_at) FROM (
              SELECT seq, occurred_at FROM population.outbox_pending WHERE name = ANY($1)
              UNION ALL
              SELECT l.seq, l.occurred_at FROM unnest($1, $2) AS r (name, handler)
                JOIN population.subscription s ON s.handler = r.handler
                JOIN population.outbox_log l ON l.name = r.name AND l.position > s.position) AS waiting
            WHERE seq <= $3
            """);
        command.Parameters.Add(new() { Value = ReadEvents.Select(r => r.Event).ToArray() });
        command.Parameters.Add(new() { Value = ReadEvents.Select(r => r.Handler).ToArray() });
        command.Parameters.Add(new() { Value = upTo });
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return await reader.IsDBNullAsync(0, ct) ? null : (reader.GetInt64(0), reader.GetFieldValue<DateTimeOffset>(1));
    }

    /// <summary>
    /// How long the oldest posted event, or fact that follows from one, has waited. Zero when the database cannot say: the next post
    /// fails with the reason.
    /// </summary>
    public async Task<TimeSpan> OldestWaitAsync(CancellationToken ct)
    {
        try
        {
            return await outbox.OldestWaitAsync("population", PostedEvents, ct);
        }
        catch (NpgsqlException)
        {
            return TimeSpan.Zero;
        }
    }
}
