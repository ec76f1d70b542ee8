using IntegratedCare.Population.RiskModels;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace IntegratedCare.Population.Stratifications;

/// <summary>The caller's own persons who rose, fell or moved in a run, and the conditions that changed the score.</summary>
internal sealed class ListTierChanges(PopulationSession session, RiskModelLibrary models, AccessContext access)
    : CareEndpoint<ListTierChanges.Request, Ok<Page<PersonTierChange>>>
{
    /// <param name="Practice">The practice whose persons are listed; the caller's own unless named.</param>
    internal sealed record Request(string? Practice);

    /// <summary>Access decides: only the caller's own practice is answered.</summary>
    internal sealed class Rules : RequestRules<Request>;

    public override void Configure()
    {
        Get("/v1/population/stratifications/{id:guid}/changes");
        Access(PopulationScopes.Read, [Purposes.DirectCare, Purposes.RiskStratification], personLevel: true);
        Paged();
    }

    public override async Task<Ok<Page<PersonTierChange>>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var practice = request.Practice ?? access.Organisation;
        AccessTable.RequireIdentifiable(access, practice == access.Organisation ? [Relationships.RegisteredPractice] : []);
        var after = Paging.Id() ?? Guid.Empty;
        var run = await session.FindAsync<StratificationRun>(Id, ct);
        if (run is not { ScoresKept: true })
            throw Problems.Missing();
        var model = await models.ReadAsync(session, run.Model, run.ModelVersion, ct);
        var names = model.Features.ToDictionary(f => f.Code, StringComparer.Ordinal);
        var rows = new List<PersonTierChange>();
        await using (var command = await session.CommandAsync(
            """
            SELECT person_id, direction, tier, previous_tier, score, previous_score, gained, lost
            FROM population.risk_change WHERE run_id = $1 AND practice = $2 AND person_id > $3 ORDER BY person_id LIMIT $4
            """, ct, Id, practice, after, Paging.Take + 1))
        {
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                var (gained, lost) = (Moved(reader.GetFieldValue<string[]>(6)), Moved(reader.GetFieldValue<string[]>(7)));
                rows.Add(new PersonTierChange(
                    reader.GetGuid(0), reader.GetString(1), Text(reader, 2), Text(reader, 3), Number(reader, 4), Number(reader, 5), gained, lost,
                    Why(reader.IsDBNull(4), gained.Count, lost.Count, run.PreviousId is null)));
            }
        }

        await session.AuditReadAsync(HttpContext, [.. rows.Take(Paging.Take).Select(r => r.PersonId)], Math.Min(rows.Count, Paging.Take), ct);
        return Paging.Answer(HttpContext, rows, r => [r.PersonId.ToString()]);

        IReadOnlyList<MovingFeature> Moved(string[] codes) =>
            [.. codes.Select(c => names.TryGetValue(c, out var f) ? new MovingFeature(c, f.Description, f.Points) : new MovingFeature(c, null, null))];
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
