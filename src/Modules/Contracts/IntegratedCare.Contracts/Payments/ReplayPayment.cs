using IntegratedCare.Contracts.Domain;
using IntegratedCare.Contracts.Domain.Payments;
using IntegratedCare.Contracts.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IntegratedCare.Contracts.Features;

/// <summary>
/// Computes the statement of a pack of payment terms and inputs, and stores nothing. The pack of a stored payment is what
/// <c>.../payments/{paymentId}/pack</c> gives: the same bytes come back. The host's verb <c>settle</c> does the same without a
/// database. JSON, or with <c>Accept</c> CSV or a printable page.
/// </summary>
internal sealed class ReplayPayment : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/contracts/payments/replay", Handle)
        .WithMetadata(new NoIdempotencyKey())
        .Produces<PaymentStatement>(200, StatementAnswer.MediaTypes[0], StatementAnswer.MediaTypes[1..])
        .Access(Scopes.ContractsRead, [Purposes.Commissioning, Purposes.Operations]);

    private static IResult Handle(PaymentPackDraft request, HttpContext http) => PaymentAnswer.Of(http, PaymentEngine.Pay(request.Complete()).ToBytes());
}

/// <summary>The pack of a version of a payment: with it anybody can replay the payment to the same bytes.</summary>
internal sealed class GetPaymentPack : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/contracts/payment-terms/{id:guid}/payments/{paymentId:guid}/pack", Handle)
        .Produces<PaymentPackDocument>(200, "application/json")
        .Access(Scopes.ContractsRead, [Purposes.Commissioning, Purposes.Operations]);

    private static async Task<IResult> Handle(Guid id, Guid paymentId, ContractsDb db, AccessContext access, CancellationToken ct)
    {
        var payment = await db.FindPaymentAsync(id, paymentId, access, ct);
        return TypedResults.Bytes(CanonicalJson.ToBytes(PaymentPackDocument.Of(PaymentStatement.FromBytes(payment.Statement))), "application/json");
    }
}
