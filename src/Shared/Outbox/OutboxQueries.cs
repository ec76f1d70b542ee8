using Npgsql;

namespace IntegratedCare.Shared.Outbox;

/// <summary>How much waits, fails or is parked, per module.</summary>
public sealed record OutboxBacklog(string Module, long Waiting, double OldestSeconds, long Retrying, long Parked);

/// <summary>An event a handler could not apply, after all its attempts.</summary>
public sealed record ParkedEvent(Guid Id, string Module, string Event, string Handler, string? Key, int Attempts, DateTimeOffset ParkedAt, string? Error);

public sealed class OutboxQueries(NpgsqlDataSource source, IEnumerable<IModule> modules, OutboxSignal signal, TimeProvider clock)
{
    public async Task<IReadOnlyList<OutboxBacklog>> BacklogAsync(CancellationToken ct)
    {
        var sql = string.Join(" UNION ALL ", modules.Select(m =>
            $"""
            SELECT '{m.Schema}', (SELECT count(*) FROM {m.Schema}.outbox),
              (SELECT coalesce(extract(epoch FROM $1 - min(occurred_at)), 0)::float8 FROM {m.Schema}.outbox),
              (SELECT count(*) FROM {m.Schema}.outbox_retry WHERE parked_at IS NULL), (SELECT count(*) FROM {m.Schema}.outbox_retry WHERE parked_at IS NOT NULL)
            """));
        await using var command = source.CreateCommand(sql);
        command.Parameters.Add(new() { Value = clock.GetUtcNow() });
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<OutboxBacklog>();
        while (await reader.ReadAsync(ct))
            rows.Add(new(reader.GetString(0), reader.GetInt64(1), Math.Max(0, Math.Round(reader.GetDouble(2), 3)), reader.GetInt64(3), reader.GetInt64(4)));
        return rows;
    }

    public async Task<IReadOnlyList<ParkedEvent>> ParkedAsync(int take, Guid? after, CancellationToken ct)
    {
        var sql = string.Join(" UNION ALL ", modules.Select(m =>
            $"SELECT id, '{m.Schema}', name, handler, key, attempts, parked_at, error FROM {m.Schema}.outbox_retry WHERE parked_at IS NOT NULL AND id > $1"));
        await using var command = source.CreateCommand($"SELECT * FROM ({sql}) AS parked ORDER BY id LIMIT $2");
        command.Parameters.Add(new() { Value = after ?? Guid.Empty });
        command.Parameters.Add(new() { Value = take });
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<ParkedEvent>();
        while (await reader.ReadAsync(ct))
        {
            rows.Add(new(reader.GetGuid(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.IsDBNull(4) ? null : reader.GetString(4),
                reader.GetInt32(5), reader.GetFieldValue<DateTimeOffset>(6), reader.IsDBNull(7) ? null : reader.GetString(7)));
        }

        return rows;
    }

    /// <summary>Gives a parked event a fresh set of attempts. False when there is none of that id.</summary>
    public async Task<bool> RedriveAsync(Guid id, CancellationToken ct)
    {
        foreach (var module in modules)
        {
            await using var command = source.CreateCommand(
                $"UPDATE {module.Schema}.outbox_retry SET parked_at = NULL, attempts = 0, next_attempt_at = $2 WHERE id = $1 AND parked_at IS NOT NULL");
            command.Parameters.Add(new() { Value = id });
            command.Parameters.Add(new() { Value = clock.GetUtcNow() });
            if (await command.ExecuteNonQueryAsync(ct) == 1)
            {
                signal.Raise(module.Schema);
                return true;
            }
        }

        return false;
    }
}
