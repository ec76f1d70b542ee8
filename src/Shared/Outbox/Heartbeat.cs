using System.Diagnostics;
using IntegratedCare.Shared.Documents;
using Npgsql;

namespace IntegratedCare.Shared.Outbox;

/// <summary>
/// Shows the other hosts of the database that this one goes on, and closes the connections of one that has stood still for ten seconds:
/// whatever its requests have locked is free again.
/// </summary>
/// <remarks>
/// There is no table to write: <c>pg_stat_activity</c> says when each host last ran a statement with this mark, on any of its connections.
/// Processes that do not beat, such as <c>migrate</c>, are left alone. A host judges the others only while its own beats follow each
/// other: after a gap it may be that it, the network or the database stood still, and the others beat on.
/// </remarks>
internal static class Heartbeat
{
    private const string Mark = "/* heartbeat */";
    private const string Alive = $"{Mark} SELECT 1";
    private const string CloseStalled =
        $"""
        {Mark} SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name IN (
          SELECT application_name FROM pg_stat_activity
          WHERE datname = current_database() AND application_name LIKE '{HostInstance.Prefix}%' AND query LIKE '{Mark}%'
          GROUP BY application_name HAVING max(state_change) < now() - interval '10 seconds')
        """;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Gap = TimeSpan.FromSeconds(4);

    public static async Task RunAsync(NpgsqlDataSource source, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        long? beat = null;
        while (true)
        {
            var follows = beat is { } last && Stopwatch.GetElapsedTime(last) < Gap;
            await connection.ExecuteAsync(follows ? CloseStalled : Alive, ct);
            beat = Stopwatch.GetTimestamp();
            await Task.Delay(Every, ct);
        }
    }
}
