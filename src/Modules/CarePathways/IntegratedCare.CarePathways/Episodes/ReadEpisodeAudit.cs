using IntegratedCare.CarePathways.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace IntegratedCare.CarePathways.Features;

/// <summary>Who read of a person's episodes, latest first: for the practice of the latest, and for the operator. Population has its own.</summary>
internal sealed class ReadEpisodeAudit : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/care-pathways/persons/{id:guid}/audit", HandleAsync)
        .Access(Scopes.CarePathwaysRead, [Purposes.Operations], personLevel: true, kinds: [OrganisationKinds.SystemOperator, OrganisationKinds.GeneralPractice]);

    private static async Task<Ok<Page<AuditEntry>>> HandleAsync(
        Guid id, [AsParameters] Paging paging, HttpContext http, EpisodeDesk desk, AccessContext access, CarePathwaysDb db, CancellationToken ct)
    {
        if (!await desk.Visible().AnyAsync(e => e.PersonId == id, ct))
            throw Problems.Missing();
        // A practice that the person has left has no say in who reads of the care that came after.
        var latest = await db.Episodes.Where(e => e.PersonId == id).OrderByDescending(e => e.Id).Select(e => e.Practice).FirstAsync(ct);
        if (access.Kind == OrganisationKinds.GeneralPractice && latest != access.Organisation)
            throw Problems.Missing();
        return await db.ReadAuditAsync(http, id, paging, ct);
    }
}
