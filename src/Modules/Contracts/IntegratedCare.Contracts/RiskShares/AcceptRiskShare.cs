using IntegratedCare.Contracts.Domain;
using IntegratedCare.Contracts.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace IntegratedCare.Contracts.Features;

/// <summary>A party's named signatory accepts risk-share terms that were added after that party signed the agreement; no body. Twice is refused.</summary>
internal sealed class AcceptRiskShare : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/contracts/risk-shares/{id:guid}/acceptances", Handle)
        .Access(Scopes.ContractsWrite, [Purposes.Commissioning, Purposes.Operations], actingUser: true);

    private static async Task<OkVersioned<RiskShareView>> Handle(
        Guid id, IfMatch ifMatch, ContractsDb db, AccessContext access, TimeProvider clock, CancellationToken ct)
    {
        var riskShare = await db.RiskShares.To(access).FirstOrDefaultAsync(r => r.Id == id, ct) ?? throw Problems.Missing();
        ifMatch.Check(riskShare.Version);
        var agreement = await db.Agreements.SingleAsync(a => a.Id == riskShare.AgreementId, ct);
        riskShare.Accept(agreement, access.Organisation, access.RequireActingUser(), clock.GetUtcNow());
        await db.SaveChangesAsync(ct);
        return Answers.Ok(RiskShareView.Of(riskShare), riskShare.Version);
    }
}
