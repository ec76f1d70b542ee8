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
/// Processes that do not beat, such as <c>migrate</c>, are left alone. A host judges the others only while its own beats follow each
/// other, by the database's clock: after a gap it may be that it, the network or the database stood still, and the others beat on.
/// </remarks>
internal static class Heartbeat
{
    private const string Mark = "/* heartbeat */";

    // Takes the time of the beat before, or null, and answers that of this one.
    private const string Beat =
        $"""
        {Mark} SELECT clock_timestamp(), (SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
          WHERE $1 > clock_timestamp() - interval '4 seconds' AND datname = current_database() AND application_name IN (
            SELECT application_name FROM pg_stat_activity
            WHERE datname = current_database() AND application_name LIKE '{HostInstance.Prefix}%' AND query LIKE '{Mark}%'
            GROUP BY application_name HAVING max(state_change) < now() - interval '10 seconds'))
        """;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    public static async Task RunAsync(NpgsqlDataSource source, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        var last = new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.TimestampTz, Value = DBNull.Value };
        await using var beat = connection.Command(Beat, last);
        // One that takes longer is tried on another connection, before the other hosts take this one for stalled.
        beat.CommandTimeout = 3;
        while (true)
        {
            last.Value = await beat.ExecuteScalarAsync(ct);
            await Task.Delay(Every, ct);
        }
    }
}
