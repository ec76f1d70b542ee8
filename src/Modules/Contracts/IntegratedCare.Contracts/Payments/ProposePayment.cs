using FluentValidation;
using IntegratedCare.Contracts.Domain;
using IntegratedCare.Contracts.Domain.Payments;
using IntegratedCare.Contracts.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace IntegratedCare.Contracts.Features;

/// <summary>
/// Computes what is due for a period and keeps the statement. The payer or the provider proposes. 201 with a new version when
/// the inputs are new; 200 with the latest when nothing has changed. A quarter or a year takes off what was paid for its months,
/// and terms that supersede others what those have paid for the period.
/// </summary>
internal sealed class ProposePayment : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/contracts/payment-terms/{id:guid}/payments", Handle)
        .Access(Scopes.ContractsWrite, [Purposes.Commissioning, Purposes.Operations]);

    /// <param name="Inputs">What the terms need: activity, population, persons in bands, scores.</param>
    internal sealed record ProposePaymentRequest(string? Period, PaymentInputs? Inputs = null);

    internal sealed class Validator : AbstractValidator<ProposePaymentRequest>
    {
        public Validator()
        {
            RuleFor(r => r.Period).NotNull().Must(p => p is null || SettlementPeriod.Parse(p) is not null).WithMessage(SettlementPeriod.Shapes);
            When(r => r.Inputs is not null, () =>
            {
                RuleForEach(r => r.Inputs!.Activity).ChildRules(a => a.RuleFor(x => x.PointOfDelivery).Line(100));
                RuleForEach(r => r.Inputs!.Population).ChildRules(g => g.RuleFor(x => x.Group).Line(100));
                RuleForEach(r => r.Inputs!.Outcomes).ChildRules(o =>
                {
                    o.RuleFor(x => x.Outcome).Line(100);
                    o.RuleFor(x => x.Indicator).Line(100);
                });
            });
        }
    }

    private static async Task<Results<CreatedVersioned<PaymentView>, OkVersioned<PaymentView>>> Handle(
        Guid id, ProposePaymentRequest request, ContractsDb db, AccessContext access, TimeProvider clock, CancellationToken ct)
    {
        // One proposal under the same terms at a time, so that two overlapping periods cannot both pass.
        await using var own = db.Database.CurrentTransaction is null ? await db.Database.BeginTransactionAsync(ct) : null;
        await db.Database.ExecuteSqlAsync($"SELECT FROM contracts.payment_terms WHERE id = {id} FOR UPDATE", ct);
        var scheme = await db.FindPaymentSchemeAsync(id, access, ct);
        var terms = scheme.Document.Terms;
        if (access.Organisation != terms.Payer && access.Organisation != terms.Provider)
            throw new RuleViolation(ContractsProblems.NotAParty, "A payment is proposed by the payer or the provider that the terms name.");
        var agreement = await db.Agreements.SingleAsync(a => a.Id == scheme.AgreementId, ct);
        var period = SettlementPeriod.Parse(request.Period)!;
        scheme.CheckPays(agreement, period, LondonTime.Today(clock));
        if (request.Inputs?.OnAccount is not null)
            throw Problems.Invalid("/inputs/onAccount", "What was paid on account is known here.");

        var payments = await db.Payments.Where(p => p.PaymentTermsId == id).ToListAsync(ct);
        var all = scheme.Document.Supersedes is null ? [] : await db.PaymentSchemes.Where(p => p.AgreementId == agreement.Id).ToListAsync(ct);
        var onAccount = scheme.OnAccount(period, payments.Concat(await db.PaidBeforeAsync(scheme, all, ct)));
        var inputs = PaymentInputRules.Check(terms, period, request.Inputs);
        if (onAccount.Count > 0)
            inputs = inputs with { OnAccount = onAccount };
        var statement = PaymentEngine.Pay(new PaymentPack(new StatementPaymentTerms(scheme.Id, agreement.Id, scheme.Document.Title), terms, period.Label, inputs));
        var bytes = statement.ToBytes();
        var latest = payments.Where(p => p.Period == period.Label).MaxBy(p => p.Number);
        if (latest is not null && latest.Statement.AsSpan().SequenceEqual(bytes))
            return Answers.Ok(PaymentView.Of(latest), latest.Version);

        var payment = new Payment(scheme, statement, bytes, latest, access.Organisation, clock.GetUtcNow());
        db.Payments.Add(payment);
        await db.SaveChangesAsync(ct);
        if (own is not null)
            await db.CommitAsync(own);
        return Answers.Created($"/v1/contracts/payment-terms/{id}/payments/{payment.Id}", PaymentView.Of(payment), payment.Version);
    }
}

/// <param name="Number">The version: 1 is the first for the period.</param>
/// <param name="Amount">What the provider receives; negative when it pays back.</param>
/// <param name="Sha256">Of the statement's canonical bytes, which <c>.../statement</c> gives.</param>
internal sealed record PaymentView(
    Guid Id, Guid PaymentTermsId, string Period, int Number, string ProposedBy, DateTimeOffset ProposedAt, decimal Amount, string Sha256, PaymentStatement Statement, IReadOnlyList<LineDifference> Differences)
{
    public static PaymentView Of(Payment p) =>
        new(p.Id, p.PaymentTermsId, p.Period, p.Number, p.Document.ProposedBy, p.Document.ProposedAt, p.Amount, p.Sha256, PaymentStatement.FromBytes(p.Statement), p.Document.Differences);
}
