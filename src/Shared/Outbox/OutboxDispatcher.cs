using System.Diagnostics;
using System.Diagnostics.Metrics;
using IntegratedCare.Shared.Storage;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;
using Polly;
using Polly.Retry;

namespace IntegratedCare.Shared.Outbox;

public sealed class OutboxOptions
{
    /// <summary>Attempts before an event is parked for a handler.</summary>
    public int MaxAttempts { get; set; } = 8;

    /// <summary>Wait after the first failure; doubled with each further one, at most five minutes.</summary>
    public TimeSpan FirstDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How often to look without having been woken, and how often a standby tries to take over.</summary>
    public TimeSpan Poll { get; set; } = TimeSpan.FromMilliseconds(500);
}

/// <summary>
/// Hands one module's outbox to the reactions. At most one runs per module, on whichever host holds the advisory lock.
/// A row leaves the outbox when every handler has applied it or has its own row in <c>outbox_retry</c>.
/// </summary>
public sealed partial class OutboxDispatcher(
    NpgsqlDataSource source,
    IModule module,
    IEnumerable<EventRoute> routes,
    IServiceScopeFactory scopes,
    OutboxSignal signal,
    OutboxState state,
    TimeProvider clock,
    IOptions<OutboxOptions> options,
    ILogger<OutboxDispatcher> log) : BackgroundService
{
    private const int MaxEvents = 1000;
    private const int MaxBytes = 8 * 1024 * 1024;

    // Those who post come first: as long as it is not behind, the dispatcher rests as long as it worked, and a little. More gathers
    // meanwhile, and a large run costs less an event than many small ones.
    private static readonly TimeSpan Behind = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ShortestRest = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestRest = TimeSpan.FromMilliseconds(200);
    private static readonly ActivitySource Activities = new(OutboxState.Telemetry);

    private readonly string _schema = module.Schema;
    private readonly ILookup<string, EventRoute> _routes = routes.ToLookup(r => r.EventName);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var retry = new ResiliencePipelineBuilder { TimeProvider = clock }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = args => ValueTask.FromResult(args.Outcome.Exception is not null && !stoppingToken.IsCancellationRequested),
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Exponential,
                Delay = TimeSpan.FromMilliseconds(200),
                MaxDelay = TimeSpan.FromSeconds(10),
                UseJitter = true,
                OnRetry = args =>
                {
                    LogLoopFailed(log, _schema, args.Outcome.Exception is { } e ? SafeError.Describe(e) : "");
                    return ValueTask.CompletedTask;
                },
            })
            .Build();
        try
        {
            await retry.ExecuteAsync(async ct => await HoldAndDispatchAsync(ct), stoppingToken);
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task HoldAndDispatchAsync(CancellationToken ct)
    {
        await using var holder = await source.OpenConnectionAsync(ct);
        var notified = false;
        holder.Notification += (_, _) => notified = true;
        while (!await TryLockAsync(holder, ct))
        {
            state.Holds(_schema, false);
            if (await signal.WaitAsync(_schema, options.Value.Poll, ct))
            {
                await using var notify = new NpgsqlCommand($"NOTIFY outbox_{_schema}", holder);
                await notify.ExecuteNonQueryAsync(ct);
            }
        }

        state.Holds(_schema, true);
        LogHolds(log, _schema);
        try
        {
            await using (var listen = new NpgsqlCommand($"LISTEN outbox_{_schema}", holder))
                await listen.ExecuteNonQueryAsync(ct);
            // A second loop listens for other hosts while the first works; both feed the same signal.
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
            var listening = ListenAsync(holder, () => notified, () => notified = false, stop.Token);
            try
            {
                while (!ct.IsCancellationRequested)
                {
                    if (listening.IsCompleted)
                        await listening; // The lock went with its connection: start over.
                    var started = clock.GetTimestamp();
                    var oldest = await DispatchOnceAsync(ct);
                    var retried = await RetryOnceAsync(ct);
                    if (oldest is null && !retried)
                        await signal.WaitAsync(_schema, options.Value.Poll, ct);
                    else if (clock.GetUtcNow() - oldest < Behind)
                        await Task.Delay(Rest(clock.GetElapsedTime(started)), ct);
                }
            }
            finally
            {
                await stop.CancelAsync();
                try
                {
                    await listening;
                }
                catch (Exception e) when (e is OperationCanceledException or NpgsqlException)
                {
                }
            }
        }
        finally
        {
            state.Holds(_schema, false);
            await ReleaseAsync(holder);
        }
    }

    /// <summary>A pooled connection outlives this loop; the lock must not, or nobody could take over until it is used again.</summary>
    private static async Task ReleaseAsync(NpgsqlConnection holder)
    {
        try
        {
            await using var release = new NpgsqlCommand("SELECT pg_advisory_unlock_all()", holder);
            await release.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            // The connection is gone, and the lock with it.
        }
    }

    private async Task ListenAsync(NpgsqlConnection holder, Func<bool> notified, Action reset, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            await holder.WaitAsync(ct);
            if (!notified())
                continue;
            reset();
            signal.Raise(_schema);
        }
    }

    private async Task<bool> TryLockAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("SELECT pg_try_advisory_lock(hashtext($1), 1)", connection) { Parameters = { new() { Value = $"outbox {_schema}" } } };
        return await command.ExecuteScalarAsync(ct) is true;
    }

    private static TimeSpan Rest(TimeSpan worked) => worked < ShortestRest ? ShortestRest : worked > LongestRest ? LongestRest : worked;

    /// <summary>Delivers what is at the head of the outbox. When the oldest of it was said; null when there was nothing.</summary>
    private async Task<DateTimeOffset?> DispatchOnceAsync(CancellationToken ct)
    {
        var rows = await ReadAsync(
            $"""
            SELECT seq, event_id, name, key, payload, occurred_at, trace FROM (
              SELECT *, sum(size) OVER (ORDER BY seq) - size AS before FROM (
                SELECT seq, event_id, name, key, payload, occurred_at, trace, size FROM {_schema}.outbox
                WHERE xid < pg_snapshot_xmin(pg_current_snapshot())
                ORDER BY seq LIMIT {MaxEvents}) AS head) AS sized
            WHERE before < {MaxBytes}
            ORDER BY seq
            """, ct);
        if (rows.Count == 0)
            return null;

        var heldKeys = await HeldKeysAsync(ct);
        for (var from = 0; from < rows.Count;)
        {
            var to = from + 1;
            while (to < rows.Count && rows[to].Name == rows[from].Name)
                to++;
            var run = rows[from..to];
            var report = new DeliveryReport(heldKeys);
            await DeliverAsync(run, null, report, ct);
            await SettleAsync(run, report, ct);
            foreach (var (handler, eventId, _) in report.NotApplied)
            {
                if (run.Find(r => r.EventId == eventId) is { Key: { } key })
                    heldKeys.Add((handler, key));
            }

            from = to;
        }

        return rows[0].OccurredAt;
    }

    private async Task DeliverAsync(List<StoredEvent> run, string? onlyHandler, DeliveryReport report, CancellationToken ct)
    {
        var route = _routes[run[0].Name].FirstOrDefault();
        if (route is null)
            return;
        var parent = ActivityContext.TryParse(run[0].Trace, null, out var context) ? context : default;
        using var activity = Activities.StartActivity($"deliver {run[0].Name}", ActivityKind.Consumer, parent);
        activity?.SetTag("messaging.batch.message_count", run.Count);
        var started = clock.GetTimestamp();
        INotification notification;
        try
        {
            notification = route.Run(run, onlyHandler, scopes, report);
        }
        catch (Exception unreadable) when (unreadable is System.Text.Json.JsonException or NotSupportedException or InvalidOperationException)
        {
            // One event that this version cannot read must not hold up the others: it alone is retried, then parked.
            if (run.Count > 1)
            {
                foreach (var row in run)
                    await DeliverAsync([row], onlyHandler, report, ct);
                return;
            }

            foreach (var handler in _routes[run[0].Name].Select(r => r.Handler).Where(h => onlyHandler is null || onlyHandler == h))
                report.Fail(handler, run[0].EventId, run[0].Key, SafeError.Describe(unreadable));
            return;
        }

        await using var scope = scopes.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<IMediator>().Publish(notification, ct);
        ct.ThrowIfCancellationRequested();
        state.Delivered(_schema, run[0].Name, run.Count, clock.GetElapsedTime(started));
    }

    private async Task SettleAsync(List<StoredEvent> run, DeliveryReport report, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        if (report.NotApplied.Count > 0)
        {
            var byId = run.ToDictionary(r => r.EventId);
            foreach (var (handler, eventId, error) in report.NotApplied)
            {
                var row = byId[eventId];
                var attempts = error is null ? 0 : 1;
                await ExecuteAsync(connection,
                    $"""
                    INSERT INTO {_schema}.outbox_retry (id, seq, event_id, handler, name, key, payload, occurred_at, trace, attempts, next_attempt_at, parked_at, error)
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
                    ON CONFLICT (event_id, handler) DO NOTHING
                    """, ct,
                    Guid.CreateVersion7(), row.Seq, row.EventId, handler, row.Name, Text(row.Key), row.Payload, row.OccurredAt, Text(row.Trace), attempts,
                    NextAttempt(attempts), Parked(attempts), Text(error));
                if (error is not null)
                    LogNotApplied(log, row.Name, handler, attempts, error);
            }
        }

        await ExecuteAsync(connection, $"DELETE FROM {_schema}.outbox WHERE seq = ANY($1)", ct, run.Select(r => r.Seq).ToArray());
        await transaction.CommitAsync(ct);
    }

    /// <summary>Retries what is due: facts in runs, and of each key only the earliest.</summary>
    private async Task<bool> RetryOnceAsync(CancellationToken ct)
    {
        var due = new List<(Guid Id, string Handler, int Attempts, StoredEvent Row)>();
        await using (var connection = await source.OpenConnectionAsync(ct))
        {
            await using var command = new NpgsqlCommand(
                $"""
                SELECT id, handler, attempts, seq, event_id, name, key, payload, occurred_at, trace FROM {_schema}.outbox_retry r
                WHERE parked_at IS NULL AND next_attempt_at <= $1
                  AND (key IS NULL OR NOT EXISTS (SELECT FROM {_schema}.outbox_retry e WHERE e.handler = r.handler AND e.key = r.key AND e.seq < r.seq))
                ORDER BY seq LIMIT 100
                """, connection)
            { Parameters = { new() { Value = clock.GetUtcNow() } } };
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                due.Add((reader.GetGuid(0), reader.GetString(1), reader.GetInt32(2), Row(reader, 3)));
        }

        foreach (var (id, handler, attempts, row) in due)
        {
            var report = new DeliveryReport([]);
            // Renamed or removed since: nobody has applied it, and trying again changes nothing.
            var known = _routes[row.Name].Any(r => r.Handler == handler);
            if (known)
                await DeliverAsync([row], handler, report, ct);
            await using var connection = await source.OpenConnectionAsync(ct);
            if (!known)
            {
                const string noSuchHandler = "There is no such handler in this version.";
                await ExecuteAsync(connection, $"UPDATE {_schema}.outbox_retry SET parked_at = $2, error = $3 WHERE id = $1", ct, id, clock.GetUtcNow(), noSuchHandler);
                LogNotApplied(log, row.Name, handler, attempts, noSuchHandler);
            }
            else if (report.NotApplied is [var failed, ..])
            {
                await ExecuteAsync(connection,
                    $"UPDATE {_schema}.outbox_retry SET attempts = $2, next_attempt_at = $3, parked_at = $4, error = $5 WHERE id = $1", ct,
                    id, attempts + 1, NextAttempt(attempts + 1), Parked(attempts + 1), Text(failed.Error));
                LogNotApplied(log, row.Name, handler, attempts + 1, failed.Error);
            }
            else
            {
                await ExecuteAsync(connection, $"DELETE FROM {_schema}.outbox_retry WHERE id = $1", ct, id);
            }
        }

        return due.Count > 0;
    }

    private DateTimeOffset NextAttempt(int attempts) => attempts == 0
        ? clock.GetUtcNow()
        : clock.GetUtcNow() + TimeSpan.FromTicks(Math.Min(TimeSpan.FromMinutes(5).Ticks, options.Value.FirstDelay.Ticks << Math.Min(attempts - 1, 20)));

    private object Parked(int attempts) => attempts >= options.Value.MaxAttempts ? clock.GetUtcNow() : DBNull.Value;

    private static object Text(string? value) => new NpgsqlParameter { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    private async Task<List<(string, string)>> HeldKeysAsync(CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var command = new NpgsqlCommand($"SELECT DISTINCT handler, key FROM {_schema}.outbox_retry WHERE key IS NOT NULL", connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var held = new List<(string, string)>();
        while (await reader.ReadAsync(ct))
            held.Add((reader.GetString(0), reader.GetString(1)));
        return held;
    }

    private async Task<List<StoredEvent>> ReadAsync(string sql, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<StoredEvent>();
        while (await reader.ReadAsync(ct))
            rows.Add(Row(reader, 0));
        return rows;
    }

    private static StoredEvent Row(NpgsqlDataReader reader, int at) => new(
        reader.GetInt64(at), reader.GetGuid(at + 1), reader.GetString(at + 2), reader.IsDBNull(at + 3) ? null : reader.GetString(at + 3),
        reader.GetString(at + 4), reader.GetFieldValue<DateTimeOffset>(at + 5), reader.IsDBNull(at + 6) ? null : reader.GetString(at + 6));

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
            command.Parameters.Add(value as NpgsqlParameter ?? new NpgsqlParameter { Value = value });
        await command.ExecuteNonQueryAsync(ct);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "This host dispatches the outbox of {Schema}")]
    private static partial void LogHolds(ILogger log, string schema);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Dispatching {Schema} failed and starts over: {Error}")]
    private static partial void LogLoopFailed(ILogger log, string schema, string error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Event} was not applied by {Handler} (attempt {Attempt}): {Error}")]
    private static partial void LogNotApplied(ILogger log, string @event, string handler, int attempt, string? error);
}

/// <summary>What this host's dispatchers are doing, for health and telemetry.</summary>
public sealed class OutboxState
{
    public const string Telemetry = "IntegratedCare.Outbox";
    private static readonly Meter Meter = new(Telemetry);
    private static readonly Counter<long> DeliveredEvents = Meter.CreateCounter<long>("integratedcare.outbox.delivered", "{event}");
    private static readonly Histogram<double> RunSeconds = Meter.CreateHistogram<double>("integratedcare.outbox.run.duration", "s");
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, bool> _holds = new();

    public void Holds(string schema, bool holds) => _holds[schema] = holds;

    public bool HoldsLock(string schema) => _holds.GetValueOrDefault(schema);

    internal void Delivered(string schema, string name, int count, TimeSpan took)
    {
        var tags = new TagList { { "schema", schema }, { "event", name } };
        DeliveredEvents.Add(count, tags);
        RunSeconds.Record(took.TotalSeconds, tags);
    }
}

public static class OutboxRegistration
{
    public static IServiceCollection AddOutbox(this IServiceCollection services)
    {
        services.AddSingleton<OutboxSignal>();
        services.AddSingleton<OutboxState>();
        services.AddSingleton<ModuleDbServices>();
        services.AddSingleton<Documents.ModuleSessionServices>();
        services.AddTransient<ServiceFactory>(provider => provider.GetRequiredService);
        services.AddTransient<IMediator, Mediator>();
        return services;
    }

    internal static void AddOutboxDispatcher(this IServiceCollection services, IModule module) =>
        services.AddSingleton<IHostedService>(provider => ActivatorUtilities.CreateInstance<OutboxDispatcher>(provider, module));
}
