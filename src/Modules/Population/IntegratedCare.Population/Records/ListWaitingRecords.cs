using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Population.Records;

/// <summary>Records of the caller's sources that wait for a person who is not registered yet.</summary>
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
            """
            SELECT source, record_id, record_version, kind, received_at FROM population.record
            WHERE person_id IS NULL AND (source, record_id) > ($1, $2) AND ($4 OR split_part(source, ':', 3) = ANY($3))
            ORDER BY source, record_id LIMIT $5
            """, ct, after[0], after[1], access.GrantedSources.Append(access.Organisation).ToArray(),
            access.Kind == OrganisationKinds.SystemOperator, Paging.Take + 1);
        var rows = new List<WaitingRecord>();
        await using (var r = await command.ExecuteReaderAsync(ct))
        {
            while (await r.ReadAsync(ct))
                rows.Add(new WaitingRecord(r.GetString(0), r.GetString(1), r.GetInt64(2), r.GetString(3), r.GetFieldValue<DateTimeOffset>(4),
                    "person-not-registered"));
        }

        return Paging.Answer(HttpContext, rows, w => [w.Source, w.RecordId]);
    }
}

internal sealed record WaitingRecord(string Source, string RecordId, long RecordVersion, string Kind, DateTimeOffset ReceivedAt, string WaitsFor);
