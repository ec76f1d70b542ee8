using IntegratedCare.Population.RiskModels;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Population.Stratifications;

/// <summary>A person's latest score by each model, with the conditions behind it and the records they come from.</summary>
internal sealed class ReadPersonRisk(PopulationSession session, RiskModelLibrary models, AccessContext access) : CareEndpoint<Ok<PersonRisk>>
{
    public override void Configure()
    {
        Get("/v1/population/persons/{id:guid}/risk");
        Access(PopulationScopes.Read, [Purposes.DirectCare, Purposes.RiskStratification], personLevel: true);
    }

    protected override async Task<Ok<PersonRisk>> HandleAsync(CancellationToken ct)
    {
        string? practice;
        await using (var find = await session.CommandAsync("SELECT practice FROM population.person WHERE id = $1", ct, Id))
            practice = (string?)await find.ExecuteScalarAsync(ct);
        // 403 for callers who may see no person's risk; 404 for another practice's patient.
        AccessTable.RequireIdentifiable(access, Relationships.RegisteredPractice);
        if (practice is null || practice != access.Organisation)
            throw Problems.Missing();

        var rows = new List<Row>();
        await using (var command = await session.CommandAsync(
            """
            SELECT r.model, r.model_version, r.id, r.index_date, (r.data ->> 'previousId')::uuid,
              s.practice, s.age, s.score, s.not_scorable, s.features, s.rank, s.tier, s.system_tier, s.emergency_admissions
            FROM (SELECT DISTINCT ON (model) * FROM population.mt_doc_stratification WHERE latest ORDER BY model, id DESC) r
            JOIN population.risk_score s ON s.run_id = r.id AND s.person_id = $1
            ORDER BY r.model
            """, ct, Id))
        {
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                rows.Add(new Row(
                    reader.GetString(0), reader.GetInt32(1), reader.GetGuid(2), reader.GetFieldValue<DateOnly>(3),
                    reader.IsDBNull(4) ? null : reader.GetGuid(4),
                    reader.GetString(5), reader.GetInt32(6), reader.IsDBNull(7) ? null : reader.GetDouble(7),
                    reader.IsDBNull(8) ? null : reader.GetString(8), reader.GetFieldValue<string[]>(9),
                    reader.IsDBNull(10) ? null : reader.GetInt32(10), reader.IsDBNull(11) ? null : reader.GetString(11),
                    reader.IsDBNull(12) ? null : reader.GetString(12), reader.GetInt32(13)));
            }
        }

        var scores = new List<PersonScore>(rows.Count);
        foreach (var row in rows)
            scores.Add(await ScoreAsync(row, ct));
        await session.AuditReadAsync(HttpContext, [Id], scores.Count, ct);
        return TypedResults.Ok(new PersonRisk(Id, practice, scores));
    }

    private async Task<PersonScore> ScoreAsync(Row row, CancellationToken ct)
    {
        var model = await models.ReadAsync(session, row.Model, row.ModelVersion, ct);
        var shown = new Dictionary<string, (DateOnly First, DateOnly Last, string Source, string RecordId)>(StringComparer.Ordinal);
        // The records are the present ones, the features those of the run: a feature may have no record any more.
        await using (var command = await session.CommandAsync(
            """
            SELECT f.code, min(c.day), max(c.day), (array_agg(c.source ORDER BY c.day DESC, c.record_id))[1],
              (array_agg(c.record_id ORDER BY c.day DESC, c.record_id))[1]
            FROM unnest($2) AS f (code)
            JOIN (
              SELECT source, record_id, day, d.code FROM population.record, jsonb_array_elements_text(data -> 'diagnoses') AS d (code)
              WHERE $5 AND person_id = $1 AND kind = 'inpatient-spell' AND NOT cancelled AND day BETWEEN $3 AND $4
              UNION ALL
              SELECT source, record_id, day, data ->> 'code' FROM population.record
              WHERE $6 AND person_id = $1 AND kind = 'condition-recorded' AND NOT cancelled AND day <= $4
                AND (ended IS NULL OR ended >= $7)) c ON starts_with(c.code, f.code)
            GROUP BY f.code
            """, ct, Id, row.Features, model.LookBackFrom(row.IndexDate), row.IndexDate, model.Inputs.Contains(RiskInput.InpatientDiagnoses),
            model.Inputs.Contains(RiskInput.Conditions), LondonTime.StartOf(row.IndexDate.AddDays(1))))
        {
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                shown[reader.GetString(0)] = (reader.GetFieldValue<DateOnly>(1), reader.GetFieldValue<DateOnly>(2), reader.GetString(3), reader.GetString(4));
        }

        PreviousScore? previous = null;
        if (row.PreviousRun is { } before)
        {
            await using var command = await session.CommandAsync(
                """
                SELECT s.score, s.tier, r.index_date
                FROM population.mt_doc_stratification r JOIN population.risk_score s ON s.run_id = r.id AND s.person_id = $2 WHERE r.id = $1
                """, ct, before, Id);
            await using var reader = await command.ExecuteReaderAsync(ct);
            if (await reader.ReadAsync(ct))
                previous = new PreviousScore(before, reader.GetFieldValue<DateOnly>(2), reader.IsDBNull(0) ? null : reader.GetDouble(0),
                    reader.IsDBNull(1) ? null : reader.GetString(1));
        }

        var conditions = row.Features.Select(model.Feature).OrderByDescending(f => f.Points).ThenBy(f => f.Code, StringComparer.Ordinal)
            .Select(f => shown.TryGetValue(f.Code, out var r)
                ? new ScoredCondition(f.Code, f.Description, f.Points, r.First, r.Last, r.Source, r.RecordId)
                : new ScoredCondition(f.Code, f.Description, f.Points, null, null, null, null)).ToList();
        var outside = model.Validated is { } v && row.Age < v.MinimumAge
            ? $"Validated for: {v.Population}. This person was {row.Age} on the index date." : null;
        return new PersonScore(row.Model, row.ModelVersion, model.Title, row.Run, row.IndexDate, row.Practice, row.Age, row.Score,
            NotScorable.Of(row.NotScorable), row.Score is { } score ? model.BandOf(score) : null, row.Tier, row.SystemTier, row.Rank,
            row.EmergencyAdmissions, conditions, previous, outside, model.Citation, model.Performance);
    }

    private sealed record Row(
        string Model, int ModelVersion, Guid Run, DateOnly IndexDate, Guid? PreviousRun, string Practice, int Age, double? Score, string? NotScorable,
        string[] Features, int? Rank, string? Tier, string? SystemTier, int EmergencyAdmissions);
}

/// <param name="Practice">The practice the person is registered with now.</param>
internal sealed record PersonRisk(Guid PersonId, string Practice, IReadOnlyList<PersonScore> Scores);

/// <param name="Practice">The practice the person was registered with, and ranked in, on the index date.</param>
/// <param name="NotScorable">Why there is no score; null if there is one.</param>
/// <param name="Rank">Place within the practice, 1 for the highest; null without a score above zero.</param>
/// <param name="OutsideValidation">Set when the published figures do not apply to this person.</param>
internal sealed record PersonScore(
    string Model, int ModelVersion, string Title, Guid Run, DateOnly IndexDate, string Practice, int Age, double? Score, NotScorable? NotScorable, string? Band,
    string? Tier, string? SystemTier, int? Rank, int EmergencyAdmissionsIn12Months, IReadOnlyList<ScoredCondition> Conditions, PreviousScore? Previous,
    string? OutsideValidation, string Citation, IReadOnlyList<PublishedPerformance> Performance);

/// <param name="Source">Source and id of the latest record that shows it; null if it was withdrawn since the run.</param>
internal sealed record ScoredCondition(string Code, string Description, decimal Points, DateOnly? FirstRecorded, DateOnly? LastRecorded, string? Source,
    string? RecordId);

internal sealed record PreviousScore(Guid Run, DateOnly IndexDate, double? Score, string? Tier);
