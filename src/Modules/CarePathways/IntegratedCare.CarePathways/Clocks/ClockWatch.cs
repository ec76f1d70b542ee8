using IntegratedCare.CarePathways.Domain;
using IntegratedCare.CarePathways.Storage;
using IntegratedCare.Shared.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IntegratedCare.CarePathways;

/// <summary>Notices clocks that have run out, records each once and tells it. One at a time for each database, on any host.</summary>
internal sealed partial class ClockWatch(IServiceScopeFactory scopes, PathwayCatalogue pathways, IConfiguration configuration, ILogger<ClockWatch> log) : BackgroundService
{
    private const int Most = 200;

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

    /// <summary>Notices everything that has run out by now; the number of episodes touched.</summary>
    internal async Task<int> SweepAsync(CancellationToken ct)
    {
        for (var total = 0; ;)
        {
            await using var scope = scopes.CreateAsyncScope();
            var db = scope.ServiceProvider.GetRequiredService<CarePathwaysDb>();
            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            // Another host that is at it notices the same: nothing is left to do here.
            if (!await db.Database.SqlQuery<bool>($"SELECT pg_try_advisory_xact_lock(hashtext('care_pathways clocks')) AS \"Value\"").SingleAsync(ct))
                return total;
            var now = db.Clock.GetUtcNow();
            var late = await db.Clocks.Where(c => c.StoppedAt == null && c.BreachedAt == null && c.DueAt <= now)
                .OrderBy(c => c.DueAt).Select(c => c.EpisodeId).Take(Most).ToListAsync(ct);
            var episodes = await db.LockAsync([.. late.Distinct()], ct);
            foreach (var episode in episodes)
                episode.NoticeBreaches(pathways.Of(episode), now);
            await db.SaveChangesAsync(ct);
            await db.CommitAsync(transaction);
            total += episodes.Count;
            if (late.Count < Most)
                return total;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Looking at the clocks failed and is tried again: {Error}")]
    private static partial void LogFailed(ILogger log, string error);
}
