using IntegratedCare.Contracts.Events;
using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Storage;

namespace IntegratedCare.Commissioning.Domain;

/// <summary>A pooled or aligned fund: who hosts it, who takes part, on what legal form. Its money is in the ledger.</summary>
internal sealed class Fund : Aggregate
{
    public const int MostPartners = 200;
    public static readonly string[] LegalForms = ["section-75", "better-care-fund", "aligned", "grant"];

    public string Code { get; private set; } = "";
    public string System { get; private set; } = "";
    public string Host { get; private set; } = "";

    /// <summary>The host first.</summary>
    public string[] Partners { get; private set; } = [];
    public FundDocument Document { get; private set; } = null!;

    private Fund()
    {
    }

    public Fund(string code, string system, string host, IEnumerable<string> partners, FundDocument document)
    {
        Code = code;
        System = system;
        Host = host;
        Partners = [host, .. partners.Where(p => p != host).Distinct()];
        Document = document;
    }

    /// <summary>Takes in a partner; who is one already stays one.</summary>
    public void Admit(string partner)
    {
        if (Partners.Contains(partner))
            return;
        if (Partners.Length > MostPartners)
            throw new RuleViolation(CommissioningProblems.TooManyPartners, CommissioningProblems.TooManyPartners.Explanation);
        Partners = [.. Partners, partner];
    }

    /// <summary>What a partner brings. Cash raises the fund's balance; in-kind resources are kept apart from it.</summary>
    public Journal Contribute(string partner, string year, decimal amount, string kind, string? reference, DateTimeOffset now)
    {
        if (!Partners.Contains(partner))
            throw new RuleViolation(CommissioningProblems.NotAPartner, CommissioningProblems.NotAPartner.Explanation);
        if (string.CompareOrdinal(year, Document.FinancialYear) < 0)
            throw new RuleViolation(CommissioningProblems.BeforeFund, $"The fund begins in {Document.FinancialYear}.");
        var journal = new Journal(this, Journal.Contribution, reference, year, $"Contribution of {partner}, {kind}", now);
        journal.Add(kind == Accounts.Cash ? Accounts.Cash : Accounts.InKind, null, amount);
        journal.Add(Accounts.Contributions, partner, -amount);
        return journal;
    }

    /// <summary>Why a settlement cannot pass through this fund, or null. Terms name a fund by its code: they may name one that its parties have no part in.</summary>
    public string? Refuses(SettlementAgreed settlement) =>
        Document.Currency != settlement.Currency ? $"The fund is kept in {Document.Currency}."
        : settlement.System != System ? "The settlement counts in another system than the fund's."
        : !settlement.Postings.All(p => Partners.Contains(p.Party)) ? "Not every party to the settlement is a partner of the fund."
        : null;

    /// <summary>An agreed settlement passes through the fund: payers pay in, receivers are paid out. Below the threshold it has no entries.</summary>
    public Journal Settle(SettlementAgreed settlement, DateTimeOffset now)
    {
        var journal = new Journal(this, Journal.Settlement, Journal.ReferenceOf(settlement), FinancialYear.OfPeriod(settlement.Period),
            $"{settlement.Title}: settlement of {settlement.Period}, version {settlement.Version}", now, settlement.System);
        foreach (var posting in settlement.Postings.Where(p => p.Amount != 0).OrderBy(p => p.Amount))
        {
            journal.Add(Accounts.Cash, null, -posting.Amount);
            journal.Add(Accounts.Settlements, posting.Party, posting.Amount);
        }

        return journal;
    }
}

internal sealed record FundDocument(string Title, string LegalForm, string FinancialYear, string Currency);

/// <summary>The accounts of a fund. Debits are positive, credits negative; per account and organisation they make its balance.</summary>
internal static class Accounts
{
    /// <summary>Money the host holds for the fund. Its balance is what the fund can spend.</summary>
    public const string Cash = "cash";

    /// <summary>Staff, premises and the like that partners bring instead of money.</summary>
    public const string InKind = "in-kind";

    /// <summary>By partner: credit for what it brought.</summary>
    public const string Contributions = "contributions";

    /// <summary>By party: debit for what it received by settlements, credit for what it paid.</summary>
    public const string Settlements = "settlements";
}

/// <summary>One balanced posting. It is only ever added; a correction is another posting. The database refuses anything else.</summary>
internal sealed class Journal
{
    public const string Contribution = "contribution";
    public const string Settlement = "settlement";

    private readonly List<Entry> _entries = [];

    public Guid Id { get; private set; } = Guid.CreateVersion7();
    public long Seq { get; private set; }
    public Guid FundId { get; private set; }

    /// <summary>The care system in whose control total a settlement counts.</summary>
    public string System { get; private set; } = "";
    public string Kind { get; private set; } = "";

    /// <summary>What it posts, once per fund and kind.</summary>
    public string Reference { get; private set; } = "";
    public string Year { get; private set; } = "";
    public string Description { get; private set; } = "";
    public DateTimeOffset PostedAt { get; private set; }
    public IReadOnlyList<Entry> Entries => _entries;

    /// <summary>The sum of its debits to organisations' accounts or, without any, of all debits: what moved.</summary>
    public decimal Amount => _entries.Where(e => e.Amount > 0 && (Kind == Contribution || e.Account == Accounts.Settlements)).Sum(e => e.Amount);

    private Journal()
    {
    }

    public Journal(Fund fund, string kind, string? reference, string year, string description, DateTimeOffset now, string? system = null)
    {
        FundId = fund.Id;
        System = system ?? fund.System;
        Kind = kind;
        Reference = reference ?? Id.ToString();
        Year = year;
        Description = description;
        PostedAt = now;
    }

    public static string ReferenceOf(SettlementAgreed settlement) => $"{settlement.RiskShareId}:{settlement.Period}:{settlement.Version}";

    public void Add(string account, string? organisation, decimal amount) => _entries.Add(new Entry(Id, _entries.Count + 1, account, organisation, amount));

    /// <summary>Whether another posting says the same, so that a repeated request changes nothing.</summary>
    public bool SaysTheSameAs(Journal other) =>
        FundId == other.FundId && Kind == other.Kind && Year == other.Year
        && Entries.OrderBy(e => e.Line).Select(e => (e.Account, e.Organisation, e.Amount)).SequenceEqual(other.Entries.OrderBy(e => e.Line).Select(e => (e.Account, e.Organisation, e.Amount)));
}

internal sealed class Entry
{
    public Guid JournalId { get; private set; }
    public int Line { get; private set; }
    public string Account { get; private set; } = "";
    public string? Organisation { get; private set; }
    public decimal Amount { get; private set; }

    private Entry()
    {
    }

    public Entry(Guid journalId, int line, string account, string? organisation, decimal amount)
    {
        JournalId = journalId;
        Line = line;
        Account = account;
        Organisation = organisation;
        Amount = amount;
    }
}

/// <summary>What an organisation plans to end a year with, as part of its system's control total; a deficit is negative.</summary>
internal sealed class OrganisationPlan : Aggregate
{
    public string System { get; private set; } = "";
    public string Organisation { get; private set; } = "";
    public string Year { get; private set; } = "";
    public PlanFigures Document { get; private set; } = null!;

    private OrganisationPlan()
    {
    }

    public OrganisationPlan(string system, string organisation, string year, PlanFigures figures)
    {
        System = system;
        Organisation = organisation;
        Year = year;
        Document = figures;
    }

    public void Change(PlanFigures figures) => Document = figures;
}

/// <param name="Plan">Planned surplus (positive) or deficit for the year.</param>
/// <param name="ReportedActual">Surplus or deficit to date before settlements, as the organisation reports it.</param>
/// <param name="ReportedForecast">Expected at the year's end before settlements; the plan where none is reported.</param>
internal sealed record PlanFigures(decimal Plan, decimal? ReportedActual, decimal? ReportedForecast);

/// <summary>An agreed settlement whose fund is not there yet, or refuses it. It is posted when the fund is created or takes in the partner that was missing.</summary>
internal sealed class UnpostedSettlement
{
    public Guid SettlementId { get; private set; }
    public string Fund { get; private set; } = "";
    public string Reason { get; private set; } = "";
    public string[] Parties { get; private set; } = [];
    public DateTimeOffset HeldAt { get; private set; }
    public SettlementAgreed Document { get; private set; } = null!;

    private UnpostedSettlement()
    {
    }

    public UnpostedSettlement(SettlementAgreed settlement, string reason, DateTimeOffset now)
    {
        SettlementId = settlement.SettlementId;
        Fund = settlement.Fund;
        Reason = reason;
        Parties = [.. settlement.Postings.Select(p => p.Party)];
        HeldAt = now;
        Document = settlement;
    }

    public void StillHeldBecause(string reason) => Reason = reason;
}
