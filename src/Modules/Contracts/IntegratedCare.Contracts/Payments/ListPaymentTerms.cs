using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Contracts.Payments;

/// <summary>The payment terms of an agreement, oldest first.</summary>
internal sealed class ListPaymentTerms(ContractsSession session, AccessContext caller) : CareEndpoint<Ok<Page<PaymentTermsView>>>
{
    public override void Configure()
    {
        Get("/v1/contracts/agreements/{id:guid}/payment-terms");
        Access(ContractsScopes.Read, [Purposes.Commissioning, Purposes.Operations]);
        Paged();
    }

    protected override async Task<Ok<Page<PaymentTermsView>>> HandleAsync(CancellationToken ct)
    {
        if (await session.FindAgreementAsync(Id, caller, ct) is null)
            throw Problems.Missing();
        var (agreement, after, take, organisation) = (Id, Paging.Id() ?? Guid.Empty, Paging.Take + 1, caller.Organisation);
        var rows = await session.ListAsync<PaymentScheme>(schemes =>
        {
            var visible = schemes.Where(p => p.AgreementId == agreement && p.Id > after);
            if (!ContractsSession.SeesAll(caller))
                visible = visible.Where(p => p.Parties.Contains(organisation));
            return visible.OrderBy(p => p.Id).Take(take);
        }, ct);
        return Paging.Answer(HttpContext, [.. rows.Select(PaymentTermsView.Of)], p => [p.Id.ToString()]);
    }
}
