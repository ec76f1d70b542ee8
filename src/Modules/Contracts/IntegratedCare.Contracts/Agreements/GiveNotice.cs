using FluentValidation;
using IntegratedCare.Contracts.Events;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;

namespace IntegratedCare.Contracts.Agreements;

/// <summary>
/// A party's named signatory gives notice on an agreement in force. The party leaves on the last day of a month, at the earliest
/// when the agreement's notice months are over, counted to the end of a month. The answer lists the consequences: whether the
/// agreement ends or the others continue, each risk-share's shares afterwards, and the subcontracts touched. Until that day
/// nothing changes; the party still settles earlier periods afterwards. Notice is final.
/// </summary>
internal sealed class GiveNotice(ContractsSession session, AccessContext caller, TimeProvider clock)
    : CareEndpoint<GiveNotice.Request, CreatedVersioned<NoticeView>>
{
    internal sealed record Request(string? Reason, DateOnly? LeavesOn = null);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Reason).Line(2000);
            RuleFor(r => r.LeavesOn).Day();
            RuleFor(r => r.LeavesOn).Must(d => d is not { } day || day.Day == DateTime.DaysInMonth(day.Year, day.Month))
                .WithMessage("The last day of a month: periods are made of whole months.");
        }
    }

    public override void Configure()
    {
        Post("/v1/contracts/agreements/{id:guid}/notices");
        Access(ContractsScopes.Write, [Purposes.Commissioning, Purposes.Operations], actingUser: true);
        ChangesVersion();
    }

    public override async Task<CreatedVersioned<NoticeView>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var agreement = await session.FindAgreementAsync(Id, caller, ct) ?? throw Problems.Missing();
        IfMatch.Check(agreement.Version);
        var now = clock.GetUtcNow();
        var (next, notice) = agreement.GiveNotice(caller.Organisation, caller.RequireActingUser(), request.Reason!, request.LeavesOn, now,
            LondonTime.Today(clock));
        var view = await NoticeView.OfAsync(session, next, notice, ct);
        session.Update(next);
        session.Publish(new NoticeGiven(
            Id, next.Title, notice.Organisation, notice.GivenOn, notice.LeavesOn, notice.Outcome,
            [.. view.RiskShares.Select(r => r.RiskShareId)], [.. view.SubcontractsTouched.Select(s => s.Id)], now));
        await session.SaveChangesAsync(ct);
        return Answers.Created($"/v1/contracts/agreements/{Id}/notices/{notice.Id}", view, next.Version);
    }
}
