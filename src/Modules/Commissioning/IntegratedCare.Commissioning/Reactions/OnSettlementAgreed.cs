using IntegratedCare.Commissioning.Domain;
using IntegratedCare.Commissioning.Events;
using IntegratedCare.Commissioning.Storage;
using IntegratedCare.Contracts.Events;
using IntegratedCare.Shared.Outbox;
using Microsoft.EntityFrameworkCore;

namespace IntegratedCare.Commissioning.Reactions;

/// <summary>
/// Posts an agreed settlement to the fund its terms name: once per risk-share, period and version. Without such a fund, or one
/// that refuses it, it is held, visibly, until the fund is created or takes in the partner that was missing.
/// </summary>
internal sealed class OnSettlementAgreed : Reaction<SettlementAgreed, CommissioningDb>
{
    protected override async Task ApplyAsync(CommissioningDb db, IReadOnlyList<Delivered<SettlementAgreed>> run, CancellationToken ct)
    {
        foreach (var code in run.Select(d => d.Event.Fund).Distinct().Order(StringComparer.Ordinal))
            await db.LockFundCodeAsync(code, ct);
        foreach (var settlement in run.Select(d => d.Event))
        {
            var fund = await db.Funds.FirstOrDefaultAsync(f => f.Code == settlement.Fund, ct);
            if (fund is not null && fund.Refuses(settlement) is null)
            {
                await db.PostSettlementAsync(fund, settlement, ct);
            }
            else if (await db.UnpostedSettlements.FindAsync([settlement.SettlementId], ct) is null)
            {
                db.UnpostedSettlements.Add(new UnpostedSettlement(
                    settlement, fund?.Refuses(settlement) ?? "There is no fund of this code.", db.Clock.GetUtcNow()));
            }
        }
    }
}

internal static class Posting
{
    public static async Task PostSettlementAsync(this CommissioningDb db, Fund fund, SettlementAgreed settlement, CancellationToken ct)
    {
        var reference = Journal.ReferenceOf(settlement);
        if (!await db.Journals.AnyAsync(j => j.FundId == fund.Id && j.Kind == Journal.Settlement && j.Reference == reference, ct))
            db.Post(fund, fund.Settle(settlement, db.Clock.GetUtcNow()));
    }

    /// <summary>Posts what was held for a fund and is not refused any more. Under the lock of the fund's code; save afterwards.</summary>
    public static async Task PostHeldAsync(this CommissioningDb db, Fund fund, CancellationToken ct)
    {
        foreach (var held in await db.UnpostedSettlements.Where(u => u.Fund == fund.Code).OrderBy(u => u.SettlementId).ToListAsync(ct))
        {
            if (fund.Refuses(held.Document) is { } reason)
            {
                held.StillHeldBecause(reason);
                continue;
            }

            await db.PostSettlementAsync(fund, held.Document, ct);
            db.UnpostedSettlements.Remove(held);
        }
    }

    /// <summary>Adds a journal to the ledger and tells the others, once it is saved.</summary>
    public static void Post(this CommissioningDb db, Fund fund, Journal journal)
    {
        db.Journals.Add(journal);
        db.Publish(new FundPosted(fund.Id, fund.Code, journal.Id, journal.Kind, journal.Reference, fund.Document.Currency, journal.Amount, journal.PostedAt));
    }
}
