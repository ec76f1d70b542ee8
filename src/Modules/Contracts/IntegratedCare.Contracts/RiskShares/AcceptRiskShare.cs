using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;

namespace IntegratedCare.Contracts.RiskShares;

/// <summary>A party's named signatory accepts risk-share terms that were added after that party signed the agreement; no body. Twice is refused.</summary>
internal sealed class AcceptRiskShare(ContractsSession session, AccessContext caller, TimeProvider clock) : CareEndpoint<OkVersioned<RiskShareView>>
{
    public override void Configure()
    {
        Post("/v1/contracts/risk-shares/{id:guid}/acceptances");
        Access(ContractsScopes.Write, [Purposes.Commissioning, Purposes.Operations], actingUser: true);
        ChangesVersion();
    }

    protected override async Task<OkVersioned<RiskShareView>> HandleAsync(CancellationToken ct)
    {
        var riskShare = await session.FindRiskShareAsync(Id, caller, ct) ?? throw Problems.Missing();
        IfMatch.Check(riskShare.Version);
        var agreement = await session.AgreementAsync(riskShare.AgreementId, ct);
        var next = riskShare.Accept(agreement, caller.Organisation, caller.RequireActingUser(), clock.GetUtcNow());
        session.Update(next);
        await session.SaveChangesAsync(ct);
        return Answers.Ok(RiskShareView.Of(next), next.Version);
    }
}
