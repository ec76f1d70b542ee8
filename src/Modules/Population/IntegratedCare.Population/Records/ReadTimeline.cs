using System.Text.Json;
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
            SELECT source, record_id, record_version, kind, started, ended, provider, price, cost, data::text,
              {(whole ? "practice, locality, age" : "NULL, NULL, NULL")}
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
                    Value<DateTimeOffset>(r, 5), Text(r, 6), Value<decimal>(r, 7), Value<decimal>(r, 8),
                    JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(r.GetString(9))!,
                    Text(r, 10), Text(r, 11), Value<int>(r, 12)));
            }
        }

        await session.AuditReadAsync(HttpContext, [Id], Math.Min(rows.Count, Paging.Take), ct);
        return Paging.Answer(HttpContext, rows, e => [Instants.Format(e.Started), e.Source, e.RecordId]);
    }

    private static string? Text(NpgsqlDataReader r, int at) => r.IsDBNull(at) ? null : r.GetString(at);

    private static T? Value<T>(NpgsqlDataReader r, int at) where T : struct => r.IsDBNull(at) ? null : r.GetFieldValue<T>(at);
}

/// <param name="Started">Admission, arrival, onset, start or death.</param>
/// <param name="Provider">ODS code of who gave or arranged the care.</param>
/// <param name="Price">Tariff price in pounds.</param>
/// <param name="Cost">Actual cost in pounds; of social care by the week.</param>
/// <param name="Data">The members of the event's <c>data</c> that are not given above, as posted: of a spell its admission method, diagnoses
/// and so on.</param>
/// <param name="Practice">This, locality and age are the register's, on the date of care; null for a caller who sees only its own records.</param>
internal sealed record TimelineEntry(
    string Source, string RecordId, long RecordVersion, string Kind, DateTimeOffset Started, DateTimeOffset? Ended, string? Provider, decimal? Price,
    decimal? Cost, IReadOnlyDictionary<string, JsonElement> Data, string? Practice, string? Locality, int? Age);
