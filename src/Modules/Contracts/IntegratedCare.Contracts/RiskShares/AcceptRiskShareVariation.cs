using FluentValidation;
using IntegratedCare.Contracts.Settlements;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Contracts.RiskShares;

/// <summary>
/// A party's named signatory accepts a variation of a risk-share; no body. The last acceptance makes it binding. Twice is refused.
/// </summary>
internal sealed class AcceptRiskShareVariation(ContractsSession session, AccessContext caller, TimeProvider clock)
    : CareEndpoint<OkVersioned<TermsVersionView>>
{
    public override void Configure()
    {
        Post("/v1/contracts/risk-shares/{id:guid}/variations/{version:int}/acceptances");
        Access(ContractsScopes.Write, [Purposes.Commissioning, Purposes.Operations], actingUser: true);
        ChangesVersion();
    }

    protected override async Task<OkVersioned<TermsVersionView>> HandleAsync(CancellationToken ct)
    {
        var riskShare = await session.LockRiskShareAsync(Id, caller, ct) ?? throw Problems.Missing();
        IfMatch.Check(riskShare.Version);
        var agreement = await session.AgreementAsync(riskShare.AgreementId, ct);
        var settled = await session.SettledPeriodsAsync(Id, ct);
        var (next, version) = riskShare.AcceptVariation(agreement, Route<int>("version"), caller.Organisation, caller.RequireActingUser(), settled,
            clock.GetUtcNow());
        session.Update(next);
        await session.SaveChangesAsync(ct);
        return Answers.Ok(TermsVersionView.Of(next, agreement, version), next.Version);
    }
}
