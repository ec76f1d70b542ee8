using IntegratedCare.Commissioning.ControlTotals;
using IntegratedCare.Commissioning.Ledger;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Commissioning.Funds;

/// <summary>
/// Lets a proposed fund count in its system. Posted by an organisation that plans for the system, or by the operator. Settlements that
/// waited for it are posted at once. Repeating it changes nothing.
/// </summary>
internal sealed class ConfirmFund(CommissioningSession session, AccessContext caller) : CareEndpoint<OkVersioned<FundView>>
{
    public override void Configure()
    {
        Post("/v1/commissioning/funds/{id:guid}/confirmation");
        Access(CommissioningScopes.Write, [Purposes.Commissioning, Purposes.Operations]);
        ChangesVersion();
    }

    protected override async Task<OkVersioned<FundView>> HandleAsync(CancellationToken ct)
    {
        var fund = await session.FindProposedAsync(Id, caller, ct) ?? throw Problems.Missing();
        if (!CommissioningSession.SeesAll(caller) && !await session.PlansForAsync(fund.System, caller, ct))
            throw new RequestRefused(Problems.NotYourOrganisation, "A fund is confirmed by an organisation that plans for its system, or by the operator.");
        IfMatch.Check(fund.Version);
        var next = fund.Confirm(caller.Organisation);
        await session.LockFundAsync(fund.Id, ct);
        if (next != fund)
            session.Update(next);
        await session.PostHeldAsync(next, ct);
        await session.SaveChangesAsync(ct);
        return Answers.Ok(await FundView.OfAsync(session, next, ct), next.Version);
    }
}
