using IntegratedCare.Commissioning.Ledger;
using IntegratedCare.Contracts.Events;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Commissioning.Funds;

/// <summary>
/// A pooled or aligned fund: its host, partners and legal form. Its money is in the ledger. Its host proposes it; an organisation becomes a
/// partner by its own word, and the fund counts in its system by the word of who plans for that.
/// </summary>
/// <param name="Code">What the host calls it. Other hosts may use the same.</param>
/// <param name="Partners">The host first.</param>
internal sealed record Fund(string Code, string Title, string LegalForm, string System, string Host, string[] Partners, string FinancialYear,
    string Currency) : Document
{
    public const int MaxPartners = 200;

    /// <summary>Asked by the host to be partners, and no partners until they accept.</summary>
    public string[] Invited { get; init; } = [];

    /// <summary>Who let the fund count in its system: an organisation that plans for it, or the operator. Null while it is only proposed.</summary>
    public string? ConfirmedBy { get; init; }

    /// <summary>Partners, and those asked to be, at its last confirmation: only they become members of the system by taking part.</summary>
    public string[] ConfirmedMembers { get; init; } = [];

    public static readonly string[] LegalForms = ["section-75", "better-care-fund", "aligned", "grant"];

    public static Fund Propose(
        string code, string title, string legalForm, string system, string host, IEnumerable<string> invited, string financialYear, string currency) =>
        new(code, title, legalForm, system, host, [host], financialYear, currency) { Invited = [.. invited.Where(p => p != host).Distinct()] };

    /// <summary>Lets the fund count, with those it names now; the same fund if it does already.</summary>
    public Fund Confirm(string organisation)
    {
        string[] members = [.. Partners.Concat(Invited).Order(StringComparer.Ordinal)];
        return ConfirmedBy is not null && members.SequenceEqual(ConfirmedMembers) ? this
            : this with { ConfirmedBy = ConfirmedBy ?? organisation, ConfirmedMembers = members };
    }

    /// <summary>As a confirmation does, but of one organisation: nobody else whom the host has asked since comes with it.</summary>
    public Fund ConfirmMember(string organisation) => ConfirmedBy is null || ConfirmedMembers.Contains(organisation) ? this
        : this with { ConfirmedMembers = [.. ConfirmedMembers.Append(organisation).Order(StringComparer.Ordinal)] };

    /// <summary>Asks an organisation to be a partner; the same fund if it is asked, or one, already.</summary>
    public Fund Invite(string organisation)
    {
        if (Partners.Contains(organisation) || Invited.Contains(organisation))
            return this;
        return Partners.Length + Invited.Length <= MaxPartners ? this with { Invited = [.. Invited, organisation] }
            : throw new RuleViolation(CommissioningProblems.TooManyPartners, CommissioningProblems.TooManyPartners.Explanation);
    }

    /// <summary>Makes a partner of an organisation that was asked; the same fund if it is one already.</summary>
    public Fund Accept(string organisation)
    {
        if (Partners.Contains(organisation))
            return this;
        return Invited.Contains(organisation) ? this with { Partners = [.. Partners, organisation], Invited = [.. Invited.Where(p => p != organisation)] }
            : throw new RuleViolation(CommissioningProblems.NotInvited, CommissioningProblems.NotInvited.Explanation);
    }

    /// <summary>The journal of a partner's contribution. Cash raises the fund's balance; in-kind resources are kept apart from it.</summary>
    public Journal ContributionJournal(string partner, string year, decimal amount, string kind, string? reference, DateTimeOffset now)
    {
        if (ConfirmedBy is null)
            throw new RuleViolation(CommissioningProblems.NotConfirmed, CommissioningProblems.NotConfirmed.Explanation);
        if (!Partners.Contains(partner))
            throw new RuleViolation(CommissioningProblems.NotAPartner, CommissioningProblems.NotAPartner.Explanation);
        if (string.CompareOrdinal(year, FinancialYear) < 0)
            throw new RuleViolation(CommissioningProblems.BeforeFund, $"The fund begins in {FinancialYear}.");
        return Journal.Of(this, Journal.Contribution, reference, System, year, $"Contribution of {partner}, {kind}", now,
            (kind == Accounts.Cash ? Accounts.Cash : Accounts.InKind, null, amount),
            (Accounts.Contributions, partner, -amount));
    }

    /// <summary>Why a settlement whose parties have named this fund cannot be posted to it, or null.</summary>
    public string? Refuses(SettlementAgreed settlement) =>
        ConfirmedBy is null ? "The fund is proposed, and not confirmed for its system yet."
        : Currency != settlement.Currency ? $"The fund is kept in {Currency}."
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
