using IntegratedCare.Shared;
using System.Globalization;
using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Outbox;
using IntegratedCare.Shared.Documents;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace IntegratedCare.Host.Health;

/// <summary>Whether the host can serve: database, schema, and how far dispatching lags.</summary>
internal sealed class Ready(NpgsqlDataSource source, ModuleMigrator migrator, OutboxQueries outbox, IHostEnvironment environment)
    : CareEndpoint<Results<Ok<HealthView>, JsonHttpResult<HealthView>>>
{
    private const double LagLimitSeconds = 60;

    public override void Configure()
    {
        Get("/health/ready");
        Options(b => b.Produces<HealthView>(503));
    }

    protected override async Task<Results<Ok<HealthView>, JsonHttpResult<HealthView>>> HandleAsync(CancellationToken ct)
    {
        var checks = new Dictionary<string, string>();
        try
        {
            await using (var command = source.CreateCommand("SELECT 1"))
                await command.ExecuteScalarAsync(ct);
            checks["database"] = "ok";
            var pending = await migrator.KnownPendingAsync(ct);
            checks["migrations"] = pending.Count == 0 ? "ok" : $"{pending.Count} pending: run the migrate verb";
            var backlog = pending.Count == 0 ? await outbox.BacklogAsync(ct) : [];
            var worst = backlog.Count == 0 ? 0 : backlog.Max(b => b.OldestSeconds);
            checks["dispatcher"] = worst < LagLimitSeconds ? "ok" : $"the oldest event waits {worst:0} s";
            checks["parked"] = backlog.Sum(b => b.Parked).ToString(CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or InvalidOperationException)
        {
            checks["database"] = SafeError.Describe(e);
        }

        // Parked events are shown but do not take the host out of service: they need a person, not a restart.
        var ready = checks.Where(c => c.Key != "parked").All(c => c.Value == "ok");
        var health = new HealthView(ready ? "ready" : "not-ready", environment.IsDevelopment() ? checks : null);
        return ready ? TypedResults.Ok(health) : TypedResults.Json(health, statusCode: 503);
    }
}
