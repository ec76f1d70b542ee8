using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Population.Persons;

/// <summary>
/// Emergencies in which organisations have opened records, latest first: to a practice those of its registered persons, to the operator
/// all.
/// </summary>
internal sealed class ListEmergencies(PopulationSession session, AccessContext access) : CareEndpoint<Ok<Page<EmergencyAccessView>>>
{
    public override void Configure()
    {
        Get("/v1/population/emergency-accesses");
        Access(PopulationScopes.Read, [Purposes.Operations], personLevel: true, kinds: [OrganisationKinds.SystemOperator, OrganisationKinds.GeneralPractice]);
        Paged();
    }

    protected override async Task<Ok<Page<EmergencyAccessView>>> HandleAsync(CancellationToken ct)
    {
        var rows = new List<EmergencyAccessView>();
        await using (var command = await session.CommandAsync(
            """
            SELECT e.id, e.person_id, e.organisation, e.acting_user, e.reason, e.declared_at, e.ends_at
            FROM population.emergency_access e JOIN population.person p ON p.id = e.person_id
            WHERE e.id < $1 AND ($2 OR p.practice = $3) ORDER BY e.id DESC LIMIT $4
            """, ct, Paging.Id() ?? Guid.AllBitsSet, access.Kind == OrganisationKinds.SystemOperator, access.Organisation, Paging.Take + 1))
        {
            await using var r = await command.ExecuteReaderAsync(ct);
            while (await r.ReadAsync(ct))
            {
                rows.Add(new EmergencyAccessView(r.GetGuid(0), r.GetGuid(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetFieldValue<DateTimeOffset>(5),
                    r.GetFieldValue<DateTimeOffset>(6)));
            }
        }

        await session.AuditReadAsync(HttpContext, [.. rows.Take(Paging.Take).Select(e => e.PersonId).Distinct()], Math.Min(rows.Count, Paging.Take), ct);
        return Paging.Answer(HttpContext, rows, e => [e.Id.ToString()]);
    }
}
