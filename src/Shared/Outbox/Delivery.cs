using IntegratedCare.Shared.Documents;
using Npgsql;
using NpgsqlTypes;

namespace IntegratedCare.Shared.Outbox;

/// <summary>An event that was not applied in its run: it failed, or (without an error) waits behind a failed event of its key.</summary>
internal sealed record NotApplied(StoredEvent Event, string? Error);

/// <summary>Records, in a reaction's own transaction and while the lease is held, which events it has applied.</summary>
internal abstract class Delivery(Lease lease)
{
    public Lease Lease => lease;

    /// <summary>Whether events of this key wait behind one that failed.</summary>
    public virtual bool IsHeld(string key) => false;

    /// <summary>Records consecutive events as covered: those applied by this transaction, and those that were not.</summary>
    public abstract Task CompleteAsync(NpgsqlConnection connection, IReadOnlyList<StoredEvent> covered, IReadOnlyList<NotApplied> notApplied,
        CancellationToken ct);

    /// <summary>Fails early if the lease is lost, and takes the lock of reactions that are applied one at a time.</summary>
    public async Task BeginAsync(NpgsqlConnection connection, string? turns, CancellationToken ct)
    {
        // Plans are made for each run: a cached plan from when the tables were small would scan them whole.
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("SET LOCAL plan_cache_mode = force_custom_plan"),
                new NpgsqlBatchCommand($"SELECT fence FROM {lease.Schema}.subscription WHERE handler = $1")
                {
                    Parameters = { new() { Value = lease.Handler } },
                },
            },
        };
        if (turns is not null)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
            {
                Parameters = { new() { Value = $"{lease.Schema}|{turns}" } },
            });
        }

        if (await batch.ExecuteScalarAsync(ct) is not long fence || fence != lease.Fence)
            throw new LeaseLost(lease.Handler);
    }
}

/// <summary>The next events of a subscription.</summary>
/// <param name="position">The reaction's position in the table: a run changes nothing if it is another by then.</param>
internal sealed class RunDelivery(Lease lease, long position, HashSet<string> heldKeys, DeliveryRetries retries) : Delivery(lease)
{
    public long Position { get; private set; } = position;

    public override bool IsHeld(string key) => heldKeys.Contains(key);

    public override async Task CompleteAsync(NpgsqlConnection connection, IReadOnlyList<StoredEvent> covered, IReadOnlyList<NotApplied> notApplied,
        CancellationToken ct)
    {
        await retries.AddAsync(connection, Lease, notApplied, ct);
        // An earlier try may have been committed although its answer was lost.
        if (await connection.ExecuteAsync(
            $"UPDATE {Lease.Schema}.subscription SET position = $1 WHERE handler = $2 AND fence = $3 AND position = $4", ct,
            covered[^1].Position, Lease.Handler, Lease.Fence, Position) == 0)
            throw new LeaseLost(Lease.Handler);
    }

    /// <summary>To be called after the commit.</summary>
    public void Completed(IReadOnlyList<StoredEvent> covered, IReadOnlyList<NotApplied> notApplied)
    {
        Position = covered[^1].Position;
        foreach (var key in notApplied.Select(n => n.Event.Key).OfType<string>())
            heldKeys.Add(key);
    }
}

/// <summary>One event that failed before, or waited behind one that failed.</summary>
internal sealed class RetryDelivery(Lease lease, Guid id, int attempts, DeliveryRetries retries) : Delivery(lease)
{
    public override async Task CompleteAsync(NpgsqlConnection connection, IReadOnlyList<StoredEvent> covered, IReadOnlyList<NotApplied> notApplied,
        CancellationToken ct)
    {
        if (await connection.ScalarAsync($"SELECT true FROM {Lease.Schema}.subscription WHERE handler = $1 AND fence = $2 FOR SHARE", ct,
            Lease.Handler, Lease.Fence) is null)
            throw new LeaseLost(Lease.Handler);

        if (notApplied is [var failed, ..])
            await retries.FailedAgainAsync(connection, Lease, id, attempts + 1, failed, ct);
        else
            await retries.RemoveAsync(connection, Lease, id, ct);
    }
}

/// <summary>The table <c>delivery_retry</c> of a consumer's schema: events that a reaction could not apply yet, or that are parked.</summary>
internal sealed partial class DeliveryRetries(TimeProvider clock, OutboxOptions options, Microsoft.Extensions.Logging.ILogger log)
{
    public const string NoSuchHandler = "There is no such handler in this version.";

    public async Task AddAsync(NpgsqlConnection connection, Lease lease, IReadOnlyList<NotApplied> notApplied, CancellationToken ct)
    {
        foreach (var (row, error) in notApplied)
        {
            var attempts = error is null ? 0 : 1;
            await connection.ExecuteAsync(
                $"""
                INSERT INTO {lease.Schema}.delivery_retry
                  (id, position, event_id, handler, producer, name, key, payload, occurred_at, trace, attempts, next_attempt_at, parked_at, error)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
                """, ct,
                Guid.CreateVersion7(), row.Position, row.EventId, lease.Handler, lease.Route.Producer, row.Name, Text(row.Key),
                Text(row.Payload), row.OccurredAt, Text(row.Trace), attempts, NextAttempt(attempts), Parked(attempts), Text(error));
            if (error is not null)
                LogNotApplied(log, row.Name, lease.Handler, attempts, error);
        }
    }

    public async Task FailedAgainAsync(NpgsqlConnection connection, Lease lease, Guid id, int attempts, NotApplied failed, CancellationToken ct)
    {
        await connection.ExecuteAsync(
            $"UPDATE {lease.Schema}.delivery_retry SET attempts = $2, next_attempt_at = $3, parked_at = $4, error = $5 WHERE id = $1", ct,
            id, attempts, NextAttempt(attempts), Parked(attempts), Text(failed.Error));
        LogNotApplied(log, failed.Event.Name, lease.Handler, attempts, failed.Error);
    }

    public Task RemoveAsync(NpgsqlConnection connection, Lease lease, Guid id, CancellationToken ct) =>
        connection.ExecuteAsync($"DELETE FROM {lease.Schema}.delivery_retry WHERE id = $1", ct, id);

    /// <summary>The events that are due: of each key only the earliest.</summary>
    public async Task<List<(Guid Id, int Attempts, StoredEvent Event)>> DueAsync(NpgsqlConnection connection, Lease lease, CancellationToken ct)
    {
        await using var command = connection.Command(
            $"""
            SELECT id, attempts, position, event_id, name, key, payload, occurred_at, trace FROM {lease.Schema}.delivery_retry r
            WHERE handler = $1 AND parked_at IS NULL AND next_attempt_at <= $2
              AND (key IS NULL OR NOT EXISTS (
                SELECT FROM {lease.Schema}.delivery_retry e WHERE e.handler = r.handler AND e.key = r.key AND e.position < r.position))
            ORDER BY position LIMIT 100
            """, lease.Handler, clock.GetUtcNow());
        await using var reader = await command.ExecuteReaderAsync(ct);
        var due = new List<(Guid, int, StoredEvent)>();
        while (await reader.ReadAsync(ct))
        {
            due.Add((reader.GetGuid(0), reader.GetInt32(1), new StoredEvent(reader.GetInt64(2), reader.GetGuid(3), reader.GetString(4),
                reader.IsDBNull(5) ? null : reader.GetString(5), reader.GetFieldValue<byte[]>(6), reader.GetFieldValue<DateTimeOffset>(7),
                reader.IsDBNull(8) ? null : reader.GetString(8))));
        }

        return due;
    }

    /// <summary>The keys with waiting events, and whether any event waits.</summary>
    public async Task<(HashSet<string> Keys, bool Any)> HeldAsync(NpgsqlConnection connection, Lease lease, CancellationToken ct)
    {
        await using var command = connection.Command($"SELECT DISTINCT key FROM {lease.Schema}.delivery_retry WHERE handler = $1", lease.Handler);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var keys = new HashSet<string>(StringComparer.Ordinal);
        var any = false;
        while (await reader.ReadAsync(ct))
        {
            any = true;
            if (!reader.IsDBNull(0))
                keys.Add(reader.GetString(0));
        }

        return (keys, any);
    }

    private DateTimeOffset NextAttempt(int attempts) => attempts == 0
        ? clock.GetUtcNow()
        : clock.GetUtcNow() + TimeSpan.FromTicks(Math.Min(TimeSpan.FromMinutes(5).Ticks, options.FirstDelay.Ticks << Math.Min(attempts - 1, 20)));

    private object Parked(int attempts) => attempts >= options.MaxAttempts ? clock.GetUtcNow()
        : new NpgsqlParameter { Value = DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz };

    /// <param name="value">A string, or UTF-8.</param>
    private static NpgsqlParameter Text(object? value) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    [Microsoft.Extensions.Logging.LoggerMessage(Level = Microsoft.Extensions.Logging.LogLevel.Warning,
        Message = "{Event} was not applied by {Handler} (attempt {Attempt}): {Error}")]
    private static partial void LogNotApplied(Microsoft.Extensions.Logging.ILogger log, string @event, string handler, int attempt, string? error);
}
