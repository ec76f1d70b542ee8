using IntegratedCare.Contracts.Domain;
using IntegratedCare.Contracts.Domain.Payments;
using IntegratedCare.Contracts.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace IntegratedCare.Contracts.Features;

/// <summary>One version of a payment, with its statement, to the parties.</summary>
internal sealed class GetPayment : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/contracts/payment-terms/{id:guid}/payments/{paymentId:guid}", Handle)
        .Access(Scopes.ContractsRead, [Purposes.Commissioning, Purposes.Operations]);

    private static async Task<OkVersioned<PaymentView>> Handle(Guid id, Guid paymentId, ContractsDb db, AccessContext access, CancellationToken ct)
    {
        var payment = await db.FindPaymentAsync(id, paymentId, access, ct);
        return Answers.Ok(PaymentView.Of(payment), payment.Version);
    }
}

/// <summary>The payment statement's canonical bytes, whose SHA-256 the payment names; or with <c>Accept</c> its lines as CSV, or a printable page.</summary>
internal sealed class GetPaymentStatement : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/contracts/payment-terms/{id:guid}/payments/{paymentId:guid}/statement", Handle)
        .Produces<PaymentStatement>(200, StatementAnswer.MediaTypes[0], StatementAnswer.MediaTypes[1..])
        .Access(Scopes.ContractsRead, [Purposes.Commissioning, Purposes.Operations]);

    private static async Task<IResult> Handle(Guid id, Guid paymentId, HttpContext http, ContractsDb db, AccessContext access, CancellationToken ct)
    {
        var bytes = (await db.FindPaymentAsync(id, paymentId, access, ct)).Statement;
        var names = StatementAnswer.WantsPage(http) ? await Names.OfAsync(db, PaymentStatement.FromBytes(bytes).Transfers.Select(t => t.Party), ct) : null;
        return PaymentAnswer.Of(http, bytes, names);
    }
}

/// <summary>The payments under payment terms, all versions, oldest first.</summary>
internal sealed class ListPayments : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/contracts/payment-terms/{id:guid}/payments", Handle)
        .Access(Scopes.ContractsRead, [Purposes.Commissioning, Purposes.Operations]);

    private static async Task<Ok<Page<PaymentSummary>>> Handle(
        Guid id, [AsParameters] Paging paging, [FromQuery] string? period, HttpContext http, ContractsDb db, AccessContext access, CancellationToken ct)
    {
        if (period is not null && SettlementPeriod.Parse(period) is null)
            throw Problems.Invalid("/period", SettlementPeriod.Shapes);
        await db.FindPaymentSchemeAsync(id, access, ct);
        var after = paging.Id() ?? Guid.Empty;
        var rows = await db.Payments.Where(p => p.PaymentTermsId == id && p.Id > after && (period == null || p.Period == period)).OrderBy(p => p.Id).Take(paging.Take + 1).ToListAsync(ct);
        return paging.Answer(http, rows.ConvertAll(PaymentSummary.Of), p => [p.Id.ToString()]);
    }
}

internal sealed record PaymentSummary(Guid Id, Guid PaymentTermsId, string Period, int Number, string ProposedBy, DateTimeOffset ProposedAt, decimal Amount, string Sha256)
{
    public static PaymentSummary Of(Payment p) => new(p.Id, p.PaymentTermsId, p.Period, p.Number, p.Document.ProposedBy, p.Document.ProposedAt, p.Amount, p.Sha256);
}

/// <summary>A payment statement as its canonical bytes, as CSV of its lines or as a printable page, as the caller accepts.</summary>
internal static class PaymentAnswer
{
    /// <param name="names">Of payer and provider, for the page; the bytes hold their codes.</param>
    public static IResult Of(HttpContext http, byte[] bytes, IReadOnlyDictionary<string, string>? names = null) =>
        StatementAnswer.Of(http, bytes, () => Statement.ToCsv(PaymentStatement.FromBytes(bytes).Lines), () => PaymentPage.Of(PaymentStatement.FromBytes(bytes), Statement.Sha256(bytes), names));
}
