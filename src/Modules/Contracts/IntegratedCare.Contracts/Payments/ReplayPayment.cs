using IntegratedCare.Contracts.Payments.Engine;
using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;

namespace IntegratedCare.Contracts.Payments;

/// <summary>
/// Computes the statement of a pack of payment terms and inputs, and stores nothing. The pack of a stored payment is what
/// <c>.../payments/{paymentId}/pack</c> gives: the same bytes come back. The host's verb <c>settle</c> does the same without a
/// database. JSON, or with <c>Accept</c> CSV or a printable page.
/// </summary>
internal sealed class ReplayPayment : CareEndpoint<PaymentPackDraft, StatementAnswer<PaymentStatement>>
{
    internal sealed class Rules : PackRules<PaymentPackDraft>;

    public override void Configure()
    {
        Post("/v1/contracts/payments/replay");
        Access(ContractsScopes.Read, [Purposes.Commissioning, Purposes.Operations]);
        Declare(new NoIdempotencyKey());
    }

    public override Task<StatementAnswer<PaymentStatement>> ExecuteAsync(PaymentPackDraft request, CancellationToken ct)
    {
        return Task.FromResult(PaymentStatementAnswers.Of(PaymentEngine.Pay(request.Complete()).ToBytes()));
    }
}
