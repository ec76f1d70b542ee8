using IntegratedCare.Commissioning.Ledger;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Commissioning.Funds;

/// <summary>Saves what has become of a fund, posts the settlements that it now accepts, and answers with it.</summary>
internal static class FundSaving
{
    public static async Task<OkVersioned<FundView>> SaveFundAsync(this CommissioningSession session, Fund fund, Fund next, CancellationToken ct)
    {
        // Or a claim could take them for another fund in the meantime.
        await session.LockClaimsAsync(await session.HeldForAsync(fund, ct), ct);
        await session.LockFundAsync(fund.Id, ct);
        if (next != fund)
            session.Update(next);
        await session.PostHeldAsync(next, ct);
        await session.SaveChangesAsync(ct);
        return Answers.Ok(await FundView.OfAsync(session, next, ct), next.Version);
    }
}
