using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Contracts.Payments;

/// <summary>The payment statement's canonical bytes, whose SHA-256 the payment names; or with <c>Accept</c> its lines as CSV, or a printable page.</summary>
internal sealed class ReadPaymentStatement(ContractsSession session, AccessContext caller) : CareEndpoint<StatementAnswer<PaymentStatement>>
{
    public override void Configure()
    {
        Get("/v1/contracts/payment-terms/{id:guid}/payments/{paymentId:guid}/statement");
        Access(ContractsScopes.Read, [Purposes.Commissioning, Purposes.Operations]);
    }

    protected override async Task<StatementAnswer<PaymentStatement>> HandleAsync(CancellationToken ct)
    {
        var payment = await session.FindPaymentAsync(Id, Route<Guid>("paymentId"), caller, ct) ?? throw Problems.Missing();
        var bytes = await session.ReadStatementAsync(payment.Id, ct);
        var names = StatementFormats.WantsPage(HttpContext) ? await session.NamesAsync(PaymentStatement.FromBytes(bytes).Transfers.Select(t => t.Party), ct)
            : null;
        return PaymentStatementAnswers.Of(bytes, names);
    }
}
