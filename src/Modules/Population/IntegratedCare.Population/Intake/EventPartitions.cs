using IntegratedCare.Shared;
using IntegratedCare.Shared.Documents;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace IntegratedCare.Population.Intake;

/// <summary>
/// Keeps a partition of <c>population.event</c> ready for this month of receipt and the next two. What falls outside goes to the
/// default partition.
/// </summary>
internal sealed partial class EventPartitions(ModuleSessions<PopulationSession> sessions, TimeProvider clock, ILogger<EventPartitions> log) : BackgroundService
{
    private const int MonthsAhead = 2;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // Before the first event: a month that has rows in the default partition can no longer have its own.
        await EnsureAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromHours(6), clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await EnsureAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
        }
    }

    internal async Task EnsureAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        for (var ahead = 0; ahead <= MonthsAhead; ahead++)
        {
            var month = new DateOnly(now.Year, now.Month, 1).AddMonths(ahead);
            try
            {
                await using var session = sessions.Open();
                // Hosts that come to it at once take turns.
                await session.LockAsync("event partitions", ct);
                // A partition does not inherit that nothing is planned by the values of a column.
                await session.ExecuteAsync(
                    $"""
                    CREATE TABLE IF NOT EXISTS population.event_{month:yyyy_MM} PARTITION OF population.event
                      FOR VALUES FROM ('{month:yyyy-MM-dd} 00:00:00+00') TO ('{month.AddMonths(1):yyyy-MM-dd} 00:00:00+00');
                    ALTER TABLE population.event_{month:yyyy_MM} ALTER COLUMN payload SET STATISTICS 0, ALTER COLUMN data SET STATISTICS 0;
                    """, ct);
                await session.SaveChangesAsync(ct);
            }
            catch (NpgsqlException e)
            {
                LogNotMade(log, month, SafeError.Describe(e));
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "No partition for events received in {Month}; the default one takes them: {Error}")]
    private static partial void LogNotMade(ILogger log, DateOnly month, string error);
}
