using FluentValidation;
using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;

namespace IntegratedCare.Contracts.Payments;

/// <summary>
/// Adds payment terms to an agreement: block, activity at price with marginal rates, blended, aligned payment and incentive,
/// capitation, year of care, outcome share or incentive. Every party accepts them with
/// <c>POST /v1/contracts/payment-terms/{id}/acceptances</c>. Terms that would pay what other terms of the same payer and provider
/// pay already are refused, unless they name those in <c>supersedes</c>: once every party has accepted the new ones, the old ones
/// pay no period that ends on or after <c>effectiveFrom</c>, and the new ones none that begins before it. What the old ones have
/// paid for that day and later is deducted.
/// </summary>
internal sealed class CreatePaymentTerms(ContractsSession session, AccessContext caller)
    : CareEndpoint<CreatePaymentTerms.Request, CreatedVersioned<PaymentTermsView>>
{
    /// <param name="EffectiveFrom">The first day they pay for, the first of a month; needed with <c>supersedes</c>. Left out: they pay from
    /// the agreement's first day.</param>
    /// <param name="Supersedes">Accepted payment terms of the same agreement, payer and provider, that these supersede from that day.</param>
    internal sealed record Request(string? Title, PaymentDraft? Terms, DateOnly? EffectiveFrom = null, Guid? Supersedes = null);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Title).Line(200);
            RuleFor(r => r.Terms).NotNull();
            RuleFor(r => r.EffectiveFrom).Day();
            RuleFor(r => r.EffectiveFrom).Must(d => d is null or { Day: 1 }).WithMessage("The first day of a month: periods are made of whole months.");
            RuleFor(r => r.EffectiveFrom).NotNull().When(r => r.Supersedes is not null)
                .WithMessage("Needed with supersedes: the first day on which these terms pay in place of the others.");
        }
    }

    public override void Configure()
    {
        Post("/v1/contracts/agreements/{id:guid}/payment-terms");
        Access(ContractsScopes.Write, [Purposes.Commissioning, Purposes.Operations]);
    }

    public override async Task<CreatedVersioned<PaymentTermsView>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var agreement = await session.FindAgreementAsync(Id, caller, ct) ?? throw Problems.Missing();
        agreement.Party(caller.Organisation);
        var terms = PaymentRules.Complete(request.Terms!, [.. agreement.Parties.Select(p => new TermsRules.Party(p.Organisation, p.Role))]);
        var scheme = PaymentScheme.Of(agreement, request.Title!, terms, request.EffectiveFrom, request.Supersedes);
        var all = await session.ListAsync<PaymentScheme>(schemes => schemes.Where(p => p.AgreementId == agreement.Id), ct);
        if (request.Supersedes is { } before && all.All(p => p.Id != before))
            throw Problems.Invalid("/supersedes", "No payment terms of this agreement have this id.");
        PaymentSuccession.Check(scheme, agreement, all, await session.PaidBeforeAsync(scheme, all, ct));
        session.Insert(scheme);
        await session.SaveChangesAsync(ct);
        return Answers.Created($"/v1/contracts/payment-terms/{scheme.Id}", PaymentTermsView.Of(scheme), scheme.Version);
    }
}
