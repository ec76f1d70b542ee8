using FluentValidation;
using IntegratedCare.Contracts.Domain;
using IntegratedCare.Contracts.Events;
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
/// A party's named signatory gives notice on an agreement in force. The party leaves on the last day of a month, at the earliest
/// when the agreement's notice months are over, counted to the end of a month. The answer says what follows: whether the
/// agreement ends or the others go on, each risk-share's shares afterwards, and the subcontracts touched. Until that day
/// everything stays as it is, and the party settles what was before it. Notice is final.
/// </summary>
internal sealed class GiveNotice : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/contracts/agreements/{id:guid}/notices", Handle)
        .Access(Scopes.ContractsWrite, [Purposes.Commissioning, Purposes.Operations], actingUser: true);

    internal sealed record GiveNoticeRequest(string? Reason, DateOnly? LeavesOn = null);

    internal sealed class Validator : AbstractValidator<GiveNoticeRequest>
    {
        public Validator()
        {
            RuleFor(r => r.Reason).Line(2000);
            RuleFor(r => r.LeavesOn).Day();
            RuleFor(r => r.LeavesOn).Must(d => d is not { } day || day.AddDays(1).Day == 1).WithMessage("The last day of a month: periods are made of whole months.");
        }
    }

    private static async Task<CreatedVersioned<NoticeView>> Handle(
        Guid id, GiveNoticeRequest request, IfMatch ifMatch, ContractsDb db, AccessContext access, TimeProvider clock, CancellationToken ct)
    {
        var agreement = await db.Agreements.To(access).FirstOrDefaultAsync(a => a.Id == id, ct) ?? throw Problems.Missing();
        ifMatch.Check(agreement.Version);
        var now = clock.GetUtcNow();
        var notice = agreement.GiveNotice(access.Organisation, access.RequireActingUser(), request.Reason!, request.LeavesOn, now, LondonTime.Today(clock));
        var view = await NoticeView.OfAsync(db, agreement, notice, ct);
        db.Publish(new NoticeGiven(
            id, agreement.Document.Title, notice.Organisation, notice.GivenOn, notice.LeavesOn, notice.Outcome,
            [.. view.RiskShares.Select(r => r.RiskShareId)], [.. view.SubcontractsTouched.Select(s => s.Id)], now));
        await db.SaveChangesAsync(ct);
        return Answers.Created($"/v1/contracts/agreements/{id}/notices/{notice.Id}", view, agreement.Version);
    }
}

/// <summary>A notice and what follows from it, to the agreement's parties.</summary>
internal sealed class GetNotice : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/contracts/agreements/{id:guid}/notices/{noticeId:guid}", Handle)
        .Access(Scopes.ContractsRead, [Purposes.Commissioning, Purposes.Operations]);

    private static async Task<OkVersioned<NoticeView>> Handle(Guid id, Guid noticeId, ContractsDb db, AccessContext access, CancellationToken ct)
    {
        var agreement = await db.Agreements.To(access).FirstOrDefaultAsync(a => a.Id == id, ct) ?? throw Problems.Missing();
        var notice = agreement.Document.Notices.FirstOrDefault(n => n.Id == noticeId) ?? throw Problems.Missing();
        return Answers.Ok(await NoticeView.OfAsync(db, agreement, notice, ct), agreement.Version);
    }
}

/// <param name="LeavesOn">The party's last day.</param>
/// <param name="Outcome"><c>agreement-ends</c> on that day, or <c>party-leaves</c> and the others go on.</param>
/// <param name="Remaining">The parties that go on; none when the agreement ends.</param>
/// <param name="RiskShares">Each risk-share from the day after, by its terms then in force.</param>
/// <param name="SubcontractsTouched">The subcontracts that lose their head or their commissioner, with the reason.</param>
internal sealed record NoticeView(
    Guid Id, Guid AgreementId, string Organisation, string Reason, DateOnly GivenOn, DateOnly LeavesOn, Signature Signature, string OnWithdrawal, string Outcome,
    IReadOnlyList<string> Remaining, IReadOnlyList<RiskShareAfterLeaving> RiskShares, IReadOnlyList<SubcontractTouched> SubcontractsTouched)
{
    public static async Task<NoticeView> OfAsync(ContractsDb db, Agreement agreement, Notice notice, CancellationToken ct)
    {
        var ends = notice.Outcome == Notice.AgreementEnds;
        var from = notice.LeavesOn.AddDays(1);
        var riskShares = await db.RiskShares.Where(r => r.AgreementId == agreement.Id).OrderBy(r => r.Id).ToListAsync(ct);
        var subcontracts = await db.SubcontractsAsync(agreement, ct);
        return new(
            notice.Id, agreement.Id, notice.Organisation, notice.Reason, notice.GivenOn, notice.LeavesOn, notice.Signature, agreement.Document.OnWithdrawal, notice.Outcome,
            ends ? [] : [.. agreement.PartiesOn(from).Select(p => p.Organisation)],
            [
                .. riskShares.Where(r => r.Parties.Contains(notice.Organisation)).Select(r => RiskShareAfterLeaving.Of(r, agreement, notice,
                    r.Versions(agreement).Last(v => v.EffectiveFrom <= from && (v.Status == Variation.Agreed || v.Number == r.Document.TermsVersion)).Terms)),
            ],
            [
                .. subcontracts.Select(s => SubcontractTouched.Of(s,
                    ends ? SubcontractRules.Outside(s, agreement.Document.Services, agreement.StartsOn, notice.LeavesOn)
                    : s.Document.Parties.Any(p => p.Organisation == notice.Organisation && p.Role == Agreement.ProviderRole) ? $"{notice.Organisation}, its provider, leaves the head agreement."
                    : null)).OfType<SubcontractTouched>(),
            ]);
    }
}
