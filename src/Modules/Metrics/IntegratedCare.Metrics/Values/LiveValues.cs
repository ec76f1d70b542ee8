using System.Diagnostics;
using IntegratedCare.Metrics.Domain;
using IntegratedCare.Metrics.Events;
using IntegratedCare.Metrics.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace IntegratedCare.Metrics;

/// <summary>
/// Keeps live values up with the facts, and restates published ones. One runs per database, on whichever host holds the
/// advisory lock. It rests four times as long as it worked, so that it never takes more than a fifth of the machine.
/// </summary>
internal sealed partial class LiveValues(ModuleStorage<MetricsDb> storage, TimeProvider clock, ILogger<LiveValues> log) : BackgroundService
{
    private const int MonthsARound = 60;
    private const int ValuesAnEvent = 1000;
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Standby = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await HoldAndRefreshAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogFailed(log, SafeError.Describe(e));
                await Task.Delay(Standby, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Refreshes until nothing is left to compute again.</summary>
    internal async Task CatchUpAsync(CancellationToken ct = default)
    {
        while (await RoundAsync(ct))
        {
        }
    }

    /// <summary>One round, in one transaction. False when nothing waited.</summary>
    internal async Task<bool> RoundAsync(CancellationToken ct)
    {
        await using (var look = storage.Source.CreateCommand("SELECT EXISTS (SELECT 1 FROM metrics.dirty) OR EXISTS (SELECT 1 FROM metrics.counted_to WHERE day <> $1)"))
        {
            look.Parameters.Add(Bulk.Date(LondonTime.Today(clock)));
            if (await look.ExecuteScalarAsync(ct) is not true)
                return false;
        }

        await using var transaction = await storage.BeginAsync(ct);
        await ValueStore.LockAsync(transaction.Connection, ct);
        var values = new ValueStore(transaction.Connection, LondonTime.Today(clock), clock.GetUtcNow());
        if (await values.MarkPassedAsync(ct))
        {
            // On its own: what follows reads for long and writes only at the end.
            await transaction.CommitAsync(ct);
            return true;
        }

        var dirty = await values.DirtyAsync(MonthsARound, ct);
        var computed = new List<(MetricDefinition Definition, IReadOnlyList<Period> Periods, IReadOnlyList<KeptValue> Values)>();
        foreach (var months in dirty.Months.GroupBy(t => t.Metric, t => t.Month).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            if (Definitions.Find(months.Key) is not { } definition)
                continue;
            var periods = values.PeriodsOf(months);
            computed.Add((definition, periods, await values.ComputeAsync(definition, periods, ct)));
        }

        await values.TakeAsync(dirty, ct);
        var restated = new List<PublishedValue>();
        foreach (var (definition, periods, found) in computed)
        {
            if ((await values.RefreshAsync(definition, periods, found, ct)).Changed.Count > 0)
                restated.AddRange((await values.FreezeAsync(definition, periods, null, null, ct)).Announced);
        }

        foreach (var chunk in restated.Chunk(ValuesAnEvent))
            transaction.Publish(new ValuesRestated(chunk));
        await transaction.CommitAsync(ct);
        return true;
    }

    private async Task HoldAndRefreshAsync(CancellationToken ct)
    {
        await using var holder = await storage.Source.OpenConnectionAsync(ct);
        await using var take = new NpgsqlCommand("SELECT pg_try_advisory_lock(hashtext('metrics.live-values'))", holder);
        while (await take.ExecuteScalarAsync(ct) is not true)
            await Task.Delay(Standby, ct);
        try
        {
            await using (var start = await storage.BeginAsync(ct))
            {
                await new ValueStore(start.Connection, LondonTime.Today(clock), clock.GetUtcNow()).MarkRedefinedAsync(ct);
                await start.CommitAsync(ct);
            }

            await using var alive = new NpgsqlCommand("SELECT 1", holder);
            while (true)
            {
                // The lock goes with its connection: then start over, and perhaps stand by.
                await alive.ExecuteScalarAsync(ct);
                var started = Stopwatch.GetTimestamp();
                await RoundAsync(ct);
                var rest = 4 * Stopwatch.GetElapsedTime(started);
                await Task.Delay(rest > Rest ? rest : Rest, ct);
            }
        }
        finally
        {
            // Pooled connections outlive us; the lock must not.
            await ReleaseAsync(holder);
        }
    }

    private static async Task ReleaseAsync(NpgsqlConnection holder)
    {
        try
        {
            await using var release = new NpgsqlCommand("SELECT pg_advisory_unlock(hashtext('metrics.live-values'))", holder);
            await release.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            // The connection is gone, and the lock with it.
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Refreshing live values failed and is tried again: {Error}")]
    private static partial void LogFailed(ILogger log, string error);
}
