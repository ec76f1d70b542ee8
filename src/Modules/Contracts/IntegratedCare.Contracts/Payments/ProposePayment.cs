using FluentValidation;
using IntegratedCare.Contracts.Payments.Engine;
using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Calendar;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Contracts.Payments;

/// <summary>
/// Computes the payment for a period and stores the statement. The payer or the provider proposes. 201 with a new version when
/// the inputs are new; 200 with the latest when nothing has changed. Payments for months of a quarter or year are deducted,
/// as are payments for the period under superseded terms.
/// </summary>
internal sealed class ProposePayment(ContractsSession session, AccessContext caller, TimeProvider clock)
    : CareEndpoint<ProposePayment.Request, Results<CreatedVersioned<PaymentView>, OkVersioned<PaymentView>>>
{
    /// <param name="Inputs">What the terms need: activity, population, persons in bands, scores.</param>
    internal sealed record Request(string? Period, PaymentInputs? Inputs = null);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Period).NotNull().Must(p => p is null || Period.Parse(p) is not null).WithMessage(Period.Shapes);
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

    public override void Configure()
    {
        Post("/v1/contracts/payment-terms/{id:guid}/payments");
        Access(ContractsScopes.Write, [Purposes.Commissioning, Purposes.Operations]);
    }

    public override async Task<Results<CreatedVersioned<PaymentView>, OkVersioned<PaymentView>>> ExecuteAsync(Request request, CancellationToken ct)
    {
        // One proposal under the same terms at a time, so that two overlapping periods cannot both pass.
        var scheme = (await session.LockAsync<PaymentScheme>([Id], ct)).FirstOrDefault(p => ContractsSession.Sees(caller, p.Parties))
            ?? throw Problems.Missing();
        var terms = scheme.Terms;
        if (caller.Organisation != terms.Payer && caller.Organisation != terms.Provider)
            throw new RuleViolation(ContractsProblems.NotAParty, "A payment is proposed by the payer or the provider that the terms name.");
        var agreement = await session.AgreementAsync(scheme.AgreementId, ct);
        var period = Period.Parse(request.Period)!;
        scheme.CheckPays(agreement, period, LondonTime.Today(clock));
        if (request.Inputs?.OnAccount is not null)
            throw Problems.Invalid("/inputs/onAccount", "The platform sets payments on account.");

        var payments = await session.ListAsync<Payment>(all => all.Where(p => p.PaymentTermsId == scheme.Id), ct);
        var schemes = scheme.Supersedes is null ? [] : await session.ListAsync<PaymentScheme>(all => all.Where(p => p.AgreementId == agreement.Id), ct);
        var onAccount = scheme.OnAccount(period, payments.Concat(await session.PaidBeforeAsync(scheme, schemes, ct)));
        var inputs = PaymentInputRules.Check(terms, period, request.Inputs);
        if (onAccount.Count > 0)
            inputs = inputs with { OnAccount = onAccount };
        var statement = PaymentEngine.Pay(new PaymentPack(new StatementPaymentTerms(scheme.Id, agreement.Id, scheme.Title), terms, period.Label, inputs));
        var bytes = statement.ToBytes();
        var sha256 = StatementHash.Of(bytes);
        var latest = payments.Where(p => p.Period == period.Label).MaxBy(p => p.Number);
        if (latest?.Sha256 == sha256)
            return Answers.Ok(PaymentView.Of(latest, statement), latest.Version);

        var before = latest is null ? null : PaymentStatement.FromBytes(await session.ReadStatementAsync(latest.Id, ct));
        var payment = Payment.Of(scheme, statement, sha256, latest, before, caller.Organisation, clock.GetUtcNow());
        session.Insert(payment);
        await session.InsertStatementAsync(payment.Id, bytes, ct);
        await session.SaveChangesAsync(ct);
        return Answers.Created($"/v1/contracts/payment-terms/{Id}/payments/{payment.Id}", PaymentView.Of(payment, statement), payment.Version);
    }
}
