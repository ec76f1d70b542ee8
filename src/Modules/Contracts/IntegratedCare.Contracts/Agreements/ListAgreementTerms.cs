using FluentValidation;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Contracts.Agreements;

/// <summary>All versions of an agreement's terms, the first one first.</summary>
internal sealed class ListAgreementTerms(ContractsSession session, AccessContext caller) : CareEndpoint<Ok<Page<AgreementVersionView>>>
{
    public override void Configure()
    {
        Get("/v1/contracts/agreements/{id:guid}/terms");
        Access(ContractsScopes.Read, [Purposes.Commissioning, Purposes.Operations]);
        Paged();
    }

    protected override async Task<Ok<Page<AgreementVersionView>>> HandleAsync(CancellationToken ct)
    {
        var after = Paging.Number();
        var agreement = await session.FindAgreementAsync(Id, caller, ct) ?? throw Problems.Missing();
        var subcontracts = await session.SubcontractsAsync(agreement, ct);
        return Paging.Answer(
            HttpContext,
            [.. agreement.Versions.Where(v => v.Number > after).Take(Paging.Take + 1).Select(v => AgreementVersionView.Of(agreement, v, subcontracts))],
            v => [$"{v.Number}"]);
    }
}
