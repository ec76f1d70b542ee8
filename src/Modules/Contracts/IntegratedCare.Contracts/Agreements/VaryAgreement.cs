using FluentValidation;
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
/// A party proposes to vary a signed agreement: its title, services, last day, signatories, or the head agreement it is let under.
/// What is left out stays. It is the next version of the terms; once all have signed, it takes effect on its day, and the
/// agreement is then <c>varied</c>. A proposal that was still open gives way.
/// </summary>
internal sealed class VaryAgreement : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/contracts/agreements/{id:guid}/variations", Handle)
        .Access(Scopes.ContractsWrite, [Purposes.Commissioning, Purposes.Operations]);

    internal sealed record VaryAgreementRequest(
        DateOnly? EffectiveFrom, string? Reason, string? Title = null, IReadOnlyList<string?>? Services = null, DateOnly? To = null,
        IReadOnlyList<NewSignatory?>? Signatories = null, Guid? HeadAgreement = null);

    internal sealed record NewSignatory(string? Organisation, CreateAgreement.SignatoryDraft? Signatory);

    internal sealed class Validator : AbstractValidator<VaryAgreementRequest>
    {
        public Validator()
        {
            RuleFor(r => r.EffectiveFrom).NotNull().Day();
            RuleFor(r => r.To).Day();
            RuleFor(r => r.Reason).Line(2000);
            RuleFor(r => r.Title).Line(200).When(r => r.Title is not null);
            RuleFor(r => r.Services).Must(s => s is null or { Count: >= 1 and <= 100 }).WithMessage("Name 1 to 100 services.");
            RuleForEach(r => r.Services).Line(100).When(r => r.Services is { Count: <= 100 });
            RuleFor(r => r.Signatories).Must(s => s is null or { Count: >= 1 and <= 100 }).WithMessage("Name 1 to 100 signatories.");
            RuleFor(r => r.Signatories).Must(s => s!.Select(x => x?.Organisation).Distinct().Count() == s!.Count).When(r => r.Signatories is not null).WithMessage("One signatory for each party.");
            RuleForEach(r => r.Signatories).NotNull().ChildRules(party =>
            {
                party.RuleFor(p => p!.Organisation).Code();
                party.RuleFor(p => p!.Signatory).NotNull();
                party.RuleFor(p => p!.Signatory!.Name).Line(100).When(p => p!.Signatory is not null);
                party.RuleFor(p => p!.Signatory!.Role).Line(100).When(p => p!.Signatory is not null);
            }).When(r => r.Signatories is { Count: <= 100 });
            RuleFor(r => r).Must(r => r is not { Title: null, Services: null, To: null, Signatories: null, HeadAgreement: null }).WithMessage("Name what changes.");
        }
    }

    private static async Task<CreatedVersioned<AgreementVersionView>> Handle(
        Guid id, VaryAgreementRequest request, IfMatch ifMatch, ContractsDb db, AccessContext access, TimeProvider clock, CancellationToken ct)
    {
        var agreement = await db.Agreements.To(access).FirstOrDefaultAsync(a => a.Id == id, ct) ?? throw Problems.Missing();
        ifMatch.Check(agreement.Version);
        if (request.HeadAgreement is { } head && !await db.Agreements.To(access).AnyAsync(a => a.Id == head, ct))
            throw Problems.Invalid("/headAgreement", "No agreement of yours has this id.");
        var version = agreement.Vary(access.Organisation, new AgreementChange(
            request.EffectiveFrom!.Value, request.Reason!, request.Title, request.Services is null ? null : [.. request.Services.Select(s => s!)], request.To,
            request.Signatories is null ? null : [.. request.Signatories.Select(s => new NamedSignatory(s!.Organisation!, new Signatory(s.Signatory!.Name!, s.Signatory.Role!)))],
            request.HeadAgreement), clock.GetUtcNow());
        await db.CheckHeadAsync(agreement, version, ct);
        await db.SaveChangesAsync(ct);
        return Answers.Created($"/v1/contracts/agreements/{id}/terms/{version.Number}", await AgreementVersionView.OfAsync(db, agreement, version, ct), agreement.Version);
    }
}

/// <summary>
/// A party signs a variation through its own client; no body. The signatory is the one the agreement names, or the one this
/// variation would name for that party, since every other party signs that too. Signing twice is refused.
/// </summary>
internal sealed class SignVariation : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/contracts/agreements/{id:guid}/variations/{version:int}/signatures", Handle)
        .Access(Scopes.ContractsWrite, [Purposes.Commissioning, Purposes.Operations], actingUser: true);

    private static async Task<OkVersioned<AgreementVersionView>> Handle(
        Guid id, int version, IfMatch ifMatch, ContractsDb db, AccessContext access, TimeProvider clock, CancellationToken ct)
    {
        // One at a time, so that two agreements cannot be put under each other.
        await using var own = db.Database.CurrentTransaction is null ? await db.Database.BeginTransactionAsync(ct) : null;
        await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended('contracts.head', 0))", ct);
        var agreement = await db.Agreements.To(access).FirstOrDefaultAsync(a => a.Id == id, ct) ?? throw Problems.Missing();
        ifMatch.Check(agreement.Version);
        var now = clock.GetUtcNow();
        if (agreement.SignVariation(version, access.Organisation, access.RequireActingUser(), now))
        {
            await db.CheckHeadAsync(agreement, agreement.Versions.First(v => v.Number == version), ct);
            if (agreement.Advance(LondonTime.Today(clock)))
                db.Publish(agreement.ToActivated(now));
        }

        await db.SaveChangesAsync(ct);
        if (own is not null)
            await db.CommitAsync(own);
        return Answers.Ok(await AgreementVersionView.OfAsync(db, agreement, agreement.Versions.First(v => v.Number == version), ct), agreement.Version);
    }
}

/// <summary>One version of an agreement's terms, to its parties; every version stays readable.</summary>
internal sealed class GetAgreementTerms : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/contracts/agreements/{id:guid}/terms/{version:int}", Handle)
        .Access(Scopes.ContractsRead, [Purposes.Commissioning, Purposes.Operations]);

    private static async Task<OkVersioned<AgreementVersionView>> Handle(Guid id, int version, ContractsDb db, AccessContext access, CancellationToken ct)
    {
        var agreement = await db.Agreements.To(access).FirstOrDefaultAsync(a => a.Id == id, ct) ?? throw Problems.Missing();
        var found = agreement.Versions.FirstOrDefault(v => v.Number == version) ?? throw Problems.Missing();
        return Answers.Ok(await AgreementVersionView.OfAsync(db, agreement, found, ct), agreement.Version);
    }
}

/// <summary>All versions of an agreement's terms, the first one first.</summary>
internal sealed class ListAgreementTerms : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/contracts/agreements/{id:guid}/terms", Handle)
        .Access(Scopes.ContractsRead, [Purposes.Commissioning, Purposes.Operations]);

    private static async Task<Ok<Page<AgreementVersionView>>> Handle(Guid id, [AsParameters] Paging paging, HttpContext http, ContractsDb db, AccessContext access, CancellationToken ct)
    {
        var after = paging.Number();
        var agreement = await db.Agreements.To(access).FirstOrDefaultAsync(a => a.Id == id, ct) ?? throw Problems.Missing();
        var subcontracts = await db.SubcontractsAsync(agreement, ct);
        return paging.Answer(http, [.. agreement.Versions.Where(v => v.Number > after).Take(paging.Take + 1).Select(v => AgreementVersionView.Of(agreement, v, subcontracts))], v => [$"{v.Number}"]);
    }
}

/// <param name="InForce">Whether these are the agreement's terms today.</param>
/// <param name="Awaiting">The parties that have yet to sign it.</param>
/// <param name="SubcontractsTouched">The subcontracts that no longer lie within these terms, with the reason.</param>
internal sealed record AgreementVersionView(
    Guid AgreementId, int Number, string Status, bool InForce, DateOnly EffectiveFrom, string? Reason, string? ProposedBy, DateTimeOffset? ProposedAt,
    string Title, IReadOnlyList<string> Services, DateOnly To, IReadOnlyList<NamedSignatory> Signatories, Guid? HeadAgreement,
    IReadOnlyList<Acceptance> Signatures, IReadOnlyList<string> Awaiting, IReadOnlyList<SubcontractTouched> SubcontractsTouched)
{
    public static async Task<AgreementVersionView> OfAsync(ContractsDb db, Agreement agreement, AgreementVersion version, CancellationToken ct) =>
        Of(agreement, version, await db.SubcontractsAsync(agreement, ct));

    public static AgreementVersionView Of(Agreement a, AgreementVersion v, IEnumerable<Agreement> subcontracts) => new(
        a.Id, v.Number, v.Status, a.Status != Agreement.Draft && v.Number == a.Document.TermsVersion, v.EffectiveFrom, v.Reason, v.ProposedBy, v.ProposedAt,
        v.Terms.Title, v.Terms.Services, v.Terms.To, v.Terms.Signatories, v.Terms.HeadAgreement, v.Signatures,
        v.Status == Variation.Proposed ? [.. a.Signers(v).Where(s => !v.Signed(s))] : [],
        [.. subcontracts.Select(s => SubcontractTouched.Of(s, SubcontractRules.Outside(s, v.Terms.Services, a.StartsOn, v.Terms.To))).OfType<SubcontractTouched>()]);
}
