using IntegratedCare.Commissioning.ControlTotals;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Commissioning.Funds;

/// <summary>
/// Asks an organisation to be a partner of a fund. Posted by the fund's host, or by the operator, by whose word it is one at once;
/// settlements that were held because it was none are then posted. To become a member of the system by it, it takes the word of who plans
/// for that: a confirmation, again.
/// </summary>
internal sealed class AddPartner(CommissioningSession session, AccessContext caller) : CareEndpoint<AddPartner.Request, OkVersioned<FundView>>
{
    internal sealed record Request(string? Organisation);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules() => RuleFor(r => r.Organisation).Code();
    }

    public override void Configure()
    {
        Post("/v1/commissioning/funds/{id:guid}/partners");
        Access(CommissioningScopes.Write, [Purposes.Commissioning, Purposes.Operations]);
        ChangesVersion();
    }

    public override async Task<OkVersioned<FundView>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var fund = await session.FindFundAsync(Id, caller, ct) ?? throw Problems.Missing();
        if (!CommissioningSession.SeesAll(caller))
            caller.RequireOrganisation(fund.Host);
        IfMatch.Check(fund.Version);
        var next = fund.Invite(request.Organisation!);
        if ((await session.OrganisationsAsync([request.Organisation!], ct)).Count == 0)
            throw new RuleViolation(CommissioningProblems.UnknownOrganisation, $"Not in the register: {request.Organisation}.");
        if (CommissioningSession.SeesAll(caller))
            next = next.Accept(request.Organisation!);
        if (CommissioningSession.SeesAll(caller) || await session.PlansForAsync(fund.System, caller, ct))
            next = next.ConfirmMember(request.Organisation!);
        return await session.SaveFundAsync(fund, next, ct);
    }
}
