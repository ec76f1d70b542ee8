using IntegratedCare.Shared;
using Npgsql;

namespace IntegratedCare.Host.Platform;

/// <summary>Forgets idempotency keys after 30 days and inbox keys after 90, once an hour.</summary>
internal sealed partial class Housekeeping(NpgsqlDataSource source, IEnumerable<IModule> modules, TimeProvider clock, ILogger<Housekeeping> log) : BackgroundService
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
        foreach (var module in modules)
        {
            try
            {
                await using var command = source.CreateCommand(
                    $"""
                    DELETE FROM {module.Schema}.idempotency WHERE created_at < now() - interval '30 days';
                    DELETE FROM {module.Schema}.inbox WHERE applied_at < now() - interval '90 days';
                    """);
                await command.ExecuteNonQueryAsync(ct);
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
