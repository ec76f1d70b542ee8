using System.Diagnostics;
using IntegratedCare.Shared.Documents;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Polly;
using Polly.Retry;

namespace IntegratedCare.Shared.Outbox;

/// <summary>Delivers one producer's events to one reaction, as long as this host holds its lease.</summary>
internal sealed partial class Consumer(
    Lease lease,
    OutboxFeed feed,
    OutboxSignal.Waiter wake,
    DeliveryRetries retries,
    Pace pace,
    NpgsqlDataSource source,
    IServiceScopeFactory scopes,
    OutboxState state,
    TimeProvider clock,
    OutboxOptions options,
    ILogger log)
{
    private static readonly TimeSpan RetriesEvery = TimeSpan.FromSeconds(2);
    private static readonly ActivitySource Activities = new(OutboxState.Telemetry);

    private readonly EventRoute _route = lease.Route;
    private HashSet<string> _heldKeys = [];
    private bool _mayRetry = true;
    private long _stored;
    private long _position;
    private TimeSpan _waited;

    /// <summary>Delivers until the lease is lost or the host stops.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        var retry = new ResiliencePipelineBuilder { TimeProvider = clock }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = args => ValueTask.FromResult(args.Outcome.Exception is not null and not LeaseLost && !ct.IsCancellationRequested),
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Exponential,
                Delay = TimeSpan.FromMilliseconds(200),
                MaxDelay = TimeSpan.FromSeconds(10),
                UseJitter = true,
                OnRetry = args =>
                {
                    LogFailed(log, lease.Handler, args.Outcome.Exception is { } e ? SafeError.Describe(e) : "");
                    return ValueTask.CompletedTask;
                },
            })
            .Build();
        try
        {
            await retry.ExecuteAsync(async token => await LoopAsync(token), ct);
        }
        catch (LeaseLost)
        {
            LogLost(log, lease.Handler);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
        }
    }

    private async Task LoopAsync(CancellationToken ct)
    {
        await LoadPositionAsync(ct);
        await RefreshHeldAsync(ct);
        var retriedAt = clock.GetTimestamp();
        using var working = pace.Join();
        while (!ct.IsCancellationRequested)
        {
            var started = clock.GetTimestamp();
            _waited = TimeSpan.Zero;
            var oldest = await DeliverNextAsync(ct);
            var retried = false;
            if (_mayRetry || clock.GetElapsedTime(retriedAt) > RetriesEvery)
            {
                retried = await RetryAsync(ct);
                retriedAt = clock.GetTimestamp();
            }

            if (oldest is null && !retried)
            {
                working.Stop();
                await wake.WaitAsync(_mayRetry ? options.Poll : RetriesEvery, ct);
            }
            else
            {
                working.Start();
                await wake.HurriedAsync(pace.Rest(clock.GetElapsedTime(started) - _waited, clock.GetUtcNow() - oldest), ct);
            }
        }
    }

    /// <summary>Delivers the next run. Returns when its oldest event was published, null when there was none.</summary>
    private async Task<DateTimeOffset?> DeliverNextAsync(CancellationToken ct)
    {
        var (run, through) = await feed.ReadAsync(lease.Handler, _route.EventName, _position, ct);
        if (run.Count == 0)
        {
            // A reaction to a rare event keeps up too, although there is nothing to store.
            _position = Math.Max(_position, through);
            return null;
        }

        using var turn = await TurnAsync(ct);
        var delivery = new RunDelivery(lease, _stored, _heldKeys, retries);
        await PublishAsync(run, delivery, (covered, notApplied) =>
        {
            delivery.Completed(covered, notApplied);
            _position = _stored = covered[^1].Position;
            _mayRetry |= notApplied.Count > 0;
        }, ct);
        return run[0].OccurredAt;
    }

    private async Task<Pace.Turn> TurnAsync(CancellationToken ct)
    {
        var waiting = clock.GetTimestamp();
        var turn = await pace.TurnAsync(ct);
        _waited += clock.GetElapsedTime(waiting);
        return turn;
    }

    private async Task<bool> RetryAsync(CancellationToken ct)
    {
        List<(Guid Id, int Attempts, StoredEvent Event)> due;
        await using (var connection = await source.OpenConnectionAsync(ct))
            due = await retries.DueAsync(connection, lease, ct);
        // One turn for them all: else each of them would wait for its own, and what is new behind them.
        using var turn = due.Count > 0 ? await TurnAsync(ct) : null;
        foreach (var (id, attempts, row) in due)
            await PublishAsync([row], new RetryDelivery(lease, id, attempts, retries), (_, _) => { }, ct);
        if (due.Count > 0 || _mayRetry)
            await RefreshHeldAsync(ct);
        return due.Count > 0;
    }

    /// <summary>After a failure only the table says whether the last run was committed.</summary>
    private async Task LoadPositionAsync(CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        _position = _stored = await connection.ScalarAsync($"SELECT position FROM {lease.Schema}.subscription WHERE handler = $1 AND fence = $2", ct,
            lease.Handler, lease.Fence) is long position ? position : throw new LeaseLost(lease.Handler);
    }

    private async Task RefreshHeldAsync(CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        (_heldKeys, _mayRetry) = await retries.HeldAsync(connection, lease, ct);
    }

    private async Task PublishAsync(
        IReadOnlyList<StoredEvent> run, Delivery delivery, Action<IReadOnlyList<StoredEvent>, IReadOnlyList<NotApplied>> completed, CancellationToken ct)
    {
        var parent = ActivityContext.TryParse(run[0].Trace, null, out var context) ? context : default;
        using var activity = Activities.StartActivity($"deliver {run[0].Name}", ActivityKind.Consumer, parent);
        activity?.SetTag("messaging.batch.message_count", run.Count);
        activity?.SetTag("messaging.consumer.group.name", lease.Handler);
        var started = clock.GetTimestamp();
        await using var scope = scopes.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<IMediator>().Publish(_route.Run(run, delivery, scopes, completed), ct);
        state.Delivered(_route, run.Count, clock.GetElapsedTime(started));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Delivering to {Handler} failed and starts over: {Error}")]
    private static partial void LogFailed(ILogger log, string handler, string error);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Handler} is served elsewhere, or has gone on: its position is read again")]
    private static partial void LogLost(ILogger log, string handler);
}
