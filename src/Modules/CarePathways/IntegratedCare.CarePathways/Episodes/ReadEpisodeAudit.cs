using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.CarePathways.Episodes;

/// <summary>
/// The audit records of a person's episodes, latest first: for the practice of the latest episode, and for the operator. Population has its own.
/// </summary>
internal sealed class ReadEpisodeAudit(CarePathwaysSession session, EpisodeAccess access, AccessContext caller) : CareEndpoint<Ok<Page<AuditEntry>>>
{
    public override void Configure()
    {
        Get("/v1/care-pathways/persons/{id:guid}/audit");
        Access(CarePathwaysScopes.Read, [Purposes.Operations], personLevel: true, kinds: [OrganisationKinds.SystemOperator, OrganisationKinds.GeneralPractice]);
        Paged();
    }

    protected override async Task<Ok<Page<AuditEntry>>> HandleAsync(CancellationToken ct)
    {
        access.RequireDisclosure();
        var person = Id;
        var episodes = await session.ListAsync<Episode>(all => all.Where(e => e.PersonId == person).OrderByDescending(e => e.Id), ct);
        if (!episodes.Any(access.MaySee))
            throw Problems.Missing();
        // A former practice does not see reads of care after the person left it.
        if (caller.Kind == OrganisationKinds.GeneralPractice && episodes[0].Practice != caller.Organisation)
            throw Problems.Missing();
        return await session.ReadAuditAsync(HttpContext, person, Paging, ct);
    }
}
