using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Commissioning.Funds;

/// <summary>One fund with its balance, to its partners and to those whose consent it waits for.</summary>
internal sealed class ReadFund(CommissioningSession session, AccessContext caller) : CareEndpoint<Ok<FundView>>
{
    public override void Configure()
    {
        Get("/v1/commissioning/funds/{id:guid}");
        Access(CommissioningScopes.Read, [Purposes.Commissioning, Purposes.Operations]);
    }

    protected override async Task<Ok<FundView>> HandleAsync(CancellationToken ct)
    {
        var fund = await session.FindProposedAsync(Id, caller, ct) ?? throw Problems.Missing();
        // The balance changes without the fund's version, so there is no 304 here; the ETag is for changes to the fund itself.
        HttpContext.Response.Headers.ETag = ETags.Of(fund.Version);
        return TypedResults.Ok(await FundView.OfAsync(session, fund, ct));
    }
}
