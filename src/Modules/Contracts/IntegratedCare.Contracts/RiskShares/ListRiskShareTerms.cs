using FluentValidation;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Contracts.RiskShares;

/// <summary>All versions of a risk-share's terms, the first one first.</summary>
internal sealed class ListRiskShareTerms(ContractsSession session, AccessContext caller) : CareEndpoint<Ok<Page<TermsVersionView>>>
{
    public override void Configure()
    {
        Get("/v1/contracts/risk-shares/{id:guid}/terms");
        Access(ContractsScopes.Read, [Purposes.Commissioning, Purposes.Operations]);
        Paged();
    }

    protected override async Task<Ok<Page<TermsVersionView>>> HandleAsync(CancellationToken ct)
    {
        var after = Paging.Number();
        var riskShare = await session.FindRiskShareAsync(Id, caller, ct) ?? throw Problems.Missing();
        var agreement = await session.AgreementAsync(riskShare.AgreementId, ct);
        return Paging.Answer(
            HttpContext,
            [.. riskShare.Versions(agreement).Where(v => v.Number > after).Take(Paging.Take + 1).Select(v => TermsVersionView.Of(riskShare, agreement, v))],
            v => [$"{v.Number}"]);
    }
}
