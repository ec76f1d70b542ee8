using IntegratedCare.Shared;
using IntegratedCare.CarePathways.Definitions;
using IntegratedCare.CarePathways.Episodes;
using IntegratedCare.Shared.Documents;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IntegratedCare.CarePathways.Clocks;

/// <summary>Finds clocks that have run out, records each once and publishes its breach. Runs on every host; an advisory lock lets one work at a time.</summary>
internal sealed partial class ClockWatch(
    ModuleSessions<CarePathwaysSession> sessions, PathwayCatalogue pathways, IConfiguration configuration, ILogger<ClockWatch> log) : BackgroundService
{
    private const int MaxBatch = 200;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(configuration.GetValue("CarePathways:ClockInterval", TimeSpan.FromSeconds(15)));
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    await SweepAsync(stoppingToken);
                }
                catch (Exception e) when (!stoppingToken.IsCancellationRequested)
                {
                    LogFailed(log, SafeError.Describe(e));
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    /// <summary>Records every breach up to now; the number of episodes changed.</summary>
    internal async Task<int> SweepAsync(CancellationToken ct)
    {
        for (var total = 0; ;)
        {
            await using var session = sessions.Open();
            // Another host that holds the lock records the same breaches.
            if (!await session.TryLockAsync("clocks", ct))
                return total;
            var now = session.Clock.GetUtcNow();
            var overdue = await session.ListOverdueAsync(now, MaxBatch, ct);
            var episodes = await session.LockAsync<Episode>([.. overdue.Distinct()], ct);
            await session.WriteAsync([.. episodes.Select(e => e.RecordBreaches(pathways.Of(e), now))], ct);
            await session.SaveChangesAsync(ct);
            total += episodes.Count;
            if (overdue.Count < MaxBatch)
                return total;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Looking at the clocks failed and is tried again: {Error}")]
    private static partial void LogFailed(ILogger log, string error);
}
