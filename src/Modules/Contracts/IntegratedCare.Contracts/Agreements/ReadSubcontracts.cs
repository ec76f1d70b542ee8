using IntegratedCare.Contracts.Domain;
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
/// The subcontracts let directly under an agreement, oldest first. The head's parties see who provides which services for how
/// long, whether or not they are a party to the subcontract; its terms are its own parties' to read.
/// </summary>
internal sealed class ListSubcontracts : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/contracts/agreements/{id:guid}/subcontracts", Handle)
        .Access(Scopes.ContractsRead, [Purposes.Commissioning, Purposes.Operations]);

    private static async Task<Ok<Page<SubcontractView>>> Handle(Guid id, [AsParameters] Paging paging, HttpContext http, ContractsDb db, AccessContext access, CancellationToken ct)
    {
        var after = paging.Id() ?? Guid.Empty;
        var head = await db.Agreements.To(access).FirstOrDefaultAsync(a => a.Id == id, ct) ?? throw Problems.Missing();
        var rows = await db.Agreements.Where(a => a.HeadAgreementId == id && a.Id > after).OrderBy(a => a.Id).Take(paging.Take + 1).ToListAsync(ct);
        return paging.Answer(http, rows.ConvertAll(s => SubcontractView.Of(head, s)), s => [s.Id.ToString()]);
    }
}

/// <param name="Touched">Why it no longer lies within its head, such as the head's end; null while it does.</param>
internal sealed record SubcontractView(
    Guid Id, string Status, string Title, IReadOnlyList<string> Commissioners, IReadOnlyList<string> Providers, IReadOnlyList<string> Services, DateOnly From, DateOnly To, string? Touched)
{
    public static SubcontractView Of(Agreement head, Agreement s) => new(
        s.Id, s.Status, s.Document.Title, With(s, Agreement.CommissionerRole), With(s, Agreement.ProviderRole), s.Document.Services, s.StartsOn, s.EndsOn,
        s.Status == Agreement.Ended ? null : SubcontractRules.Outside(s, head.Document.Services, head.StartsOn, head.EndsOn));

    private static IReadOnlyList<string> With(Agreement agreement, string role) => [.. agreement.Document.Parties.Where(p => p.Role == role).Select(p => p.Organisation)];
}

/// <summary>A subcontract that a change of its head touches, and why.</summary>
internal sealed record SubcontractTouched(Guid Id, string Title, string Reason)
{
    public static SubcontractTouched? Of(Agreement subcontract, string? reason) =>
        reason is null || subcontract.Status == Agreement.Ended ? null : new(subcontract.Id, subcontract.Document.Title, reason);
}

internal static class Heads
{
    public static async Task<IReadOnlyList<Agreement>> SubcontractsAsync(this ContractsDb db, Agreement head, CancellationToken ct) =>
        StructureRules.HasSubcontracts(head.Document.Structure) ? await db.Agreements.Where(a => a.HeadAgreementId == head.Id).OrderBy(a => a.Id).ToListAsync(ct) : [];

    /// <summary>Refuses a variation that puts an agreement under a head, or beyond its head. What stays as it was is left alone, so that a subcontract of an ended head can still be varied.</summary>
    public static async Task CheckHeadAsync(this ContractsDb db, Agreement agreement, AgreementVersion version, CancellationToken ct)
    {
        var before = agreement.Versions.Last(v => v.Number < version.Number && v.Status == Variation.Agreed).Terms;
        var terms = version.Terms;
        if (terms.HeadAgreement != before.HeadAgreement || terms.To > before.To || terms.Services.Except(before.Services).Any())
            await db.CheckHeadAsync(agreement, terms, ct);
    }

    /// <summary>Refuses an agreement that does not fit under the head it names.</summary>
    public static async Task CheckHeadAsync(this ContractsDb db, Agreement agreement, AgreementTerms terms, CancellationToken ct)
    {
        var heads = new List<Agreement>();
        for (var next = terms.HeadAgreement; next is { } id && heads.Count <= SubcontractRules.MostHeads; next = heads[^1].Id == agreement.Id ? null : heads[^1].HeadAgreementId)
            heads.Add(id == agreement.Id ? agreement : await db.Agreements.FirstAsync(a => a.Id == id, ct));
        if (heads.Count > 0)
            SubcontractRules.Check(agreement, terms, heads);
    }
}
