using FluentValidation;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Commissioning.Ledger;

/// <summary>
/// Says for the caller's organisation that this fund is the one which a risk-share's terms mean, where they name none by its id. Once every
/// party has said so, or the operator, its agreed settlements are posted: those that are held at once. From then on no other can be claimed.
/// </summary>
internal sealed class ClaimFund(CommissioningSession session, AccessContext caller, TimeProvider clock)
    : CareEndpoint<ClaimFund.Request, Ok<ClaimFund.FundClaimView>>
{
    /// <param name="RiskShareId">The risk-share whose settlements are meant.</param>
    internal sealed record Request(Guid? RiskShareId);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules() => RuleFor(r => r.RiskShareId).NotNull();
    }

    /// <param name="Waiting">Settlements of the risk-share that are still held.</param>
    internal sealed record FundClaimView(Guid RiskShareId, Guid FundId, string Organisation, DateTimeOffset At, int Waiting);

    public override void Configure()
    {
        Post("/v1/commissioning/funds/{id:guid}/claims");
        Access(CommissioningScopes.Write, [Purposes.Commissioning, Purposes.Operations]);
    }

    public override async Task<Ok<FundClaimView>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var fund = await session.FindFundAsync(Id, caller, ct) ?? throw Problems.Missing();
        var riskShare = request.RiskShareId!.Value;
        await session.LockClaimsAsync([riskShare], ct);
        var claims = await session.ListAsync<FundClaim>(all => all.Where(c => c.RiskShareId == riskShare), ct);
        var claim = claims.FirstOrDefault(c => c.Organisation == caller.Organisation);
        if (claim?.FundId != fund.Id && await session.IsPostedElsewhereAsync(riskShare, fund, ct))
            throw new RuleViolation(CommissioningProblems.ClaimUsed, CommissioningProblems.ClaimUsed.Explanation);
        if (claim is null)
        {
            claim = new FundClaim(riskShare, caller.Organisation, fund.Id, CommissioningSession.SeesAll(caller), clock.GetUtcNow());
            session.Insert(claim);
        }
        else if (claim.FundId != fund.Id)
        {
            claim = claim with { FundId = fund.Id, At = clock.GetUtcNow() };
            session.Update(claim);
        }

        await session.FlushAsync(ct);
        var waiting = await session.PostClaimedAsync(riskShare, ct);
        await session.SaveChangesAsync(ct);
        return TypedResults.Ok(new FundClaimView(riskShare, fund.Id, claim.Organisation, claim.At, waiting));
    }
}
