using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Contracts.RiskShares;

/// <summary>The risk-shares the caller's organisation is a party to, oldest first.</summary>
internal sealed class ListRiskShares(ContractsSession session, AccessContext caller) : CareEndpoint<ListRiskShares.Request, Ok<Page<RiskShareView>>>
{
    /// <param name="AgreementId">Only those of this agreement.</param>
    internal sealed record Request(Guid? AgreementId);

    internal sealed class Rules : RequestRules<Request>;

    public override void Configure()
    {
        Get("/v1/contracts/risk-shares");
        Access(ContractsScopes.Read, [Purposes.Commissioning, Purposes.Operations]);
        Paged();
    }

    public override async Task<Ok<Page<RiskShareView>>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var (after, take, organisation) = (Paging.Id() ?? Guid.Empty, Paging.Take + 1, caller.Organisation);
        var rows = await session.ListAsync<RiskShare>(riskShares =>
        {
            var visible = riskShares.Where(r => r.Id > after);
            if (!ContractsSession.SeesAll(caller))
                visible = visible.Where(r => r.Parties.Contains(organisation));
            if (request.AgreementId is { } agreement)
                visible = visible.Where(r => r.AgreementId == agreement);
            return visible.OrderBy(r => r.Id).Take(take);
        }, ct);
        return Paging.Answer(HttpContext, [.. rows.Select(RiskShareView.Of)], r => [r.Id.ToString()]);
    }
}
