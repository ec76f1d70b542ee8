using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Population.Records;

/// <summary>
/// Records of the caller's sources that wait: for a person who is not registered yet (<c>person-not-registered</c>), or, of a death, for a
/// trust, practice, council or the operator to record it too (<c>death-not-confirmed</c>). The person's practice sees such deaths as well.
/// </summary>
internal sealed class ListWaitingRecords(PopulationSession session, AccessContext access, AppliedWrites applied) : CareEndpoint<Ok<Page<WaitingRecord>>>
{
    public override void Configure()
    {
        Get("/v1/population/waiting-records");
        Access(PopulationScopes.Read, [Purposes.Operations, Purposes.DirectCare]);
        Declare(new ReadYourWrites());
        Paged();
    }

    protected override async Task<Ok<Page<WaitingRecord>>> HandleAsync(CancellationToken ct)
    {
        // Each row is of one person's care, and its record id may tell whose: only for callers whom the access table gives rows.
        AccessTable.RequireOwnRecords(access);
        await applied.WaitAsync(HttpContext, ct);
        var after = Paging.Position(2) ?? ["", ""];
        await using var command = await session.CommandAsync(
            $"""
            SELECT source, record_id, record_version, kind, received_at, waits_for FROM (
              SELECT source, record_id, record_version, kind, received_at, 'person-not-registered' AS waits_for FROM population.record
              WHERE person_id IS NULL AND ($4 OR split_part(source, ':', 3) = ANY($3))
              UNION ALL
              SELECT r.source, r.record_id, r.record_version, r.kind, r.received_at, 'death-not-confirmed'
              FROM population.record r JOIN population.person p ON p.id = r.person_id
              WHERE r.kind = 'death-recorded' AND r.person_id IS NOT NULL AND NOT r.cancelled AND p.death_date IS NULL AND NOT {DeathWord.IsTaken}
                AND ($4 OR split_part(r.source, ':', 3) = ANY($3) OR p.practice = $7)) AS w
            WHERE (source, record_id) > ($5, $6)
            ORDER BY source, record_id LIMIT $1
            """, ct, Paging.Take + 1, DeathWord.Kinds, access.GrantedSources.Append(access.Organisation).ToArray(),
            access.Kind == OrganisationKinds.SystemOperator, after[0], after[1], access.Organisation);
        var rows = new List<WaitingRecord>();
        await using (var r = await command.ExecuteReaderAsync(ct))
        {
            while (await r.ReadAsync(ct))
                rows.Add(new WaitingRecord(r.GetString(0), r.GetString(1), r.GetInt64(2), r.GetString(3), r.GetFieldValue<DateTimeOffset>(4), r.GetString(5)));
        }

        return Paging.Answer(HttpContext, rows, w => [w.Source, w.RecordId]);
    }
}

internal sealed record WaitingRecord(string Source, string RecordId, long RecordVersion, string Kind, DateTimeOffset ReceivedAt, string WaitsFor);
