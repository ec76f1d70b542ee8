using IntegratedCare.Population.Events;
using IntegratedCare.Population.Intake;
using IntegratedCare.Population.Persons;
using IntegratedCare.Population.Places;
using Npgsql;

namespace IntegratedCare.Population;

/// <summary>What Population has published and its own reactions have not applied yet. The one place that looks into the outbox.</summary>
internal sealed class UnappliedEvents(NpgsqlDataSource source, TimeProvider clock)
{
    private static readonly string[] ChangeWhatIsRead = [EventsReceived.Name, PersonsChanged.Name, MembershipsChanged.Name];
    private static readonly string[] FollowFromPosts = [EventsReceived.Name, CareFactsRecorded.Name];

    /// <summary>
    /// Of the events up to a position, those that change what reads answer: the last one's position and the oldest one's time. Null
    /// when all are applied.
    /// </summary>
    public async Task<(long UpTo, DateTimeOffset Oldest)?> FindAsync(long upTo, CancellationToken ct)
    {
        await using var command = source.CreateCommand("SELECT max(seq), min(occurred_at) FROM population.outbox WHERE name = ANY($1) AND seq <= $2");
        command.Parameters.Add(new() { Value = ChangeWhatIsRead });
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
            await using var command = source.CreateCommand("SELECT occurred_at FROM population.outbox WHERE name = ANY($1) ORDER BY seq LIMIT 1");
            command.Parameters.Add(new() { Value = FollowFromPosts });
            return await command.ExecuteScalarAsync(ct) is DateTime oldest ? clock.GetUtcNow().UtcDateTime - oldest : TimeSpan.Zero;
        }
        catch (NpgsqlException)
        {
            return TimeSpan.Zero;
        }
    }
}
