using IntegratedCare.Contracts.Events;
using IntegratedCare.Shared.Documents;

namespace IntegratedCare.Commissioning.Ledger;

/// <summary>
/// An agreed settlement, under its own id, whose parties have named no fund by its id and claimed none together, or whose fund refuses it.
/// It is posted when they have, and when the fund is confirmed or gets the missing partner.
/// </summary>
/// <param name="FundId">The fund that refuses it; null where none is named or claimed.</param>
/// <param name="Fund">The code that the terms name.</param>
internal sealed record UnpostedSettlement(
    Guid? FundId, string Fund, string Reason, string[] Parties, DateTimeOffset HeldAt, SettlementAgreed Settlement) : Document
{
    public static UnpostedSettlement Of(SettlementAgreed settlement, Guid? fund, string reason, DateTimeOffset now) =>
        new(fund, settlement.Fund, reason, [.. settlement.Postings.Select(p => p.Party)], now, settlement)
        {
            Id = settlement.SettlementId,
        };
}
