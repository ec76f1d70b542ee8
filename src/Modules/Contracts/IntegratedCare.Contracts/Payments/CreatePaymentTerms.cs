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
/// <c>POST /v1/contracts/payment-terms/{id}/acceptances</c>. Terms that would pay what other terms of the same payer and provider
/// pay already are refused, unless they name those in <c>supersedes</c>: once every party has accepted the new ones, the old ones
/// pay no period that ends on or after <c>effectiveFrom</c>, and the new ones none that begins before it. What the old ones have
/// paid from that day on is taken off.
/// </summary>
internal sealed class CreatePaymentTerms : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/contracts/agreements/{id:guid}/payment-terms", Handle)
        .Access(Scopes.ContractsWrite, [Purposes.Commissioning, Purposes.Operations]);

    /// <param name="EffectiveFrom">The first day they pay for, the first of a month; needed with <c>supersedes</c>. Left out: they pay from the agreement's first day.</param>
    /// <param name="Supersedes">Accepted payment terms of the same agreement, payer and provider, whose place these take from that day.</param>
    internal sealed record CreatePaymentTermsRequest(string? Title, PaymentDraft? Terms, DateOnly? EffectiveFrom = null, Guid? Supersedes = null);

    internal sealed class Validator : AbstractValidator<CreatePaymentTermsRequest>
    {
        public Validator()
        {
            RuleFor(r => r.Title).Line(200);
            RuleFor(r => r.Terms).NotNull();
            RuleFor(r => r.EffectiveFrom).Day();
            RuleFor(r => r.EffectiveFrom).Must(d => d is null or { Day: 1 }).WithMessage("The first day of a month: periods are made of whole months.");
            RuleFor(r => r.EffectiveFrom).NotNull().When(r => r.Supersedes is not null).WithMessage("Needed with supersedes: the first day on which these terms pay in place of the others.");
        }
    }

    private static async Task<CreatedVersioned<PaymentTermsView>> Handle(Guid id, CreatePaymentTermsRequest request, ContractsDb db, AccessContext access, CancellationToken ct)
    {
        var agreement = await db.Agreements.To(access).FirstOrDefaultAsync(a => a.Id == id, ct) ?? throw Problems.Missing();
        agreement.Party(access.Organisation);
        var terms = PaymentRules.Complete(request.Terms!, [.. agreement.Document.Parties.Select(p => new TermsRules.Party(p.Organisation, p.Role))]);
        var scheme = new PaymentScheme(agreement, request.Title!, terms, request.EffectiveFrom, request.Supersedes);
        var all = await db.PaymentSchemes.Where(p => p.AgreementId == id).ToListAsync(ct);
        if (request.Supersedes is { } before && all.TrueForAll(p => p.Id != before))
            throw Problems.Invalid("/supersedes", "No payment terms of this agreement have this id.");
        PaymentSuccession.Check(scheme, agreement, all, await db.PaidBeforeAsync(scheme, all, ct));
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
        // All terms of the agreement, so that of two that pay the same thing only one comes to bind, and none that gives way pays meanwhile.
        await using var own = db.Database.CurrentTransaction is null ? await db.Database.BeginTransactionAsync(ct) : null;
        await db.Database.ExecuteSqlAsync(
            $"SELECT FROM contracts.payment_terms WHERE agreement_id = (SELECT agreement_id FROM contracts.payment_terms WHERE id = {id}) ORDER BY id FOR UPDATE", ct);
        var scheme = await db.FindPaymentSchemeAsync(id, access, ct);
        ifMatch.Check(scheme.Version);
        var agreement = await db.Agreements.SingleAsync(a => a.Id == scheme.AgreementId, ct);
        var all = await db.PaymentSchemes.Where(p => p.AgreementId == agreement.Id).ToListAsync(ct);
        scheme.Accept(agreement, access.Organisation, access.RequireActingUser(), all, await db.PaidBeforeAsync(scheme, all, ct), clock.GetUtcNow());
        await db.SaveChangesAsync(ct);
        if (own is not null)
            await db.CommitAsync(own);
        return Answers.Ok(PaymentTermsView.Of(scheme), scheme.Version);
    }
}
