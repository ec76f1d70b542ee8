using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Contracts.Payments;

/// <summary>The named starting points for payment terms, each with its terms, source and confidence.</summary>
internal sealed class ListPaymentPresets : CareEndpoint<Ok<Page<PaymentPreset>>>
{
    public override void Configure()
    {
        Get("/v1/contracts/payment-presets");
        Access(ContractsScopes.Read, [Purposes.Commissioning, Purposes.Operations]);
    }

    protected override Task<Ok<Page<PaymentPreset>>> HandleAsync(CancellationToken ct)
    {
        return Task.FromResult(TypedResults.Ok(new Page<PaymentPreset>(PaymentPreset.All, null)));
    }
}
