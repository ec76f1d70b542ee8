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

/// <summary>Who read of a person's episodes, latest first: for a practice that has one of them, and for the operator. Population has its own.</summary>
internal sealed class ReadEpisodeAudit : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/care-pathways/persons/{id:guid}/audit", HandleAsync)
        .Access(Scopes.CarePathwaysRead, [Purposes.Operations], personLevel: true, kinds: [OrganisationKinds.SystemOperator, OrganisationKinds.GeneralPractice]);

    private static async Task<Ok<Page<AuditEntry>>> HandleAsync(
        Guid id, [AsParameters] Paging paging, HttpContext http, EpisodeDesk desk, AccessContext access, CarePathwaysDb db, CancellationToken ct)
    {
        var own = access.Kind == OrganisationKinds.GeneralPractice ? access.Organisation : null;
        if (!await desk.Visible().AnyAsync(e => e.PersonId == id && (own == null || e.Practice == own), ct))
            throw Problems.Missing();
        return await db.ReadAuditAsync(http, id, paging, ct);
    }
}
