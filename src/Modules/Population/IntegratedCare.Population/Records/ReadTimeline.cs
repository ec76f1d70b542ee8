using IntegratedCare.Population.Persons;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace IntegratedCare.Population.Records;

/// <summary>
/// Everything recorded of one person that the caller may see, newest first, each entry with its source and version. Who is
/// related to the person only by its own records sees those, without what the register added.
/// </summary>
internal sealed class ReadTimeline(PopulationSession session, AccessContext access, AppliedWrites applied) : CareEndpoint<Ok<Page<TimelineEntry>>>
{
    public override void Configure()
    {
        Get("/v1/population/persons/{id:guid}/timeline");
        Access(PopulationScopes.Read, [Purposes.DirectCare, Purposes.Operations], personLevel: true);
        Declare(new ReadYourWrites());
        Paged();
    }

    protected override async Task<Ok<Page<TimelineEntry>>> HandleAsync(CancellationToken ct)
    {
        await applied.WaitAsync(HttpContext, ct);
        var connection = await session.ConnectionAsync(ct);
        var whole = await PersonRelationships.RequireAsync(connection, access, Id, session.Clock.GetUtcNow(), ct, ownRecords: true);
        var after = Paging.Position(3);
        var started = DateTimeOffset.MaxValue;
        if (after is not null && !Instants.TryParse(after[0], out started))
            throw new RequestRefused(Problems.InvalidCursor, Problems.InvalidCursor.Explanation);

        await using var command = new NpgsqlCommand(
            $"""
            SELECT source, record_id, record_version, kind, started, ended, ready, provider, admission_method, admission_source, patient_class, destination,
              diagnoses, procedures, service_kind, permanent, condition_code, register, price, cost, {(whole ? "practice, locality, age" : "NULL, NULL, NULL")}
            FROM population.record
            WHERE person_id = $1 AND ($3 OR {PersonRelationships.OwnRecord}) AND NOT cancelled
              {(after is null ? "" : "AND (started < $5 OR (started = $5 AND (source, record_id) > ($6, $7)))")}
            ORDER BY started DESC, source, record_id LIMIT $4
            """, connection)
        { Parameters = { new() { Value = Id }, new() { Value = access.Organisation }, new() { Value = whole }, new() { Value = Paging.Take + 1 } } };
        if (after is not null)
            command.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = started }, new() { Value = after[1] }, new() { Value = after[2] } });
        var rows = new List<TimelineEntry>();
        await using (var r = await command.ExecuteReaderAsync(ct))
        {
            while (await r.ReadAsync(ct))
            {
                rows.Add(new TimelineEntry(r.GetString(0), r.GetString(1), r.GetInt64(2), r.GetString(3), r.GetFieldValue<DateTimeOffset>(4),
                    Value<DateTimeOffset>(r, 5), Value<DateTimeOffset>(r, 6), Text(r, 7), Text(r, 8), Text(r, 9), Text(r, 10), Text(r, 11),
                    r.IsDBNull(12) ? null : r.GetFieldValue<string[]>(12), r.IsDBNull(13) ? null : r.GetFieldValue<string[]>(13),
                    Text(r, 14), Value<bool>(r, 15), Text(r, 16), Text(r, 17), Value<decimal>(r, 18), Value<decimal>(r, 19), Text(r, 20), Text(r, 21),
                    Value<int>(r, 22)));
            }
        }

        await session.AuditReadAsync(HttpContext, [Id], Math.Min(rows.Count, Paging.Take), ct);
        return Paging.Answer(HttpContext, rows, e => [Instants.Format(e.Started), e.Source, e.RecordId]);
    }

    private static string? Text(NpgsqlDataReader r, int at) => r.IsDBNull(at) ? null : r.GetString(at);

    private static T? Value<T>(NpgsqlDataReader r, int at) where T : struct => r.IsDBNull(at) ? null : r.GetFieldValue<T>(at);
}

/// <param name="Started">Admission, arrival, onset, start or death.</param>
/// <param name="Practice">This, locality and age are the register's, on the date of care; null for a caller who sees only its own records.</param>
internal sealed record TimelineEntry(
    string Source, string RecordId, long RecordVersion, string Kind, DateTimeOffset Started, DateTimeOffset? Ended, DateTimeOffset? DischargeReady,
    string? Provider, string? AdmissionMethod, string? AdmissionSource, string? PatientClass, string? Destination,
    IReadOnlyList<string>? Diagnoses, IReadOnlyList<string>? Procedures, string? ServiceKind, bool? Permanent, string? ConditionCode, string? Register,
    decimal? Price, decimal? Cost, string? Practice, string? Locality, int? Age);
