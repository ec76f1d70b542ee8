using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;

namespace IntegratedCare.Contracts.Agreements;

/// <summary>
/// A party's named signatory signs through the party's own client; no body. The signature covers the risk-shares that are in
/// the agreement at the version named by If-Match. The last signature makes the agreement agreed, or active if its first day
/// has come. Signing twice is refused.
/// </summary>
internal sealed class SignAgreement(ContractsSession session, AccessContext caller, TimeProvider clock) : CareEndpoint<OkVersioned<AgreementView>>
{
    public override void Configure()
    {
        Post("/v1/contracts/agreements/{id:guid}/signatures");
        Access(ContractsScopes.Write, [Purposes.Commissioning, Purposes.Operations], actingUser: true);
        ChangesVersion();
    }

    protected override async Task<OkVersioned<AgreementView>> HandleAsync(CancellationToken ct)
    {
        var agreement = await session.FindAgreementAsync(Id, caller, ct) ?? throw Problems.Missing();
        IfMatch.Check(agreement.Version);
        var riskShares = await session.ListAsync<RiskShare>(all => all.Where(r => r.AgreementId == agreement.Id), ct);
        var now = clock.GetUtcNow();
        var (next, accepted, activated) = agreement.Sign(caller.Organisation, caller.RequireActingUser(), riskShares, now, LondonTime.Today(clock));
        session.Update(next);
        foreach (var riskShare in accepted)
            session.Update(riskShare);
        if (activated)
            session.Publish(next.ToActivated(now));
        await session.SaveChangesAsync(ct);
        return Answers.Ok(await AgreementView.OfAsync(session, next, ct), next.Version);
    }
}
