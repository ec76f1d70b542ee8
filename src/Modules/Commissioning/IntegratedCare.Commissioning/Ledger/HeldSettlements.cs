using IntegratedCare.Commissioning.Funds;
using IntegratedCare.Contracts.Events;
using IntegratedCare.Shared.Documents;

namespace IntegratedCare.Commissioning.Ledger;

/// <summary>
/// Which fund a settlement belongs to, and posting it there or holding it. A code proves nothing, as anybody can create a fund of that code.
/// Whoever looks for a fund holds the lock of the risk-share's claims first and then that of the fund.
/// </summary>
internal static class HeldSettlements
{
    private const string Unclaimed = "The terms name no fund by its id: every party claims the fund they mean.";

    /// <summary>Locks the claims of these risk-shares until the save, so that no settlement is held while the last party claims its fund.</summary>
    public static async Task LockClaimsAsync(this CommissioningSession session, IEnumerable<Guid> riskShares, CancellationToken ct)
    {
        foreach (var riskShare in riskShares.Distinct().Order())
            await session.LockAsync($"claims|{riskShare}", ct);
    }

    /// <summary>Posts each of these settlements, or holds it with the reason. The caller holds the locks of their claims, and saves.</summary>
    /// <returns>Those that are held.</returns>
    public static async Task<IReadOnlyList<Guid>> PostOrHoldAsync(
        this CommissioningSession session, IEnumerable<SettlementAgreed> agreed, CancellationToken ct)
    {
        var settlements = agreed.DistinctBy(s => s.SettlementId).ToList();
        var riskShares = settlements.Select(s => s.RiskShareId).Distinct().ToList();
        var claims = (await session.ListAsync<FundClaim>(all => all.Where(c => riskShares.Contains(c.RiskShareId)), ct)).ToLookup(c => c.RiskShareId);
        var targets = settlements.ToDictionary(s => s.SettlementId, s => s.FundId ?? FundClaim.Joint(claims[s.RiskShareId], s.Postings.Select(p => p.Party)));
        var funds = targets.Values.OfType<Guid>().Distinct().Order().ToArray();
        foreach (var fund in funds)
            await session.LockFundAsync(fund, ct);
        var found = (await session.FindManyAsync<Fund>(funds, ct)).ToDictionary(f => f.Id);
        var held = (await session.FindManyAsync<UnpostedSettlement>(targets.Keys, ct)).ToDictionary(u => u.Id);
        var waiting = new List<Guid>();
        foreach (var settlement in settlements)
        {
            var target = targets[settlement.SettlementId];
            var fund = target is { } id ? found.GetValueOrDefault(id) : null;
            var before = held.GetValueOrDefault(settlement.SettlementId);
            var reason = target is null ? Unclaimed : fund is null ? "There is no fund of the id that the terms name." : fund.Refuses(settlement);
            if (reason is null)
            {
                await session.PostSettlementAsync(fund!, settlement, ct);
                if (before is not null)
                    session.Delete(before);
                continue;
            }

            waiting.Add(settlement.SettlementId);
            if (before is null)
                session.Insert(UnpostedSettlement.Of(settlement, target, reason, session.Clock.GetUtcNow()));
            else if ((before.FundId, before.Reason) != (target, reason))
                session.Update(before with { FundId = target, Reason = reason });
        }

        await session.FlushAsync(ct);
        return waiting;
    }

    /// <summary>Posts what was held of a risk-share whose fund is claimed now. The caller holds the lock of its claims, and saves.</summary>
    /// <returns>How many are held still.</returns>
    public static async Task<int> PostClaimedAsync(this CommissioningSession session, Guid riskShare, CancellationToken ct)
    {
        var held = await session.ListAsync<UnpostedSettlement>(all => all.Where(u => u.Settlement.RiskShareId == riskShare).OrderBy(u => u.Id), ct);
        return (await session.PostOrHoldAsync(held.Select(u => u.Settlement), ct)).Count;
    }

    /// <summary>The risk-shares of which settlements are held for this fund.</summary>
    public static async Task<IEnumerable<Guid>> HeldForAsync(this CommissioningSession session, Fund fund, CancellationToken ct) =>
        (await session.ListAsync<UnpostedSettlement>(all => all.Where(u => u.FundId == fund.Id), ct)).Select(u => u.Settlement.RiskShareId);

    /// <summary>Posts the held settlements that a fund now accepts. The caller holds the lock of the fund, and saves.</summary>
    public static async Task PostHeldAsync(this CommissioningSession session, Fund fund, CancellationToken ct)
    {
        foreach (var held in await session.ListAsync<UnpostedSettlement>(all => all.Where(u => u.FundId == fund.Id).OrderBy(u => u.Id), ct))
        {
            if (fund.Refuses(held.Settlement) is { } reason)
            {
                if (reason != held.Reason)
                    session.Update(held with { Reason = reason });
                continue;
            }

            await session.PostSettlementAsync(fund, held.Settlement, ct);
            session.Delete(held);
        }
    }

    /// <summary>Whether settlements of a risk-share stand in the ledger of another fund.</summary>
    public static async Task<bool> IsPostedElsewhereAsync(this CommissioningSession session, Guid riskShare, Fund fund, CancellationToken ct) =>
        await (await session.ConnectionAsync(ct)).ScalarAsync(
            $"SELECT EXISTS (SELECT FROM {session.Schema}.journal WHERE fund_id <> $1 AND kind = $2 AND reference LIKE $3)", ct,
            fund.Id, Journal.Settlement, $"{riskShare}:%") is true;

    private static async Task PostSettlementAsync(this CommissioningSession session, Fund fund, SettlementAgreed settlement, CancellationToken ct)
    {
        if (await session.FindJournalAsync(fund.Id, Journal.Settlement, Journal.ReferenceOf(settlement), ct) is null)
            await session.PostAsync(fund, fund.SettlementJournal(settlement, session.Clock.GetUtcNow()), ct);
    }
}
