using IntegratedCare.Commissioning.Funds;
using IntegratedCare.Contracts.Events;

namespace IntegratedCare.Commissioning.Ledger;

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

/// <summary>One balanced posting. Journals are only added; a correction is another journal. The database refuses anything else.</summary>
/// <param name="System">The care system in whose control total a settlement counts.</param>
/// <param name="Reference">Identifies the posting, once per fund and kind.</param>
internal sealed record Journal(
    Guid Id, Guid FundId, string System, string Kind, string Reference, string Year, string Description, DateTimeOffset PostedAt, IReadOnlyList<Entry> Entries,
        long Seq = 0)
{
    public const string Contribution = "contribution";
    public const string Settlement = "settlement";

    /// <summary>The amount moved: the sum of debits; of a settlement only those to organisations' accounts.</summary>
    public decimal Amount => Entries.Where(e => e.Amount > 0 && (Kind == Contribution || e.Account == Accounts.Settlements)).Sum(e => e.Amount);

    public static Journal Of(
        Fund fund, string kind, string? reference, string system, string year, string description, DateTimeOffset now,
        params IReadOnlyList<(string Account, string? Organisation, decimal Amount)> entries)
    {
        var id = Guid.CreateVersion7();
        return new Journal(id, fund.Id, system, kind, reference ?? id.ToString(), year, description, now,
            [.. entries.Select((e, i) => new Entry(i + 1, e.Account, e.Organisation, e.Amount))]);
    }

    public static string ReferenceOf(SettlementAgreed settlement) => $"{settlement.RiskShareId}:{settlement.Period}:{settlement.Version}";

    /// <summary>Whether another journal has the same content: a repeated request then changes nothing.</summary>
    public bool HasSameContentAs(Journal other) =>
        FundId == other.FundId && Kind == other.Kind && Year == other.Year && Entries.OrderBy(e => e.Line).SequenceEqual(other.Entries.OrderBy(e => e.Line));
}

internal sealed record Entry(int Line, string Account, string? Organisation, decimal Amount);
