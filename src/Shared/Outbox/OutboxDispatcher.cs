using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using IntegratedCare.Shared.Documents;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace IntegratedCare.Shared.Outbox;

public sealed class OutboxOptions
{
    /// <summary>Attempts before an event is parked for a handler.</summary>
    public int MaxAttempts { get; set; } = 8;

    /// <summary>Wait after the first failure; doubled with each further one, at most five minutes.</summary>
    public TimeSpan FirstDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How often to poll without a notification, and how often a host tries to take leases.</summary>
    public TimeSpan Poll { get; set; } = TimeSpan.FromMilliseconds(500);
}

/// <summary>
/// Delivers events to the reactions whose leases this host holds. Each module's committed events are put in order, and every reaction
/// reads them at its own position.
/// </summary>
public sealed partial class OutboxDispatcher(
    NpgsqlDataSource source,
    IEnumerable<IModule> modules,
    IEnumerable<EventRoute> routes,
    HostInstance host,
    IServiceScopeFactory scopes,
    OutboxSignal signal,
    OutboxState state,
    TimeProvider clock,
    IOptions<OutboxOptions> options,
    ILogger<OutboxDispatcher> log) : BackgroundService
{
    // Commits get their positions together: soon after the first, but at most five times a second. A statement and a run for each
    // would cost as much as the commits.
    private static readonly TimeSpan MinGathering = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan MinInterval = TimeSpan.FromMilliseconds(200);

    private readonly DeliveryRetries _retries = new(clock, options.Value, log);
    private readonly Dictionary<string, (OutboxFeed Feed, List<OutboxSignal.Waiter> Consumers)> _feeds =
        modules.ToDictionary(m => m.Schema, m => (new OutboxFeed(source, m.Schema), new List<OutboxSignal.Waiter>()));

    private readonly Dictionary<string, OutboxSignal.Waiter> _wakes = modules.ToDictionary(m => m.Schema, m => signal.Subscribe(m.Schema));
    private readonly ConcurrentDictionary<string, Running> _running = new();

    internal Pace Pace { get; } = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var subscriptions = modules.Select(m => new Subscriptions(source, host, m.Schema, [.. routes.Where(r => r.ConsumerSchema == m.Schema)])).ToList();
        // It beats until everything is released: whoever still holds a lease must not seem to stand still.
        using var released = new CancellationTokenSource();
        var heartbeat = RunLoopAsync("the heartbeat", ct => Heartbeat.RunAsync(source, ct), released.Token);
        await Task.WhenAll(
        [
            RunLoopAsync("leases", ct => LeasesAsync(subscriptions, ct), stoppingToken),
            RunLoopAsync("notifications", ListenAsync, stoppingToken),
            .. _feeds.Keys.Select(schema => RunLoopAsync($"the outbox of {schema}", ct => SequenceAsync(schema, ct), stoppingToken)),
        ]);
        foreach (var handler in _running.Keys)
            await StopAsync(handler);
        foreach (var subscription in subscriptions)
        {
            try
            {
                await subscription.ReleaseAsync();
            }
            catch (Exception e) when (e is NpgsqlException or InvalidOperationException or TimeoutException)
            {
                // The database stopped before this host: the leases expire by themselves.
            }
        }

        await released.CancelAsync();
        await heartbeat;
    }

    /// <summary>Runs a loop until the host stops; an exception is logged, and the loop starts over.</summary>
    private async Task RunLoopAsync(string what, Func<CancellationToken, Task> loop, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await loop(ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogFailed(log, what, SafeError.Describe(e));
                try
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(500), ct);
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }
        }
    }

    private async Task LeasesAsync(List<Subscriptions> subscriptions, CancellationToken ct)
    {
        while (true)
        {
            foreach (var subscription in subscriptions)
            {
                var held = (await subscription.RenewAsync(ct)).ToDictionary(l => l.Handler);
                state.Leads(subscription.Schema, subscription.Leads);
                foreach (var (handler, running) in _running)
                {
                    // Served elsewhere, or under a lease that was lost and taken again.
                    if (running.Lease.Schema == subscription.Schema
                        && (running.Loop.IsCompleted || held.GetValueOrDefault(handler)?.Fence != running.Lease.Fence))
                        await StopAsync(handler);
                }

                foreach (var lease in held.Values.Where(l => !_running.ContainsKey(l.Handler)))
                    Start(lease, ct);
            }

            await Task.Delay(options.Value.Poll, ct);
        }
    }

    private void Start(Lease lease, CancellationToken ct)
    {
        var (feed, consumers) = _feeds[lease.Route.Producer];
        var wake = new OutboxSignal.Waiter();
        lock (consumers)
            consumers.Add(wake);
        var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var consumer = new Consumer(lease, feed, wake, _retries, Pace, source, scopes, state, clock, options.Value, log);
        var loop = Task.Run(async () =>
        {
            try
            {
                await consumer.RunAsync(stop.Token);
            }
            finally
            {
                await feed.LeaveAsync(lease.Handler);
                lock (consumers)
                    consumers.Remove(wake);
            }
        }, CancellationToken.None);
        _running[lease.Handler] = new Running(lease, loop, stop);
        LogServes(log, lease.Handler);
    }

    private async Task StopAsync(string handler)
    {
        if (!_running.TryRemove(handler, out var running))
            return;
        await running.Stop.CancelAsync();
        // Whatever ended it, its lease is started anew, here or elsewhere.
        await running.Loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        running.Stop.Dispose();
    }

    /// <summary>Gives committed events of one outbox their positions, and wakes its consumers on this host and others.</summary>
    private async Task SequenceAsync(string schema, CancellationToken ct)
    {
        var (feed, consumers) = _feeds[schema];
        var wake = _wakes[schema];
        var mine = routes.Where(r => r.Producer == schema).Select(r => r.Handler).ToArray();
        var sequencedAt = clock.GetTimestamp();
        while (true)
        {
            var woken = await wake.WaitAsync(options.Value.Poll, ct);
            var rest = MinInterval - clock.GetElapsedTime(sequencedAt);
            var hurried = woken && await wake.HurriedAsync(rest > MinGathering ? rest : MinGathering, ct);
            sequencedAt = clock.GetTimestamp();
            var isNew = await feed.SequenceAsync(ct);
            if (isNew || hurried)
            {
                lock (consumers)
                    consumers.ForEach(hurried ? c => c.Hurry() : c => c.Set());
                if (woken && !mine.All(_running.ContainsKey))
                {
                    await using var notify = source.CreateCommand($"NOTIFY outbox, '{schema}'");
                    await notify.ExecuteNonQueryAsync(ct);
                }
            }
        }
    }

    /// <summary>Listens for commits on other hosts. The open connection also shows other hosts that this one is alive.</summary>
    private async Task ListenAsync(CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        connection.Notification += (_, notification) => signal.Raise(notification.Payload);
        await connection.ExecuteAsync("LISTEN outbox", ct);
        while (true)
            await connection.WaitAsync(ct);
    }

    private sealed record Running(Lease Lease, Task Loop, CancellationTokenSource Stop);

    [LoggerMessage(Level = LogLevel.Information, Message = "This host serves {Handler}")]
    private static partial void LogServes(ILogger log, string handler);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Dispatching: {What} failed and starts over: {Error}")]
    private static partial void LogFailed(ILogger log, string what, string error);
}

/// <summary>The state of this host's dispatcher, for background work and telemetry.</summary>
public sealed class OutboxState
{
    public const string Telemetry = "IntegratedCare.Outbox";
    private static readonly Meter Meter = new(Telemetry);
    private static readonly Counter<long> DeliveredEvents = Meter.CreateCounter<long>("integratedcare.outbox.delivered", "{event}");
    private static readonly Histogram<double> RunSeconds = Meter.CreateHistogram<double>("integratedcare.outbox.run.duration", "s");
    private readonly ConcurrentDictionary<string, bool> _leads = new();

    internal void Leads(string schema, bool leads) => _leads[schema] = leads;

    /// <summary>Whether this host does a schema's background work; at most one host does.</summary>
    public bool Leads(string schema) => _leads.GetValueOrDefault(schema);

    internal void Delivered(EventRoute route, int count, TimeSpan took)
    {
        var tags = new TagList { { "schema", route.Producer }, { "event", route.EventName }, { "handler", route.Handler } };
        DeliveredEvents.Add(count, tags);
        RunSeconds.Record(took.TotalSeconds, tags);
    }
}

public static class OutboxRegistration
{
    public static IServiceCollection AddOutbox(this IServiceCollection services)
    {
        services.AddSingleton<HostInstance>();
        services.AddSingleton<OutboxSignal>();
        services.AddSingleton<OutboxState>();
        services.AddSingleton<Documents.ModuleSessionServices>();
        services.AddTransient<ServiceFactory>(provider => provider.GetRequiredService);
        services.AddTransient<IMediator, Mediator>();
        services.AddHostedService<OutboxDispatcher>();
        return services;
    }
}
