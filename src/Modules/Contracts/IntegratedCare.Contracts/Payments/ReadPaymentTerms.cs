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

/// <summary>Payment terms with who has accepted them, to the parties.</summary>
internal sealed class GetPaymentTerms : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/contracts/payment-terms/{id:guid}", Handle)
        .Access(Scopes.ContractsRead, [Purposes.Commissioning, Purposes.Operations]);

    private static async Task<OkVersioned<PaymentTermsView>> Handle(Guid id, ContractsDb db, AccessContext access, CancellationToken ct)
    {
        var scheme = await db.FindPaymentSchemeAsync(id, access, ct);
        return Answers.Ok(PaymentTermsView.Of(scheme), scheme.Version);
    }
}

/// <summary>The payment terms of an agreement, oldest first.</summary>
internal sealed class ListPaymentTerms : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/contracts/agreements/{id:guid}/payment-terms", Handle)
        .Access(Scopes.ContractsRead, [Purposes.Commissioning, Purposes.Operations]);

    private static async Task<Ok<Page<PaymentTermsView>>> Handle(Guid id, [AsParameters] Paging paging, HttpContext http, ContractsDb db, AccessContext access, CancellationToken ct)
    {
        if (!await db.Agreements.To(access).AnyAsync(a => a.Id == id, ct))
            throw Problems.Missing();
        var after = paging.Id() ?? Guid.Empty;
        var rows = await db.PaymentSchemes.To(access).Where(p => p.AgreementId == id && p.Id > after).OrderBy(p => p.Id).Take(paging.Take + 1).ToListAsync(ct);
        return paging.Answer(http, rows.ConvertAll(PaymentTermsView.Of), p => [p.Id.ToString()]);
    }
}

/// <summary>The named starting points for payment terms, each with what it supplies, where it comes from and how sure that is.</summary>
internal sealed class ListPaymentPresets : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/contracts/payment-presets", Handle)
        .Access(Scopes.ContractsRead, [Purposes.Commissioning, Purposes.Operations]);

    private static Ok<Page<PaymentPreset>> Handle() => TypedResults.Ok(new Page<PaymentPreset>(PaymentPreset.All, null));
}

/// <summary>The named weightings of persons that capitation terms may use, with their source and what is uncertain.</summary>
internal sealed class ListWeightings : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/contracts/weightings", Handle)
        .Access(Scopes.ContractsRead, [Purposes.Commissioning, Purposes.Operations]);

    private static Ok<Page<NamedWeighting>> Handle() => TypedResults.Ok(new Page<NamedWeighting>(NamedWeighting.All, null));
}

/// <param name="Status"><c>proposed</c>, or <c>agreed</c> once every party has accepted.</param>
/// <param name="Awaiting">Parties that have not accepted yet.</param>
/// <param name="EffectiveFrom">The first day they pay for; null: from the agreement's first day.</param>
/// <param name="Supersedes">The payment terms whose place they take on that day.</param>
/// <param name="SupersededBy">The payment terms that take their place from the day <c>supersededFrom</c>.</param>
internal sealed record PaymentTermsView(
    Guid Id, Guid AgreementId, string Status, string Title, PaymentTerms Terms, IReadOnlyList<string> Parties, IReadOnlyList<Domain.Acceptance> Acceptances, IReadOnlyList<string> Awaiting,
    DateOnly? EffectiveFrom, Guid? Supersedes, Guid? SupersededBy, DateOnly? SupersededFrom)
{
    public static PaymentTermsView Of(PaymentScheme s) => new(
        s.Id, s.AgreementId, s.Status, s.Document.Title, s.Document.Terms, s.Parties, s.Document.Acceptances, s.Awaiting,
        s.Document.EffectiveFrom, s.Document.Supersedes, s.Document.SupersededBy, s.Document.SupersededFrom);
}

internal static class PaymentQueries
{
    public static async Task<PaymentScheme> FindPaymentSchemeAsync(this ContractsDb db, Guid id, AccessContext access, CancellationToken ct) =>
        await db.PaymentSchemes.To(access).FirstOrDefaultAsync(p => p.Id == id, ct) ?? throw Problems.Missing();

    /// <summary>The payments under the terms whose place these take, and so on back.</summary>
    /// <param name="all">All payment terms of the agreement.</param>
    public static async Task<List<Payment>> PaidBeforeAsync(this ContractsDb db, PaymentScheme scheme, IReadOnlyList<PaymentScheme> all, CancellationToken ct)
    {
        var before = PaymentSuccession.Before(scheme, all).Select(s => s.Id).ToArray();
        return before.Length == 0 ? [] : await db.Payments.Where(p => before.Contains(p.PaymentTermsId)).ToListAsync(ct);
    }

    public static async Task<Payment> FindPaymentAsync(this ContractsDb db, Guid paymentTermsId, Guid id, AccessContext access, CancellationToken ct) =>
        await db.Payments.To(access).FirstOrDefaultAsync(p => p.Id == id && p.PaymentTermsId == paymentTermsId, ct) ?? throw Problems.Missing();
}
