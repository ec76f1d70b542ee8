using FluentValidation;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Calendar;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Contracts.Payments;

/// <summary>The payments under payment terms, all versions, oldest first.</summary>
internal sealed class ListPayments(ContractsSession session, AccessContext caller) : CareEndpoint<ListPayments.Request, Ok<Page<PaymentSummary>>>
{
    /// <param name="Period">Only the versions of this period.</param>
    internal sealed record Request(string? Period);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules() => RuleFor(r => r.Period).Must(p => p is null || Period.Parse(p) is not null).WithMessage(Period.Shapes);
    }

    public override void Configure()
    {
        Get("/v1/contracts/payment-terms/{id:guid}/payments");
        Access(ContractsScopes.Read, [Purposes.Commissioning, Purposes.Operations]);
        Paged();
    }

    public override async Task<Ok<Page<PaymentSummary>>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (await session.FindPaymentTermsAsync(Id, caller, ct) is null)
            throw Problems.Missing();
        var (scheme, after, take) = (Id, Paging.Id() ?? Guid.Empty, Paging.Take + 1);
        var rows = await session.ListAsync<Payment>(payments =>
        {
            var found = payments.Where(p => p.PaymentTermsId == scheme && p.Id > after);
            if (request.Period is { } period)
                found = found.Where(p => p.Period == period);
            return found.OrderBy(p => p.Id).Take(take);
        }, ct);
        return Paging.Answer(HttpContext, [.. rows.Select(PaymentSummary.Of)], p => [p.Id.ToString()]);
    }
}

internal sealed record PaymentSummary(Guid Id, Guid PaymentTermsId, string Period, int Number, string ProposedBy, DateTimeOffset ProposedAt, decimal Amount,
    string Sha256)
{
    public static PaymentSummary Of(Payment p) => new(p.Id, p.PaymentTermsId, p.Period, p.Number, p.ProposedBy, p.ProposedAt, p.Amount, p.Sha256);
}
