using System.Globalization;
using Npgsql;

namespace IntegratedCare.Shared.Outbox;

/// <summary>
/// Outbox rows lie in one partition a day, made ahead of time; a day is dropped 30 days on, unless a reaction has not had all of it.
/// Rows of a day that has no partition lie in the default one.
/// </summary>
public static class OutboxPartitions
{
    private const int DaysAhead = 3;
    private const int DaysKept = 30;

    /// <summary>Makes the partitions of today and the days to come, where they are missing.</summary>
    public static async Task EnsureAsync(NpgsqlConnection connection, string schema, DateOnly today, CancellationToken ct)
    {
        var there = await ThereAsync(connection, schema, ct);
        for (var day = today; day <= today.AddDays(DaysAhead); day = day.AddDays(1))
        {
            if (there.Contains(day))
                continue;
            // Made apart and then attached: that does not lock out those who write meanwhile.
            await ExecuteAsync(connection,
                $"""
                CREATE TABLE IF NOT EXISTS {Name(schema, day)} (LIKE {schema}.outbox INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
                ALTER TABLE {schema}.outbox ATTACH PARTITION {Name(schema, day)} FOR VALUES FROM ('{Text(day)}') TO ('{Text(day.AddDays(1))}');
                """, ct);
        }
    }

    /// <summary>Drops the days that are old enough and that every reaction has had, given each reaction's event and position.</summary>
    public static async Task DropOldAsync(
        NpgsqlConnection connection, string schema, DateOnly today, IReadOnlyList<(string Event, long Position)> reactions, CancellationToken ct)
    {
        var last = today.AddDays(-DaysKept);
        foreach (var day in (await ThereAsync(connection, schema, ct)).Where(d => d < last).Order())
        {
            if (await WaitsAsync(connection, schema, day, reactions, ct))
                return;
            await ExecuteAsync(connection, $"SET lock_timeout = '1s'; DROP TABLE {Name(schema, day)}; RESET lock_timeout;", ct);
        }

        var oldest = (await ThereAsync(connection, schema, ct)).Append(last).Min();
        await ExecuteAsync(connection,
            $"""
            DELETE FROM {schema}.outbox_log WHERE written_on < '{Text(oldest)}';
            DELETE FROM {schema}.outbox_default WHERE written_on < '{Text(oldest)}';
            """, ct);
    }

    private static async Task<bool> WaitsAsync(
        NpgsqlConnection connection, string schema, DateOnly day, IReadOnlyList<(string Event, long Position)> reactions, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            $"""
            SELECT EXISTS (
              SELECT FROM {schema}.outbox_log l JOIN unnest($1, $2) AS r (name, position) ON r.name = l.name AND l.position > r.position
              WHERE l.written_on = $3)
            """, connection)
        {
            Parameters =
            {
                new() { Value = reactions.Select(r => r.Event).ToArray() },
                new() { Value = reactions.Select(r => r.Position).ToArray() },
                new() { Value = day },
            },
        };
        return await command.ExecuteScalarAsync(ct) is true;
    }

    private static async Task<HashSet<DateOnly>> ThereAsync(NpgsqlConnection connection, string schema, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            "SELECT right(c.relname, 8) FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid WHERE inhparent = to_regclass($1) AND c.relname ~ '^outbox_[0-9]{8}$'", connection)
        {
            Parameters = { new() { Value = $"{schema}.outbox" } },
        };
        await using var reader = await command.ExecuteReaderAsync(ct);
        var days = new HashSet<DateOnly>();
        while (await reader.ReadAsync(ct))
            days.Add(DateOnly.ParseExact(reader.GetString(0), "yyyyMMdd", CultureInfo.InvariantCulture));
        return days;
    }

    private static string Name(string schema, DateOnly day) => string.Create(CultureInfo.InvariantCulture, $"{schema}.outbox_{day:yyyyMMdd}");

    private static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(ct);
    }
}
