using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Population.Persons;

/// <summary>The audit records of a person's data in this module: for the person's practice and the operator. Care Pathways has its own.</summary>
internal sealed class ReadAudit(PopulationSession session, AccessContext access) : CareEndpoint<Ok<Page<AuditEntry>>>
{
    public override void Configure()
    {
        Get("/v1/population/persons/{id:guid}/audit");
        Access(PopulationScopes.Read, [Purposes.Operations], personLevel: true, kinds: [OrganisationKinds.SystemOperator, OrganisationKinds.GeneralPractice]);
        Paged();
    }

    protected override async Task<Ok<Page<AuditEntry>>> HandleAsync(CancellationToken ct)
    {
        await PersonRelationships.RequireAsync(await session.ConnectionAsync(ct), access, Id, session.Clock.GetUtcNow(), ct);
        return await session.ReadAuditAsync(HttpContext, Id, Paging, ct);
    }
}
