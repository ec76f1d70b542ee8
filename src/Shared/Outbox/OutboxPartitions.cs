using System.Globalization;
using IntegratedCare.Shared.Documents;
using Npgsql;

namespace IntegratedCare.Shared.Outbox;

/// <summary>
/// The outbox has one partition per day, created ahead of time and dropped after 30 days, unless a reaction has not read all of it.
/// Rows of a day without a partition go to the default one.
/// </summary>
public static class OutboxPartitions
{
    private const int DaysAhead = 3;
    private const int DaysKept = 30;

    /// <summary>Creates the missing partitions of today and the next days.</summary>
    public static async Task EnsureAsync(NpgsqlConnection connection, string schema, DateOnly today, CancellationToken ct)
    {
        var existing = await ExistingAsync(connection, schema, ct);
        for (var day = today; day <= today.AddDays(DaysAhead); day = day.AddDays(1))
        {
            if (existing.Contains(day))
                continue;
            // Created apart and then attached, which does not block writers. Payloads of a whole batch are compressed: lz4 takes a fraction of
            // the time of what PostgreSQL does otherwise. A server that was built without it does that.
            await connection.ExecuteAsync(
                $"""
                CREATE TABLE IF NOT EXISTS {Name(schema, day)} (LIKE {schema}.outbox INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
                DO $$ BEGIN ALTER TABLE {Name(schema, day)} ALTER COLUMN payload SET COMPRESSION lz4; EXCEPTION WHEN feature_not_supported THEN NULL; END $$;
                ALTER TABLE {schema}.outbox ATTACH PARTITION {Name(schema, day)} FOR VALUES FROM ('{Text(day)}') TO ('{Text(day.AddDays(1))}');
                """, ct);
        }
    }

    /// <summary>Drops the days that are old enough and that every reaction has read, given each reaction's event and position.</summary>
    public static async Task DropOldAsync(
        NpgsqlConnection connection, string schema, DateOnly today, IReadOnlyList<(string Event, long Position)> reactions, CancellationToken ct)
    {
        var last = today.AddDays(-DaysKept);
        foreach (var day in (await ExistingAsync(connection, schema, ct)).Where(d => d < last).Order())
        {
            if (await IsUnreadAsync(connection, schema, day, reactions, ct))
                return;
            await connection.ExecuteAsync($"SET lock_timeout = '1s'; DROP TABLE {Name(schema, day)}; RESET lock_timeout;", ct);
        }

        var oldest = (await ExistingAsync(connection, schema, ct)).Append(last).Min();
        await connection.ExecuteAsync(
            $"""
            DELETE FROM {schema}.outbox_log WHERE written_on < '{Text(oldest)}';
            DELETE FROM {schema}.outbox_default WHERE written_on < '{Text(oldest)}';
            """, ct);
    }

    private static async Task<bool> IsUnreadAsync(
        NpgsqlConnection connection, string schema, DateOnly day, IReadOnlyList<(string Event, long Position)> reactions, CancellationToken ct)
    {
        return await connection.ScalarAsync(
            $"""
            SELECT EXISTS (
              SELECT FROM {schema}.outbox_log l JOIN unnest($1, $2) AS r (name, position) ON r.name = l.name AND l.position > r.position
              WHERE l.written_on = $3)
            """, ct, reactions.Select(r => r.Event).ToArray(), reactions.Select(r => r.Position).ToArray(), day) is true;
    }

    private static async Task<HashSet<DateOnly>> ExistingAsync(NpgsqlConnection connection, string schema, CancellationToken ct)
    {
        await using var command = connection.Command(
            "SELECT right(c.relname, 8) FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid WHERE inhparent = to_regclass($1) AND c.relname ~ "
                + "'^outbox_[0-9]{8}$'", $"{schema}.outbox");
        await using var reader = await command.ExecuteReaderAsync(ct);
        var days = new HashSet<DateOnly>();
        while (await reader.ReadAsync(ct))
            days.Add(DateOnly.ParseExact(reader.GetString(0), "yyyyMMdd", CultureInfo.InvariantCulture));
        return days;
    }

    private static string Name(string schema, DateOnly day) => string.Create(CultureInfo.InvariantCulture, $"{schema}.outbox_{day:yyyyMMdd}");

    private static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
