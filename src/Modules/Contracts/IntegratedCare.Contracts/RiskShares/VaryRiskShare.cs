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
using Microsoft.EntityFrameworkCore.Storage;

namespace IntegratedCare.Contracts.Features;

/// <summary>
/// A party proposes new terms for a risk-share, to take effect on the first day of a month. They are the next version, complete
/// in themselves, and bind when every party has accepted them; until then, and for the periods before, the present terms do. A
/// proposal that was still open gives way. Terms that reach back over settled periods correct them when those are settled again;
/// no settled period may be cut in two.
/// </summary>
internal sealed class VaryRiskShare : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/contracts/risk-shares/{id:guid}/variations", Handle)
        .Access(Scopes.ContractsWrite, [Purposes.Commissioning, Purposes.Operations]);

    internal sealed record VaryRiskShareRequest(DateOnly? EffectiveFrom, string? Reason, string? Preset, TermsDraft? Terms);

    internal sealed class Validator : AbstractValidator<VaryRiskShareRequest>
    {
        public Validator()
        {
            RuleFor(r => r.EffectiveFrom).NotNull().Day();
            RuleFor(r => r.EffectiveFrom).Must(d => d is null or { Day: 1 }).WithMessage("The first day of a month: periods are made of whole months.");
            RuleFor(r => r.Reason).Line(2000);
            RuleFor(r => r.Preset).In([.. Preset.All.Select(p => p.Code)]).When(r => r.Preset is not null);
            RuleFor(r => r.Terms).NotNull();
        }
    }

    private static async Task<CreatedVersioned<TermsVersionView>> Handle(
        Guid id, VaryRiskShareRequest request, IfMatch ifMatch, ContractsDb db, AccessContext access, TimeProvider clock, CancellationToken ct)
    {
        await using var own = await db.LockRiskShareAsync(id, ct);
        var riskShare = await db.RiskShares.To(access).FirstOrDefaultAsync(r => r.Id == id, ct) ?? throw Problems.Missing();
        ifMatch.Check(riskShare.Version);
        var agreement = await db.Agreements.SingleAsync(a => a.Id == riskShare.AgreementId, ct);
        agreement.Party(access.Organisation);
        // Who has left since is still a party to the months before it left, and its share of them must not drop out.
        var parties = agreement.Document.Parties.Concat(agreement.Document.Left.Where(p => agreement.Leavers.Any(n => n.Organisation == p.Organisation && n.LeavesOn >= request.EffectiveFrom)));
        var terms = TermsRules.Complete(request.Terms!, Preset.Find(request.Preset), [.. parties.Select(p => new TermsRules.Party(p.Organisation, p.Role))], agreement.Document.System);
        var version = riskShare.Vary(agreement, access.Organisation, terms, request.EffectiveFrom!.Value, request.Reason!, await db.SettledAsync(id, ct), clock.GetUtcNow());
        await db.SaveChangesAsync(ct);
        if (own is not null)
            await db.CommitAsync(own);
        return Answers.Created($"/v1/contracts/risk-shares/{id}/terms/{version.Number}", TermsVersionView.Of(riskShare, agreement, version), riskShare.Version);
    }
}

/// <summary>
/// A party's named signatory accepts a variation of a risk-share; no body. The last acceptance makes it binding. Twice is refused.
/// </summary>
internal sealed class AcceptRiskShareVariation : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/contracts/risk-shares/{id:guid}/variations/{version:int}/acceptances", Handle)
        .Access(Scopes.ContractsWrite, [Purposes.Commissioning, Purposes.Operations], actingUser: true);

    private static async Task<OkVersioned<TermsVersionView>> Handle(
        Guid id, int version, IfMatch ifMatch, ContractsDb db, AccessContext access, TimeProvider clock, CancellationToken ct)
    {
        await using var own = await db.LockRiskShareAsync(id, ct);
        var riskShare = await db.RiskShares.To(access).FirstOrDefaultAsync(r => r.Id == id, ct) ?? throw Problems.Missing();
        ifMatch.Check(riskShare.Version);
        var agreement = await db.Agreements.SingleAsync(a => a.Id == riskShare.AgreementId, ct);
        riskShare.AcceptVariation(agreement, version, access.Organisation, access.RequireActingUser(), await db.SettledAsync(id, ct), clock.GetUtcNow());
        await db.SaveChangesAsync(ct);
        if (own is not null)
            await db.CommitAsync(own);
        return Answers.Ok(TermsVersionView.Of(riskShare, agreement, riskShare.Document.Variations.First(v => v.Number == version)), riskShare.Version);
    }
}

/// <summary>One version of a risk-share's terms, to its parties; every version stays readable.</summary>
internal sealed class GetRiskShareTerms : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/contracts/risk-shares/{id:guid}/terms/{version:int}", Handle)
        .Access(Scopes.ContractsRead, [Purposes.Commissioning, Purposes.Operations]);

    private static async Task<OkVersioned<TermsVersionView>> Handle(Guid id, int version, ContractsDb db, AccessContext access, CancellationToken ct)
    {
        var riskShare = await db.RiskShares.To(access).FirstOrDefaultAsync(r => r.Id == id, ct) ?? throw Problems.Missing();
        var agreement = await db.Agreements.SingleAsync(a => a.Id == riskShare.AgreementId, ct);
        var found = riskShare.Versions(agreement).FirstOrDefault(v => v.Number == version) ?? throw Problems.Missing();
        return Answers.Ok(TermsVersionView.Of(riskShare, agreement, found), riskShare.Version);
    }
}

/// <summary>All versions of a risk-share's terms, the first one first.</summary>
internal sealed class ListRiskShareTerms : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/contracts/risk-shares/{id:guid}/terms", Handle)
        .Access(Scopes.ContractsRead, [Purposes.Commissioning, Purposes.Operations]);

    private static async Task<Ok<Page<TermsVersionView>>> Handle(Guid id, [AsParameters] Paging paging, HttpContext http, ContractsDb db, AccessContext access, CancellationToken ct)
    {
        var after = paging.Number();
        var riskShare = await db.RiskShares.To(access).FirstOrDefaultAsync(r => r.Id == id, ct) ?? throw Problems.Missing();
        var agreement = await db.Agreements.SingleAsync(a => a.Id == riskShare.AgreementId, ct);
        return paging.Answer(http, [.. riskShare.Versions(agreement).Where(v => v.Number > after).Take(paging.Take + 1).Select(v => TermsVersionView.Of(riskShare, agreement, v))], v => [$"{v.Number}"]);
    }
}

/// <param name="Awaiting">The parties that have yet to accept it.</param>
/// <param name="AfterLeaving">What becomes of it when a party that has given notice leaves.</param>
internal sealed record TermsVersionView(
    Guid RiskShareId, int Number, string Status, DateOnly EffectiveFrom, string? Reason, string? ProposedBy, DateTimeOffset? ProposedAt, RiskShareTerms Terms,
    IReadOnlyList<Acceptance> Acceptances, IReadOnlyList<string> Awaiting, IReadOnlyList<RiskShareAfterLeaving> AfterLeaving)
{
    public static TermsVersionView Of(RiskShare riskShare, Agreement agreement, TermsVersion v) => new(
        riskShare.Id, v.Number, v.Status, v.EffectiveFrom, v.Reason, v.ProposedBy, v.ProposedAt, v.Terms, v.Acceptances,
        v.Status == Variation.Proposed ? [.. riskShare.PartiesOn(agreement, v.EffectiveFrom).Where(p => v.Acceptances.All(a => a.Organisation != p))] : [],
        [.. agreement.Leavers.Where(n => riskShare.Parties.Contains(n.Organisation)).Select(n => RiskShareAfterLeaving.Of(riskShare, agreement, n, v.Terms))]);
}

/// <summary>A risk-share after a party has left.</summary>
/// <param name="From">The first day without it.</param>
/// <param name="Shares">The shares of those that stay; null when the risk-share ends.</param>
/// <param name="Ends">Whether the risk-share ends then.</param>
internal sealed record RiskShareAfterLeaving(Guid RiskShareId, string Without, DateOnly From, bool Ends, IReadOnlyList<PartyShare>? Shares)
{
    public static RiskShareAfterLeaving Of(RiskShare riskShare, Agreement agreement, Notice notice, RiskShareTerms terms)
    {
        var from = notice.LeavesOn.AddDays(1);
        var remaining = notice.Outcome == Notice.AgreementEnds ? null : RiskShare.Remaining(agreement, terms, from);
        return new(riskShare.Id, notice.Organisation, from, remaining is null, remaining?.Shares);
    }
}

internal static class RiskShareLocks
{
    /// <summary>One change of what settles a risk-share's periods at a time. The transaction to commit, unless there is one already.</summary>
    public static async Task<IDbContextTransaction?> LockRiskShareAsync(this ContractsDb db, Guid id, CancellationToken ct)
    {
        var own = db.Database.CurrentTransaction is null ? await db.Database.BeginTransactionAsync(ct) : null;
        await db.Database.ExecuteSqlAsync($"SELECT FROM contracts.risk_share WHERE id = {id} FOR UPDATE", ct);
        return own;
    }

    public static async Task<IReadOnlyList<SettlementPeriod>> SettledAsync(this ContractsDb db, Guid riskShareId, CancellationToken ct) =>
        [.. (await db.Settlements.Where(s => s.RiskShareId == riskShareId && s.Status != Settlement.Provisional && s.Status != Settlement.Superseded).Select(s => s.Period).Distinct().OrderBy(p => p).ToListAsync(ct)).Select(p => SettlementPeriod.Parse(p)!)];

    /// <summary>The number a page begins after; 0 for the first.</summary>
    public static int Number(this Paging paging) => paging.Position(1) is not { } p ? 0
        : int.TryParse(p[0], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number
        : throw new RequestRefused(Problems.InvalidCursor, Problems.InvalidCursor.Explanation);
}
