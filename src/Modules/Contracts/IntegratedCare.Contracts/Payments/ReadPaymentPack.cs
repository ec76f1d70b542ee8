using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;

namespace IntegratedCare.Contracts.Payments;

/// <summary>The pack of a version of a payment: replaying it gives the same bytes.</summary>
internal sealed class ReadPaymentPack(ContractsSession session, AccessContext caller) : CareEndpoint<CanonicalAnswer<PaymentPackDocument>>
{
    public override void Configure()
    {
        Get("/v1/contracts/payment-terms/{id:guid}/payments/{paymentId:guid}/pack");
        Access(ContractsScopes.Read, [Purposes.Commissioning, Purposes.Operations]);
    }

    protected override async Task<CanonicalAnswer<PaymentPackDocument>> HandleAsync(CancellationToken ct)
    {
        var payment = await session.FindPaymentAsync(Id, Route<Guid>("paymentId"), caller, ct) ?? throw Problems.Missing();
        var statement = PaymentStatement.FromBytes(await session.ReadStatementAsync(payment.Id, ct));
        return new CanonicalAnswer<PaymentPackDocument>(CanonicalJson.ToBytes(PaymentPackDocument.Of(statement)));
    }
}
