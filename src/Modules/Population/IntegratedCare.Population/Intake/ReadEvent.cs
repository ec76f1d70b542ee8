using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Population.Intake;

/// <summary>Says what has become of a posted event.</summary>
internal sealed class ReadEvent(PopulationSession session, AccessContext access, AppliedWrites applied) : CareEndpoint<Ok<EventState>>
{
    public override void Configure()
    {
        Get("/v1/population/events/{key:guid}");
        Access(PopulationScopes.Read, [Purposes.Operations, Purposes.DirectCare]);
        Declare(new ReadYourWrites());
    }

    protected override async Task<Ok<EventState>> HandleAsync(CancellationToken ct)
    {
        await applied.WaitAsync(HttpContext, ct);
        await using var command = await session.CommandAsync(
            """
            SELECT e.source, e.kind, e.record_id, e.record_version, e.received_at,
              CASE WHEN r.record_version IS NULL THEN 'received' WHEN r.event_seq <> e.seq THEN 'superseded'
                   WHEN r.person_id IS NULL THEN 'waiting' WHEN r.cancelled THEN 'cancelled' ELSE 'applied' END
            FROM population.event_key k JOIN population.event e ON e.seq = k.seq
            LEFT JOIN population.record r ON r.source = e.source AND r.record_id = e.record_id
            WHERE k.key = $1
            """, ct, Route<Guid>("key"));
        await using var reader = await command.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct))
            throw Problems.Missing();
        var source = reader.GetString(0);
        var organisation = CareEventReader.OrganisationOf(source)!;
        if (organisation != access.Organisation && !access.GrantedSources.Contains(organisation))
            throw Problems.Missing();
        return TypedResults.Ok(new EventState(
            source, reader.GetString(1), reader.GetString(2), reader.GetInt64(3), reader.GetFieldValue<DateTimeOffset>(4), reader.GetString(5)));
    }
}

/// <param name="State"><c>received</c>, <c>applied</c>, <c>waiting</c> (the person is not registered yet), <c>superseded</c> by a
/// higher version, or <c>cancelled</c>.</param>
internal sealed record EventState(string Source, string Kind, string RecordId, long RecordVersion, DateTimeOffset ReceivedAt, string State);
