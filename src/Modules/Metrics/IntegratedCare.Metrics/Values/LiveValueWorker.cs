using System.Diagnostics;
using IntegratedCare.Metrics.Computations;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Outbox;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using static IntegratedCare.Shared.Documents.SqlParameters;

namespace IntegratedCare.Metrics.Values;

/// <summary>
/// Recomputes live values as facts arrive, and restates published ones, on the host that leads Metrics' background work. It rests four
/// times as long as it worked, at most half a minute, so that it works for about a fifth of the time.
/// </summary>
internal sealed partial class LiveValueWorker(ModuleSessions<MetricsSession> sessions, OutboxState outbox, ILogger<LiveValueWorker> log) : BackgroundService
{
    private const int MaxMonthsPerRound = 60;
    private static readonly TimeSpan MinRest = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan MaxRest = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var leads = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            var rest = MinRest;
            try
            {
                var led = leads;
                leads = outbox.Leads("metrics");
                if (leads)
                    rest = await RefreshAsync(isNew: !led, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogFailed(log, SafeError.Describe(e));
                (leads, rest) = (false, AfterFailure);
            }

            await Task.Delay(rest, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Refreshes until nothing is left to compute again.</summary>
    internal async Task CatchUpAsync(CancellationToken ct = default)
    {
        while (await RoundAsync(ct) is not null)
        {
        }
    }

    /// <summary>One round, in one transaction, and how long it worked: waiting for its turn is no work. Null when nothing was dirty.</summary>
    internal async Task<TimeSpan?> RoundAsync(CancellationToken ct)
    {
        await using var session = sessions.Open();
        await using (var look = await session.CommandAsync(
            "SELECT EXISTS (SELECT 1 FROM metrics.dirty) OR EXISTS (SELECT 1 FROM metrics.counted_to WHERE day <> $1)", ct, Date(session.Today)))
        {
            if (await look.ExecuteScalarAsync(ct) is not true)
                return null;
        }

        var recomputation = await Recomputation.BeginAsync(session, ct);
        var started = Stopwatch.GetTimestamp();
        // A new day is marked in its own transaction: a round reads for a long time and writes only at the end.
        var marked = await recomputation.MarkNewDayAsync(ct);
        if (!marked)
            await recomputation.RunOldestAsync(MaxMonthsPerRound, ct);
        await session.SaveChangesAsync(ct);
        return marked ? TimeSpan.Zero : Stopwatch.GetElapsedTime(started);
    }

    /// <summary>One round, and how long to rest after it.</summary>
    private async Task<TimeSpan> RefreshAsync(bool isNew, CancellationToken ct)
    {
        if (isNew)
        {
            await using var start = sessions.Open();
            await DirtyMonths.MarkRedefinedAsync(start, ct);
        }

        var rest = 4 * (await RoundAsync(ct) ?? TimeSpan.Zero);
        return rest < MinRest ? MinRest : rest > MaxRest ? MaxRest : rest;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Refreshing live values failed and is tried again: {Error}")]
    private static partial void LogFailed(ILogger log, string error);
}
