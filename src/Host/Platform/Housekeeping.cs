using IntegratedCare.Shared;
using IntegratedCare.Shared.Outbox;
using IntegratedCare.Shared.Documents;
using Npgsql;

namespace IntegratedCare.Host.Platform;

/// <summary>Once an hour: deletes idempotency keys after 30 days, drops outbox partitions of that age, and creates those of the next days.</summary>
internal sealed partial class Housekeeping(
    NpgsqlDataSource source, IEnumerable<IModule> modules, ModuleMigrator migrator, OutboxQueries outbox, TimeProvider clock,
    ILogger<Housekeeping> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromHours(1), clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await SweepAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
        }
    }

    internal async Task SweepAsync(CancellationToken ct)
    {
        var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        await migrator.EnsurePartitionsAsync(ct);
        foreach (var module in modules)
        {
            try
            {
                await using var connection = await source.OpenConnectionAsync(ct);
                await connection.ExecuteAsync($"DELETE FROM {module.Schema}.idempotency WHERE created_at < now() - interval '30 days'", ct);
                await OutboxPartitions.DropOldAsync(connection, module.Schema, today, await outbox.ReactionsAsync(module.Schema, ct), ct);
            }
            catch (NpgsqlException e)
            {
                LogFailed(log, module.Schema, e.SqlState);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Housekeeping of {Schema} failed ({SqlState}) and is tried again in an hour")]
    private static partial void LogFailed(ILogger log, string schema, string? sqlState);
}
