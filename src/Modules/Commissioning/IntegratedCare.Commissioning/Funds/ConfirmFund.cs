using IntegratedCare.Commissioning.ControlTotals;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Commissioning.Funds;

/// <summary>
/// Lets a proposed fund count in its system, and makes members of the system of those it names. Posted by an organisation that plans for the
/// system, or by the operator. Settlements that waited for it are posted at once. Repeating it adds those whom the host has asked since.
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
        return await session.SaveFundAsync(fund, next, ct);
    }
}
