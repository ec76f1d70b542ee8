using IntegratedCare.Commissioning.Ledger;
using IntegratedCare.Contracts.Events;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Commissioning.Funds;

/// <summary>A pooled or aligned fund: its host, partners and legal form. Its money is in the ledger.</summary>
/// <param name="Partners">The host first.</param>
internal sealed record Fund(string Code, string Title, string LegalForm, string System, string Host, string[] Partners, string FinancialYear,
    string Currency) : Document
{
    public const int MaxPartners = 200;
    public static readonly string[] LegalForms = ["section-75", "better-care-fund", "aligned", "grant"];

    public static Fund Create(
        string code, string title, string legalForm, string system, string host, IEnumerable<string> partners, string financialYear, string currency) =>
        new(code, title, legalForm, system, host, [host, .. partners.Where(p => p != host).Distinct()], financialYear, currency);

    /// <summary>Adds a partner; the same fund if it is one already.</summary>
    public Fund AddPartner(string partner)
    {
        if (Partners.Contains(partner))
            return this;
        return Partners.Length <= MaxPartners ? this with { Partners = [.. Partners, partner] }
            : throw new RuleViolation(CommissioningProblems.TooManyPartners, CommissioningProblems.TooManyPartners.Explanation);
    }

    /// <summary>The journal of a partner's contribution. Cash raises the fund's balance; in-kind resources are kept apart from it.</summary>
    public Journal ContributionJournal(string partner, string year, decimal amount, string kind, string? reference, DateTimeOffset now)
    {
        if (!Partners.Contains(partner))
            throw new RuleViolation(CommissioningProblems.NotAPartner, CommissioningProblems.NotAPartner.Explanation);
        if (string.CompareOrdinal(year, FinancialYear) < 0)
            throw new RuleViolation(CommissioningProblems.BeforeFund, $"The fund begins in {FinancialYear}.");
        return Journal.Of(this, Journal.Contribution, reference, System, year, $"Contribution of {partner}, {kind}", now,
            (kind == Accounts.Cash ? Accounts.Cash : Accounts.InKind, null, amount),
            (Accounts.Contributions, partner, -amount));
    }

    /// <summary>
    /// Why a settlement cannot be posted to this fund, or null. Terms name a fund by its code, so it may be one that the parties are not
    /// partners of.
    /// </summary>
    public string? Refuses(SettlementAgreed settlement) =>
        Currency != settlement.Currency ? $"The fund is kept in {Currency}."
        : settlement.System != System ? "The settlement counts in another system than the fund's."
        : !settlement.Postings.All(p => Partners.Contains(p.Party)) ? "Not every party to the settlement is a partner of the fund."
        : null;

    /// <summary>The journal of an agreed settlement: payers pay in, receivers are paid out. Below the threshold it has no entries.</summary>
    public Journal SettlementJournal(SettlementAgreed settlement, DateTimeOffset now) => Journal.Of(
        this, Journal.Settlement, Journal.ReferenceOf(settlement), settlement.System, YearOf(settlement.Period),
        $"{settlement.Title}: settlement of {settlement.Period}, version {settlement.Version}", now,
        [
            .. settlement.Postings.Where(p => p.Amount != 0).OrderBy(p => p.Amount).SelectMany(p => new (string, string?, decimal)[]
            {
                (Accounts.Cash, null, -p.Amount),
                (Accounts.Settlements, p.Party, p.Amount),
            }),
        ]);

    /// <summary>A settlement counts in the financial year in which its period begins.</summary>
    private static string YearOf(string period) => Period.FinancialYearOf((Period.Parse(period) ?? throw new ArgumentException("Not a period.")).First).Label;
}
