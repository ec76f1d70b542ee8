using IntegratedCare.Host.Auth;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Outbox;
using IntegratedCare.Shared.Storage;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace IntegratedCare.Host.Platform;

/// <summary>What belongs to no module: token, health, problems, outbox operations.</summary>
internal static class PlatformEndpoints
{
    private const double LagLimitSeconds = 60;

    public static void MapPlatform(this WebApplication app)
    {
        if (app.Environment.IsDevelopment())
            DevelopmentIssuer.Map(app);

        app.MapGet("/health/live", () => TypedResults.Ok(new Health("live", null))).WithName("live").WithTags("Platform");
        app.MapGet("/health/ready", Ready).Produces<Health>(503).WithName("ready").WithTags("Platform");

        app.MapGet("/problems/{code}", Results<Ok<ProblemType>, NotFound> (string code, IEnumerable<IModule> modules) =>
                Problems.All.Concat(modules.SelectMany(m => m.Problems)).FirstOrDefault(p => p.Code == code) is { } problem ? TypedResults.Ok(problem) : TypedResults.NotFound())
            .WithName("explainProblem").WithTags("Platform");

        app.MapGet("/v1/operations/outbox", (OutboxQueries outbox, CancellationToken ct) => outbox.BacklogAsync(ct))
            .Access(Scopes.OperationsRead, [Purposes.Operations]).WithName("readOutbox").WithTags("Platform");
        app.MapGet("/v1/operations/parked-events", async Task<Ok<Page<ParkedEvent>>> ([AsParameters] Paging paging, HttpContext http, OutboxQueries outbox, CancellationToken ct) =>
                paging.Answer(http, await outbox.ParkedAsync(paging.Take + 1, paging.Id(), ct), e => [e.Id.ToString()]))
            .Access(Scopes.OperationsRead, [Purposes.Operations]).WithName("listParkedEvents").WithTags("Platform");
        app.MapPost("/v1/operations/parked-events/{id:guid}/redrive", async Task<Accepted> (Guid id, OutboxQueries outbox, CancellationToken ct) =>
                await outbox.RedriveAsync(id, ct) ? TypedResults.Accepted("/v1/operations/outbox") : throw Problems.Missing())
            .Access(Scopes.OperationsWrite, [Purposes.Operations]).WithName("redriveParkedEvent").WithTags("Platform");
    }

    private static async Task<Results<Ok<Health>, JsonHttpResult<Health>>> Ready(
        NpgsqlDataSource source, ModuleMigrator migrator, OutboxQueries outbox, IHostEnvironment environment, CancellationToken ct)
    {
        var checks = new Dictionary<string, string>();
        try
        {
            await using (var command = source.CreateCommand("SELECT 1"))
                await command.ExecuteScalarAsync(ct);
            checks["database"] = "ok";
            var pending = await migrator.PendingAsync(ct);
            checks["migrations"] = pending.Count == 0 ? "ok" : $"{pending.Count} pending: run the migrate verb";
            var backlog = pending.Count == 0 ? await outbox.BacklogAsync(ct) : [];
            var worst = backlog.Count == 0 ? 0 : backlog.Max(b => b.OldestSeconds);
            checks["dispatcher"] = worst < LagLimitSeconds ? "ok" : $"the oldest event waits {worst:0} s";
            checks["parked"] = backlog.Sum(b => b.Parked).ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or InvalidOperationException)
        {
            checks["database"] = SafeError.Describe(e);
        }

        // Parked events are shown but do not take the host out of service: they need a person, not a restart.
        var ready = checks.Where(c => c.Key != "parked").All(c => c.Value == "ok");
        var health = new Health(ready ? "ready" : "not-ready", environment.IsDevelopment() ? checks : null);
        return ready ? TypedResults.Ok(health) : TypedResults.Json(health, statusCode: 503);
    }

    internal sealed record Health(string Status, IReadOnlyDictionary<string, string>? Checks);
}
