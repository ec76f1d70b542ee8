using FluentValidation;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Contracts.RiskShares;

/// <summary>One version of a risk-share's terms, to its parties; every version stays readable.</summary>
internal sealed class ReadRiskShareTerms(ContractsSession session, AccessContext caller) : CareEndpoint<OkVersioned<TermsVersionView>>
{
    public override void Configure()
    {
        Get("/v1/contracts/risk-shares/{id:guid}/terms/{version:int}");
        Access(ContractsScopes.Read, [Purposes.Commissioning, Purposes.Operations]);
    }

    protected override async Task<OkVersioned<TermsVersionView>> HandleAsync(CancellationToken ct)
    {
        var riskShare = await session.FindRiskShareAsync(Id, caller, ct) ?? throw Problems.Missing();
        var agreement = await session.AgreementAsync(riskShare.AgreementId, ct);
        var version = riskShare.Versions(agreement).FirstOrDefault(v => v.Number == Route<int>("version")) ?? throw Problems.Missing();
        return Answers.Ok(TermsVersionView.Of(riskShare, agreement, version), riskShare.Version);
    }
}
