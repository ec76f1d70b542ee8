using IntegratedCare.Shared.Documents;
using Npgsql;

namespace IntegratedCare.Shared.Outbox;

/// <summary>The number of events that wait, fail or are parked: per publishing module, and per reaction.</summary>
public sealed record OutboxBacklog(string Module, long Waiting, double OldestSeconds, long Retrying, long Parked, IReadOnlyList<ConsumerBacklog> Consumers);

/// <param name="Handler">The reaction: its module and its name.</param>
/// <param name="Waiting">Events it has not been given yet.</param>
/// <param name="OldestSeconds">How long the oldest of them has waited.</param>
/// <param name="Retrying">Events it could not apply yet, or that wait behind one of the same key.</param>
/// <param name="Parked">Events it could not apply after all attempts.</param>
public sealed record ConsumerBacklog(string Handler, string Event, long Waiting, double OldestSeconds, long Retrying, long Parked);

/// <summary>An event a handler could not apply, after all its attempts.</summary>
public sealed record ParkedEvent(Guid Id, string Module, string Event, string Handler, string? Key, int Attempts, DateTimeOffset ParkedAt, string? Error);

public sealed class OutboxQueries(NpgsqlDataSource source, IEnumerable<IModule> modules, IEnumerable<EventRoute> routes, OutboxSignal signal,
    TimeProvider clock)
{
    public async Task<IReadOnlyList<OutboxBacklog>> BacklogAsync(CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        var positions = await PositionsAsync(connection, ct);
        var failures = await FailuresAsync(connection, ct);
        var backlogs = new List<OutboxBacklog>();
        foreach (var module in modules)
            backlogs.Add(await BacklogAsync(connection, module.Schema, positions, failures, ct));
        return backlogs;
    }

    public async Task<IReadOnlyList<ParkedEvent>> ParkedAsync(int take, Guid? after, CancellationToken ct)
    {
        var sql = string.Join(" UNION ALL ", modules.Select(m =>
            $"SELECT id, producer, name, handler, key, attempts, parked_at, error FROM {m.Schema}.delivery_retry WHERE parked_at IS NOT NULL AND id > $1"));
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

    /// <summary>
    /// Gives a parked event a fresh set of attempts; one for a reaction that was removed stays parked. False when there is no parked event of
    /// this id.
    /// </summary>
    public async Task<bool> RedriveAsync(Guid id, CancellationToken ct)
    {
        foreach (var module in modules)
        {
            await using var command = source.CreateCommand(
                $"""
                UPDATE {module.Schema}.delivery_retry SET
                  parked_at = CASE WHEN handler = ANY($3) THEN NULL ELSE $2 END, attempts = CASE WHEN handler = ANY($3) THEN 0 ELSE attempts END,
                  error = CASE WHEN handler = ANY($3) THEN error ELSE $4 END, next_attempt_at = $2
                WHERE id = $1 AND parked_at IS NOT NULL RETURNING producer
                """);
            command.Parameters.Add(new() { Value = id });
            command.Parameters.Add(new() { Value = clock.GetUtcNow() });
            command.Parameters.Add(new() { Value = routes.Select(r => r.Handler).ToArray() });
            command.Parameters.Add(new() { Value = DeliveryRetries.NoSuchHandler });
            if (await command.ExecuteScalarAsync(ct) is string producer)
            {
                signal.Hurry(producer);
                return true;
            }
        }

        return false;
    }

    /// <summary>How long the oldest of a module's events of these names has waited for one of its reactions.</summary>
    public async Task<TimeSpan> OldestWaitAsync(string schema, string[] names, CancellationToken ct)
    {
        var reactions = routes.Where(r => r.Producer == schema && names.Contains(r.EventName)).ToList();
        await using var connection = await source.OpenConnectionAsync(ct);
        var positions = await PositionsAsync(connection, ct);
        await using var command = connection.Command(
            $"""
            SELECT min(occurred_at) FROM (
              SELECT occurred_at FROM {schema}.outbox_pending WHERE name = ANY($1)
              UNION ALL
              SELECT w.occurred_at FROM unnest($1, $2) AS r (name, position) CROSS JOIN LATERAL (
                SELECT occurred_at FROM {schema}.outbox_log l WHERE l.name = r.name AND l.position > r.position ORDER BY l.position LIMIT 1) AS w) AS waiting
            """, reactions.Select(r => r.EventName).ToArray(), reactions.Select(r => positions.GetValueOrDefault(r.Handler)).ToArray());
        return await command.ExecuteScalarAsync(ct) is DateTime oldest ? clock.GetUtcNow().UtcDateTime - oldest : TimeSpan.Zero;
    }

    /// <summary>The events and positions of the reactions to a module's events.</summary>
    public async Task<IReadOnlyList<(string Event, long Position)>> ReactionsAsync(string schema, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        var positions = await PositionsAsync(connection, ct);
        return [.. routes.Where(r => r.Producer == schema).Select(r => (r.EventName, positions.GetValueOrDefault(r.Handler)))];
    }

    private async Task<Dictionary<string, long>> PositionsAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        var sql = string.Join(" UNION ALL ", modules.Select(m => $"SELECT handler, position FROM {m.Schema}.subscription"));
        await using var command = connection.Command(sql);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var positions = new Dictionary<string, long>(StringComparer.Ordinal);
        while (await reader.ReadAsync(ct))
            positions[reader.GetString(0)] = reader.GetInt64(1);
        return positions;
    }

    private async Task<List<(string Producer, string Handler, long Retrying, long Parked)>> FailuresAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        var sql = string.Join(" UNION ALL ", modules.Select(m =>
            $"""
            SELECT producer, handler, count(*) FILTER (WHERE parked_at IS NULL), count(*) FILTER (WHERE parked_at IS NOT NULL)
            FROM {m.Schema}.delivery_retry GROUP BY producer, handler
            """));
        await using var command = connection.Command(sql);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var failures = new List<(string, string, long, long)>();
        while (await reader.ReadAsync(ct))
            failures.Add((reader.GetString(0), reader.GetString(1), reader.GetInt64(2), reader.GetInt64(3)));
        return failures;
    }

    private async Task<OutboxBacklog> BacklogAsync(
        NpgsqlConnection connection, string schema,
            Dictionary<string, long> positions, List<(string Producer, string Handler, long Retrying, long Parked)> failures, CancellationToken ct)
    {
        var mine = routes.Where(r => r.Producer == schema).ToList();
        await using var command = connection.Command(
            $"""
            SELECT s.handler, w.n, w.oldest FROM unnest($1, $2, $3) AS s (handler, name, position)
              CROSS JOIN LATERAL (SELECT count(*) AS n, min(occurred_at) AS oldest FROM (
                SELECT occurred_at FROM {schema}.outbox_log WHERE name = s.name AND position > s.position
                UNION ALL SELECT occurred_at FROM {schema}.outbox_pending WHERE name = s.name) AS waiting) AS w
            """, mine.Select(r => r.Handler).ToArray(), mine.Select(r => r.EventName).ToArray(),
            mine.Select(r => positions.GetValueOrDefault(r.Handler)).ToArray());
        var now = clock.GetUtcNow();
        var consumers = new List<ConsumerBacklog>();
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
            {
                var handler = reader.GetString(0);
                var failed = failures.Where(f => f.Producer == schema && f.Handler == handler).ToList();
                consumers.Add(new(handler, mine.First(r => r.Handler == handler).EventName, reader.GetInt64(1),
                    reader.IsDBNull(2) ? 0 : Math.Max(0, Math.Round((now - reader.GetFieldValue<DateTimeOffset>(2)).TotalSeconds, 3)),
                    failed.Sum(f => f.Retrying), failed.Sum(f => f.Parked)));
            }
        }

        // An event that waits for several reactions is counted once.
        return new OutboxBacklog(schema, consumers.GroupBy(c => c.Event).Sum(g => g.Max(c => c.Waiting)), consumers.Select(c => c.OldestSeconds)
            .DefaultIfEmpty().Max(),
            failures.Where(f => f.Producer == schema).Sum(f => f.Retrying), failures.Where(f => f.Producer == schema).Sum(f => f.Parked),
            [.. consumers.OrderBy(c => c.Handler, StringComparer.Ordinal)]);
    }
}
