using IntegratedCare.Shared.Documents;
using Npgsql;

namespace IntegratedCare.Shared.Outbox;

/// <summary>
/// Shows the other hosts of the database that this one goes on, and closes the connections of one that has stood still for ten seconds:
/// whatever its requests have locked is free again.
/// </summary>
/// <remarks>
/// There is no table to write: <c>pg_stat_activity</c> says when each host last ran this statement, on a connection it does nothing else
/// on. Processes that do not beat, such as <c>migrate</c>, are left alone.
/// </remarks>
internal static class Heartbeat
{
    private const string Mark = "/* heartbeat */";
    private const string Beat =
        $"""
        {Mark} SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name IN (
          SELECT application_name FROM pg_stat_activity
          WHERE datname = current_database() AND application_name LIKE '{HostInstance.Prefix}%' AND query LIKE '{Mark}%'
          GROUP BY application_name HAVING max(state_change) < now() - interval '10 seconds')
        """;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    public static async Task RunAsync(NpgsqlDataSource source, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        while (true)
        {
            await connection.ExecuteAsync(Beat, ct);
            await Task.Delay(Every, ct);
        }
    }
}
