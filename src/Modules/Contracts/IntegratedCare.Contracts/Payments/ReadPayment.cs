using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Contracts.Payments;

/// <summary>One version of a payment, with its statement, to the parties.</summary>
internal sealed class ReadPayment(ContractsSession session, AccessContext caller) : CareEndpoint<OkVersioned<PaymentView>>
{
    public override void Configure()
    {
        Get("/v1/contracts/payment-terms/{id:guid}/payments/{paymentId:guid}");
        Access(ContractsScopes.Read, [Purposes.Commissioning, Purposes.Operations]);
    }

    protected override async Task<OkVersioned<PaymentView>> HandleAsync(CancellationToken ct)
    {
        var payment = await session.FindPaymentAsync(Id, Route<Guid>("paymentId"), caller, ct) ?? throw Problems.Missing();
        return Answers.Ok(PaymentView.Of(payment, PaymentStatement.FromBytes(await session.ReadStatementAsync(payment.Id, ct))), payment.Version);
    }
}
