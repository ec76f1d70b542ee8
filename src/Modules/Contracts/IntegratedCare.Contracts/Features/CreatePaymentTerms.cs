using FluentValidation;
using IntegratedCare.Contracts.Domain;
using IntegratedCare.Contracts.Domain.Payments;
using IntegratedCare.Contracts.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace IntegratedCare.Contracts.Features;

/// <summary>
/// Adds payment terms to an agreement: block, activity at price with marginal rates, blended, aligned payment and incentive,
/// capitation, year of care, outcome share or incentive. Every party accepts them with
/// <c>POST /v1/contracts/payment-terms/{id}/acceptances</c>.
/// </summary>
internal sealed class CreatePaymentTerms : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/contracts/agreements/{id:guid}/payment-terms", Handle)
        .Access(Scopes.ContractsWrite, [Purposes.Commissioning, Purposes.Operations]);

    internal sealed record CreatePaymentTermsRequest(string? Title, PaymentDraft? Terms);

    internal sealed class Validator : AbstractValidator<CreatePaymentTermsRequest>
    {
        public Validator()
        {
            RuleFor(r => r.Title).Line(200);
            RuleFor(r => r.Terms).NotNull();
        }
    }

    private static async Task<CreatedVersioned<PaymentTermsView>> Handle(Guid id, CreatePaymentTermsRequest request, ContractsDb db, AccessContext access, CancellationToken ct)
    {
        var agreement = await db.Agreements.To(access).FirstOrDefaultAsync(a => a.Id == id, ct) ?? throw Problems.Missing();
        agreement.Party(access.Organisation);
        var terms = PaymentRules.Complete(request.Terms!, [.. agreement.Document.Parties.Select(p => new TermsRules.Party(p.Organisation, p.Role))]);
        var scheme = new PaymentScheme(agreement, request.Title!, terms);
        db.PaymentSchemes.Add(scheme);
        await db.SaveChangesAsync(ct);
        return Answers.Created($"/v1/contracts/payment-terms/{scheme.Id}", PaymentTermsView.Of(scheme), scheme.Version);
    }
}

/// <summary>A party's named signatory accepts payment terms; no body. Twice is refused.</summary>
internal sealed class AcceptPaymentTerms : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/contracts/payment-terms/{id:guid}/acceptances", Handle)
        .Access(Scopes.ContractsWrite, [Purposes.Commissioning, Purposes.Operations], actingUser: true);

    private static async Task<OkVersioned<PaymentTermsView>> Handle(
        Guid id, IfMatch ifMatch, ContractsDb db, AccessContext access, TimeProvider clock, CancellationToken ct)
    {
        var scheme = await db.FindPaymentSchemeAsync(id, access, ct);
        ifMatch.Check(scheme.Version);
        var agreement = await db.Agreements.SingleAsync(a => a.Id == scheme.AgreementId, ct);
        scheme.Accept(agreement, access.Organisation, access.RequireActingUser(), clock.GetUtcNow());
        await db.SaveChangesAsync(ct);
        return Answers.Ok(PaymentTermsView.Of(scheme), scheme.Version);
    }
}
