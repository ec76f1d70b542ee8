using IntegratedCare.Contracts.Events;
using IntegratedCare.Shared.Documents;

namespace IntegratedCare.Commissioning.Ledger;

/// <summary>
/// An agreed settlement, under its own id, whose fund does not exist yet or refuses it. It is posted when the fund is created or adds
/// the missing partner.
/// </summary>
internal sealed record UnpostedSettlement(string Fund, string Reason, string[] Parties, DateTimeOffset HeldAt, SettlementAgreed Settlement) : Document
{
    public static UnpostedSettlement Of(SettlementAgreed settlement, string reason, DateTimeOffset now) =>
        new(settlement.Fund, reason, [.. settlement.Postings.Select(p => p.Party)], now, settlement) { Id = settlement.SettlementId };
}
