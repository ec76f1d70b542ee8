using System.Text.Json;
using IntegratedCare.Population.Domain.Risk;
using IntegratedCare.Population.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Npgsql;

namespace IntegratedCare.Population.Features.Risk;

/// <summary>Runs, oldest first.</summary>
internal sealed class ListStratifications : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/population/stratifications", HandleAsync).Access(Scopes.PopulationRead, Purposes.All);

    private static async Task<Ok<Page<Stratification>>> HandleAsync(PopulationDb db, HttpContext http, [AsParameters] Paging paging, CancellationToken ct)
    {
        var after = RiskPaging.Seq(paging);
        var rows = await Stratification.ReadAsync(await db.NpgsqlAsync(ct), "seq > $1 ORDER BY seq LIMIT $2", [after, paging.Take + 1], ct);
        return paging.Answer(http, rows, r => [$"{r.Seq}"]);
    }
}

/// <summary>One run: how far it is, what each tier holds, how many rose and fell.</summary>
internal sealed class GetStratification : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/population/stratifications/{id:guid}", HandleAsync).Access(Scopes.PopulationRead, Purposes.All);

    private static async Task<Ok<Stratification>> HandleAsync(Guid id, PopulationDb db, CancellationToken ct) =>
        TypedResults.Ok(await Stratification.FindAsync(await db.NpgsqlAsync(ct), id, ct) ?? throw Problems.Missing());
}

/// <summary>Which of one's own persons rose, fell or moved in a run, and the conditions that moved the score.</summary>
internal sealed class ListTierChanges : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/population/stratifications/{id:guid}/changes", HandleAsync)
            .Access(Scopes.PopulationRead, [Purposes.DirectCare, Purposes.RiskStratification], personLevel: true);

    private static async Task<Ok<Page<PersonTierChange>>> HandleAsync(
        Guid id, string? practice, PopulationDb db, RiskModelStore models, AccessContext access, HttpContext http, [AsParameters] Paging paging, CancellationToken ct)
    {
        practice ??= access.Organisation;
        AccessTable.RequireIdentifiable(access, practice == access.Organisation ? [Relationships.RegisteredPractice] : []);
        var after = paging.Id() ?? Guid.Empty;
        var connection = await db.NpgsqlAsync(ct);
        var run = await Stratification.FindAsync(connection, id, ct);
        if (run is not { ScoresKept: true })
            throw Problems.Missing();
        var model = await models.StoredAsync(connection, run.Model, run.ModelVersion, ct);
        var names = model.Features.ToDictionary(f => f.Code, StringComparer.Ordinal);
        var rows = new List<PersonTierChange>();
        await using (var command = new NpgsqlCommand(
            """
            SELECT person_id, direction, tier, previous_tier, score, previous_score, gained, lost
            FROM population.risk_change WHERE run_id = $1 AND practice = $2 AND person_id > $3 ORDER BY person_id LIMIT $4
            """, connection)
        {
            Parameters = { new() { Value = id }, new() { Value = practice }, new() { Value = after }, new() { Value = paging.Take + 1 } },
        })
        {
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                var (gained, lost) = (Moved(reader.GetFieldValue<string[]>(6)), Moved(reader.GetFieldValue<string[]>(7)));
                rows.Add(new PersonTierChange(reader.GetGuid(0), reader.GetString(1), Text(reader, 2), Text(reader, 3), Number(reader, 4), Number(reader, 5), gained, lost,
                    Why(reader.IsDBNull(4), gained.Count, lost.Count, run.PreviousRun is null)));
            }
        }

        await db.AuditReadAsync(http, [.. rows.Take(paging.Take).Select(r => r.PersonId)], Math.Min(rows.Count, paging.Take), ct);
        return paging.Answer(http, rows, r => [r.PersonId.ToString()]);

        IReadOnlyList<MovingFeature> Moved(string[] codes) => [.. codes.Select(c => names.TryGetValue(c, out var f) ? new MovingFeature(c, f.Description, f.Points) : new MovingFeature(c, null, null))];
    }

    private static string Why(bool unscored, int gained, int lost, bool first) =>
        first ? "first-run" : unscored ? "no-longer-scored" : gained + lost > 0 ? "conditions" : "others-moved";

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static double? Number(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetDouble(column);
}

/// <param name="Direction"><c>rose</c>, <c>fell</c>, or <c>moved</c>: the same tier in another practice.</param>
/// <param name="Why"><c>conditions</c> that came or went, <c>others-moved</c> (the score is the same, the ranking is not),
/// <c>no-longer-scored</c> (died, left or not scorable), or <c>first-run</c>.</param>
internal sealed record PersonTierChange(
    Guid PersonId, string Direction, string? Tier, string? PreviousTier, double? Score, double? PreviousScore,
    IReadOnlyList<MovingFeature> Gained, IReadOnlyList<MovingFeature> Lost, string Why);

internal sealed record MovingFeature(string Code, string? Description, decimal? Points);

internal static class RiskPaging
{
    /// <summary>The sequence number a cursor holds.</summary>
    public static long Seq(Paging paging) => paging.Position(1) is not { } position ? 0
        : long.TryParse(position[0], out var seq) ? seq : throw new RequestRefused(Problems.InvalidCursor, Problems.InvalidCursor.Explanation);
}

/// <summary>A run as its callers see it.</summary>
/// <param name="State"><c>queued</c>, <c>scoring</c>, <c>publishing</c> (scores and registers are ready), <c>completed</c> or <c>failed</c>.</param>
/// <param name="Latest">Whether its index date was the newest of its model: only then did it publish changes and feed the registers.</param>
/// <param name="ScoresKept">False once newer runs have crowded out this one's scores and changes; its counts stay.</param>
/// <param name="Published">Tier changes told to the other modules so far.</param>
internal sealed record Stratification(
    Guid Id, string Model, int ModelVersion, DateOnly IndexDate, long Seed, string State, string? Step, bool Latest, Guid? PreviousRun, string RequestedBy,
    DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? ScoredAt, DateTimeOffset? FinishedAt, StratificationResult? Result, long Published, bool ScoresKept, string TierRule)
{
    internal long Seq { get; init; }

    public static async Task<Stratification?> FindAsync(NpgsqlConnection connection, Guid id, CancellationToken ct) =>
        (await ReadAsync(connection, "id = $1", [id], ct)).FirstOrDefault();

    /// <summary>The newest finished run that feeds what people read: scores and registers.</summary>
    public static async Task<Stratification?> LatestAsync(NpgsqlConnection connection, string model, CancellationToken ct) =>
        (await ReadAsync(connection, "model = $1 AND scored_at IS NOT NULL AND latest ORDER BY seq DESC LIMIT 1", [model], ct)).FirstOrDefault();

    public static async Task<List<Stratification>> ReadAsync(NpgsqlConnection connection, string where, object[] values, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            $"""
            SELECT id, model, model_version, index_date, seed, state, step, latest, previous_id, requested_by, created_at, started_at, scored_at, finished_at, result::text, published, seq, scores_kept
            FROM population.stratification WHERE {where}
            """, connection);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        var runs = new List<Stratification>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            runs.Add(new Stratification(
                reader.GetGuid(0), reader.GetString(1), reader.GetInt32(2), reader.GetFieldValue<DateOnly>(3), reader.GetInt64(4), reader.GetString(5),
                reader.IsDBNull(6) ? null : reader.GetString(6), reader.GetBoolean(7), reader.IsDBNull(8) ? null : reader.GetGuid(8), reader.GetString(9),
                reader.GetFieldValue<DateTimeOffset>(10), At(11), At(12), At(13),
                reader.IsDBNull(14) ? null : JsonSerializer.Deserialize<StratificationResult>(reader.GetString(14), SharedJson.Storage), reader.GetInt64(15), reader.GetBoolean(17), Tiers.Rule)
            {
                Seq = reader.GetInt64(16),
            });
        }

        return runs;

        DateTimeOffset? At(int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);
    }
}
