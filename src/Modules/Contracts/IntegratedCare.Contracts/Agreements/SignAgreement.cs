using IntegratedCare.Contracts.Domain;
using IntegratedCare.Contracts.Events;
using IntegratedCare.Contracts.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace IntegratedCare.Contracts.Features;

/// <summary>
/// A party's named signatory signs through the party's own client; no body. The signature covers the risk-shares that are in
/// the agreement at the version named by If-Match. The last signature makes the agreement agreed, or active if its first day
/// has come. Signing twice is refused.
/// </summary>
internal sealed class SignAgreement : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/contracts/agreements/{id:guid}/signatures", Handle)
        .Access(Scopes.ContractsWrite, [Purposes.Commissioning, Purposes.Operations], actingUser: true);

    private static async Task<OkVersioned<AgreementView>> Handle(
        Guid id, IfMatch ifMatch, ContractsDb db, AccessContext access, TimeProvider clock, CancellationToken ct)
    {
        var agreement = await db.Agreements.To(access).FirstOrDefaultAsync(a => a.Id == id, ct) ?? throw Problems.Missing();
        ifMatch.Check(agreement.Version);
        var riskShares = await db.RiskShares.Where(r => r.AgreementId == id).ToListAsync(ct);
        var now = clock.GetUtcNow();
        if (agreement.Sign(access.Organisation, access.RequireActingUser(), riskShares, now, LondonTime.Today(clock)))
            db.Publish(agreement.ToActivated(now));
        await db.SaveChangesAsync(ct);
        return Answers.Ok(await AgreementView.OfAsync(db, agreement, ct), agreement.Version);
    }
}

internal static class AgreementEvents
{
    public static ContractActivated ToActivated(this Agreement a, DateTimeOffset now) => new(a.Id, a.Document.Title, a.Parties, a.StartsOn, a.EndsOn, now);
}
