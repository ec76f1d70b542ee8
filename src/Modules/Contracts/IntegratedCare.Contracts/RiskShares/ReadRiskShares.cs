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

/// <summary>One risk-share with its terms, to its parties.</summary>
internal sealed class GetRiskShare : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/contracts/risk-shares/{id:guid}", Handle)
        .Access(Scopes.ContractsRead, [Purposes.Commissioning, Purposes.Operations]);

    private static async Task<OkVersioned<RiskShareView>> Handle(Guid id, ContractsDb db, AccessContext access, CancellationToken ct)
    {
        var riskShare = await db.RiskShares.To(access).FirstOrDefaultAsync(r => r.Id == id, ct) ?? throw Problems.Missing();
        return Answers.Ok(RiskShareView.Of(riskShare), riskShare.Version);
    }
}

/// <summary>The risk-shares the caller's organisation is a party to, oldest first.</summary>
internal sealed class ListRiskShares : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/contracts/risk-shares", Handle)
        .Access(Scopes.ContractsRead, [Purposes.Commissioning, Purposes.Operations]);

    private static async Task<Ok<Page<RiskShareView>>> Handle(
        [AsParameters] Paging paging, [FromQuery] Guid? agreementId, HttpContext http, ContractsDb db, AccessContext access, CancellationToken ct)
    {
        var after = paging.Id() ?? Guid.Empty;
        var rows = await db.RiskShares.To(access).Where(r => r.Id > after && (agreementId == null || r.AgreementId == agreementId))
            .OrderBy(r => r.Id).Take(paging.Take + 1).ToListAsync(ct);
        return paging.Answer(http, rows.ConvertAll(RiskShareView.Of), r => [r.Id.ToString()]);
    }
}

/// <summary>The named starting points for terms, each with what it supplies and where it comes from.</summary>
internal sealed class ListRiskSharePresets : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/contracts/risk-share-presets", Handle)
        .Access(Scopes.ContractsRead, [Purposes.Commissioning, Purposes.Operations]);

    private static Ok<Page<Preset>> Handle() => TypedResults.Ok(new Page<Preset>(Preset.All, null));
}
