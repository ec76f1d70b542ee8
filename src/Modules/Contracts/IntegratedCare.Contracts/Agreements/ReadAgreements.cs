using IntegratedCare.Contracts.Domain;
using IntegratedCare.Contracts.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace IntegratedCare.Contracts.Features;

/// <summary>One agreement, to its parties.</summary>
internal sealed class GetAgreement : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/contracts/agreements/{id:guid}", Handle)
        .Access(Scopes.ContractsRead, [Purposes.Commissioning, Purposes.Operations]);

    private static async Task<OkVersioned<AgreementView>> Handle(Guid id, ContractsDb db, AccessContext access, CancellationToken ct)
    {
        var agreement = await db.Agreements.To(access).FirstOrDefaultAsync(a => a.Id == id, ct) ?? throw Problems.Missing();
        return Answers.Ok(await AgreementView.OfAsync(db, agreement, ct), agreement.Version);
    }
}

/// <summary>The agreements the caller's organisation is a party to, oldest first.</summary>
internal sealed class ListAgreements : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/contracts/agreements", Handle)
        .Access(Scopes.ContractsRead, [Purposes.Commissioning, Purposes.Operations]);

    private static async Task<Ok<Page<AgreementView>>> Handle(
        [AsParameters] Paging paging, [FromQuery] string? status, HttpContext http, ContractsDb db, AccessContext access, CancellationToken ct)
    {
        if (status is not null && !Agreement.Statuses.Contains(status))
            throw Problems.Invalid("/status", $"One of: {string.Join(", ", Agreement.Statuses)}.");
        var after = paging.Id() ?? Guid.Empty;
        var rows = await db.Agreements.To(access).Where(a => a.Id > after && (status == null || a.Status == status)).OrderBy(a => a.Id).Take(paging.Take + 1).ToListAsync(ct);
        var names = await Names.OfAsync(db, rows.SelectMany(a => a.Parties), ct);
        return paging.Answer(http, rows.ConvertAll(a => AgreementView.Of(a, names)), a => [a.Id.ToString()]);
    }
}
