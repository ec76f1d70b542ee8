using FluentValidation;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Commissioning.Funds;

/// <summary>
/// An organisation that was asked becomes a partner of a fund: by its own word, or by the operator's for it. Settlements that were held
/// because it was none are posted at once. Repeating it changes nothing.
/// </summary>
internal sealed class AcceptPartnership(CommissioningSession session, AccessContext caller)
    : CareEndpoint<AcceptPartnership.Request, OkVersioned<FundView>>
{
    internal sealed record Request(string? Organisation);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules() => RuleFor(r => r.Organisation).Code();
    }

    public override void Configure()
    {
        Post("/v1/commissioning/funds/{id:guid}/acceptances");
        Access(CommissioningScopes.Write, [Purposes.Commissioning, Purposes.Operations]);
        ChangesVersion();
    }

    public override async Task<OkVersioned<FundView>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var fund = await session.FindProposedAsync(Id, caller, ct) ?? throw Problems.Missing();
        if (!CommissioningSession.SeesAll(caller))
            caller.RequireOrganisation(request.Organisation);
        IfMatch.Check(fund.Version);
        var next = fund.Accept(request.Organisation!);
        return await session.SaveFundAsync(fund, next, ct);
    }
}
