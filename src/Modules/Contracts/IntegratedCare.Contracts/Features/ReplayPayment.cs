using FluentValidation;
using IntegratedCare.Contracts.Domain;
using IntegratedCare.Contracts.Domain.Payments;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IntegratedCare.Contracts.Features;

/// <summary>
/// Computes the statement of a pack of terms and inputs, and stores nothing. With the terms, period and inputs of a stored
/// statement, and its <c>paymentTerms</c>, the same bytes come back. JSON, or CSV with <c>Accept: text/csv</c>.
/// </summary>
internal sealed class ReplayPayment : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/contracts/payments/replay", Handle)
        .WithMetadata(new NoIdempotencyKey())
        .Produces<PaymentStatement>(200, "application/json", "text/csv")
        .Access(Scopes.ContractsRead, [Purposes.Commissioning, Purposes.Operations]);

    /// <param name="PaymentTerms">As on the statement; left out for terms that belong to no agreement.</param>
    /// <param name="Terms">In full, or what differs from their <c>preset</c>.</param>
    internal sealed record ReplayPaymentRequest(StatementPaymentTerms? PaymentTerms, PaymentDraft? Terms, string? Period, PaymentInputs? Inputs);

    internal sealed class Validator : AbstractValidator<ReplayPaymentRequest>
    {
        public Validator()
        {
            RuleFor(r => r.PaymentTerms!.Title).Line(200).When(r => r.PaymentTerms is not null);
            RuleFor(r => r.Terms).NotNull();
            RuleFor(r => r.Period).NotNull().Must(p => p is null || SettlementPeriod.Parse(p) is not null).WithMessage(SettlementPeriod.Shapes);
        }
    }

    private static IResult Handle(ReplayPaymentRequest request, HttpContext http)
    {
        var terms = PaymentRules.Complete(request.Terms!, null);
        var inputs = PaymentInputRules.Check(terms, SettlementPeriod.Parse(request.Period)!, request.Inputs);
        return PaymentAnswer.Of(http, PaymentEngine.Pay(new PaymentPack(request.PaymentTerms, terms, request.Period!, inputs)).ToBytes());
    }
}
