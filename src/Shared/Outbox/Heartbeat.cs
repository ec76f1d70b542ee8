using IntegratedCare.Shared.Documents;
using Npgsql;
using NpgsqlTypes;

namespace IntegratedCare.Shared.Outbox;

/// <summary>
/// Shows the other hosts of the database that this one goes on, and closes the connections of one that has stood still for ten seconds:
/// whatever its requests have locked is free again.
/// </summary>
/// <remarks>
/// There is no table to write: <c>pg_stat_activity</c> says when each host last ran a statement with this mark, on any of its connections.
/// Processes that do not beat, such as <c>migrate</c>, are left alone. A host judges the others only once its own beats have
/// followed each other for ten seconds, by the database's clock: after a gap it may be that it, the network or the database stood still,
/// and the others beat on, or need as long to begin again.
/// </remarks>
internal static class Heartbeat
{
    private const string Mark = "/* heartbeat */";

    // Takes the time of the beat before and of the first since which they have followed each other; answers the time of this one.
    private const string Beat =
        $"""
        {Mark} SELECT clock_timestamp(), (SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
          WHERE $1 > clock_timestamp() - interval '4 seconds' AND $2 < clock_timestamp() - interval '10 seconds'
            AND datname = current_database() AND application_name IN (
              SELECT application_name FROM pg_stat_activity
              WHERE datname = current_database() AND application_name LIKE '{HostInstance.Prefix}%' AND query LIKE '{Mark}%'
              GROUP BY application_name HAVING max(state_change) < now() - interval '10 seconds'))
        """;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Gap = TimeSpan.FromSeconds(4);

    public static async Task RunAsync(NpgsqlDataSource source, CancellationToken ct)
    {
        await using var connection = await OpenAsync(source, ct);
        var last = new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.TimestampTz, Value = DBNull.Value };
        var since = new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.TimestampTz, Value = DBNull.Value };
        await using var beat = connection.Command(Beat, last, since);
        // One that takes longer is tried on another connection: the others wait ten seconds before they take this host for stalled.
        beat.CommandTimeout = 3;
        while (true)
        {
            var now = (DateTime)(await beat.ExecuteScalarAsync(ct))!;
            if (last.Value is not DateTime before || now - before > Gap)
                since.Value = now;
            last.Value = now;
            await Task.Delay(Every, ct);
        }
    }

    private static async Task<NpgsqlConnection> OpenAsync(NpgsqlDataSource source, CancellationToken ct)
    {
        using var soon = CancellationTokenSource.CreateLinkedTokenSource(ct);
        soon.CancelAfter(Every);
        return await source.OpenConnectionAsync(soon.Token);
    }
}
