using System.Diagnostics;
using IntegratedCare.Metrics.Computations;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Documents;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using static IntegratedCare.Shared.Documents.SqlParameters;

namespace IntegratedCare.Metrics.Values;

/// <summary>
/// Recomputes live values as facts arrive, and restates published ones. One host per database runs it, under an
/// advisory lock. It rests four times as long as it worked, so that it takes at most a fifth of the machine.
/// </summary>
internal sealed partial class LiveValues(ModuleSessions<MetricsSession> sessions, ILogger<LiveValues> log) : BackgroundService
{
    private const int MaxMonthsPerRound = 60;
    private static readonly TimeSpan MinRest = TimeSpan.FromMilliseconds(500);
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

    /// <summary>One round, in one transaction. False when nothing was dirty.</summary>
    internal async Task<bool> RoundAsync(CancellationToken ct)
    {
        await using var session = sessions.Open();
        await using (var look = await session.CommandAsync(
            "SELECT EXISTS (SELECT 1 FROM metrics.dirty) OR EXISTS (SELECT 1 FROM metrics.counted_to WHERE day <> $1)", ct, Date(session.Today)))
        {
            if (await look.ExecuteScalarAsync(ct) is not true)
                return false;
        }

        var recomputation = await Recomputation.BeginAsync(session, ct);
        // A new day is marked in its own transaction: a round reads for a long time and writes only at the end.
        if (!await recomputation.MarkNewDayAsync(ct))
            await recomputation.RunOldestAsync(MaxMonthsPerRound, ct);
        await session.SaveChangesAsync(ct);
        return true;
    }

    private async Task HoldAndRefreshAsync(CancellationToken ct)
    {
        await using var holder = sessions.Open();
        await using var take = await holder.CommandAsync("SELECT pg_try_advisory_lock(hashtext('metrics.live-values'))", ct);
        while (await take.ExecuteScalarAsync(ct) is not true)
            await Task.Delay(Standby, ct);
        try
        {
            await using (var start = sessions.Open())
                await DirtyMonths.MarkRedefinedAsync(start, ct);

            await using var alive = await holder.CommandAsync("SELECT 1", ct);
            while (true)
            {
                // The lock is lost with its connection: the exception starts over, and this host may have to wait for the lock.
                await alive.ExecuteScalarAsync(ct);
                var started = Stopwatch.GetTimestamp();
                await RoundAsync(ct);
                var rest = 4 * Stopwatch.GetElapsedTime(started);
                await Task.Delay(rest > MinRest ? rest : MinRest, ct);
            }
        }
        finally
        {
            // A pooled connection stays open after this worker ends; the lock must not.
            await ReleaseAsync(holder);
        }
    }

    private static async Task ReleaseAsync(MetricsSession holder)
    {
        try
        {
            await holder.ExecuteAsync("SELECT pg_advisory_unlock(hashtext('metrics.live-values'))", CancellationToken.None);
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            // The connection is closed, which released the lock.
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Refreshing live values failed and is tried again: {Error}")]
    private static partial void LogFailed(ILogger log, string error);
}
