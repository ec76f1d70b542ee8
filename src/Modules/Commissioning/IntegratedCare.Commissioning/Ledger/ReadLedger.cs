using System.Globalization;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Commissioning.Ledger;

/// <summary>A fund's journals in the order of posting, each with its balanced entries, and the balance of every account.</summary>
internal sealed class ReadLedger(CommissioningSession session, AccessContext caller) : CareEndpoint<Ok<ReadLedger.LedgerView>>
{
    /// <param name="Balances">Of all journals, not only of this page. They sum to zero.</param>
    internal sealed record LedgerView(IReadOnlyList<JournalView> Items, string? Next, string Currency, IReadOnlyList<AccountBalance> Balances);

    public override void Configure()
    {
        Get("/v1/commissioning/funds/{id:guid}/ledger");
        Access(CommissioningScopes.Read, [Purposes.Commissioning, Purposes.Operations]);
        Paged();
    }

    protected override async Task<Ok<LedgerView>> HandleAsync(CancellationToken ct)
    {
        var fund = await session.FindFundAsync(Id, caller, ct) ?? throw Problems.Missing();
        long after = 0;
        if (Paging.Position(1) is { } position && !long.TryParse(position[0], CultureInfo.InvariantCulture, out after))
            throw new RequestRefused(Problems.InvalidCursor, Problems.InvalidCursor.Explanation);
        var rows = await session.ListJournalsAsync(fund.Id, after, Paging.Take + 1, ct);
        var page = Paging.Answer(HttpContext, rows, j => [j.Seq.ToString(CultureInfo.InvariantCulture)]).Value!;
        return TypedResults.Ok(new LedgerView([.. page.Items.Select(JournalView.Of)], page.Next, fund.Currency, await session.BalancesAsync(fund.Id, ct)));
    }
}

/// <param name="Reference">Of a settlement: risk-share, period and version.</param>
internal sealed record JournalView(Guid Id, string Kind, string Reference, string Year, string Description, DateTimeOffset PostedAt,
    IReadOnlyList<EntryView> Entries)
{
    public static JournalView Of(Journal j) => new(j.Id, j.Kind, j.Reference, j.Year, j.Description, j.PostedAt,
        [.. j.Entries.OrderBy(e => e.Line).Select(e => new EntryView(e.Line, e.Account, e.Organisation, e.Amount))]);
}

/// <param name="Account"><c>cash</c>, <c>in-kind</c>, <c>contributions</c> or <c>settlements</c>, the last two by organisation.</param>
/// <param name="Amount">Debit positive, credit negative.</param>
internal sealed record EntryView(int Line, string Account, string? Organisation, decimal Amount);

/// <param name="Balance">Debits less credits.</param>
internal sealed record AccountBalance(string Account, string? Organisation, decimal Balance);
