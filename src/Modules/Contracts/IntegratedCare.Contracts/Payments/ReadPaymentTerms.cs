using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Contracts.Payments;

/// <summary>Payment terms with their acceptances, to the parties.</summary>
internal sealed class ReadPaymentTerms(ContractsSession session, AccessContext caller) : CareEndpoint<OkVersioned<PaymentTermsView>>
{
    public override void Configure()
    {
        Get("/v1/contracts/payment-terms/{id:guid}");
        Access(ContractsScopes.Read, [Purposes.Commissioning, Purposes.Operations]);
    }

    protected override async Task<OkVersioned<PaymentTermsView>> HandleAsync(CancellationToken ct)
    {
        var scheme = await session.FindPaymentTermsAsync(Id, caller, ct) ?? throw Problems.Missing();
        return Answers.Ok(PaymentTermsView.Of(scheme), scheme.Version);
    }
}
