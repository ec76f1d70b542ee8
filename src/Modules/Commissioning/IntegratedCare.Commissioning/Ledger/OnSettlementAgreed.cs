using IntegratedCare.Commissioning.Funds;
using IntegratedCare.Contracts.Events;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Commissioning.Ledger;

/// <summary>
/// Posts an agreed settlement to the fund its terms name: once per risk-share, period and version. Without such a fund, or if
/// it refuses, the settlement is held, and listed, until the fund is created or adds the missing partner.
/// </summary>
internal sealed class OnSettlementAgreed : Reaction<SettlementAgreed, CommissioningSession>
{
    protected override async Task ApplyAsync(CommissioningSession session, IReadOnlyList<Delivered<SettlementAgreed>> run, CancellationToken ct)
    {
        foreach (var code in run.Select(d => d.Event.Fund).Distinct().Order(StringComparer.Ordinal))
            await session.LockFundCodeAsync(code, ct);
        foreach (var settlement in run.Select(d => d.Event))
        {
            var fund = await session.FirstOrDefaultAsync<Fund>(f => f.Code == settlement.Fund, ct);
            if (fund is not null && fund.Refuses(settlement) is null)
            {
                await session.PostSettlementAsync(fund, settlement, ct);
            }
            else if (await session.FindAsync<UnpostedSettlement>(settlement.SettlementId, ct) is null)
            {
                session.Insert(UnpostedSettlement.Of(settlement, fund?.Refuses(settlement) ?? "There is no fund of this code.", session.Clock.GetUtcNow()));
                await session.FlushAsync(ct);
            }
        }
    }
}

internal static class HeldSettlements
{
    public static async Task PostSettlementAsync(this CommissioningSession session, Fund fund, SettlementAgreed settlement, CancellationToken ct)
    {
        if (await session.FindJournalAsync(fund.Id, Journal.Settlement, Journal.ReferenceOf(settlement), ct) is null)
            await session.PostAsync(fund, fund.SettlementJournal(settlement, session.Clock.GetUtcNow()), ct);
    }

    /// <summary>Posts the held settlements that the fund now accepts. The caller holds the lock of the fund's code, and saves.</summary>
    public static async Task PostHeldAsync(this CommissioningSession session, Fund fund, CancellationToken ct)
    {
        foreach (var held in await session.ListAsync<UnpostedSettlement>(all => all.Where(u => u.Fund == fund.Code).OrderBy(u => u.Id), ct))
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
}
