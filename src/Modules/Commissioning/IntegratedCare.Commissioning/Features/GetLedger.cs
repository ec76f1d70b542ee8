using IntegratedCare.Commissioning.Domain;
using IntegratedCare.Commissioning.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace IntegratedCare.Commissioning.Features;

/// <summary>A fund's journals in the order of posting, each with its balanced entries, and the balance of every account.</summary>
internal sealed class GetLedger : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/commissioning/funds/{id:guid}/ledger", Handle)
        .Access(Scopes.CommissioningRead, [Purposes.Commissioning, Purposes.Operations]);

    /// <param name="Balances">Of all journals, not only of this page. They sum to zero.</param>
    internal sealed record Ledger(IReadOnlyList<JournalView> Items, string? Next, string Currency, IReadOnlyList<AccountBalance> Balances);

    private static async Task<Ok<Ledger>> Handle(Guid id, [AsParameters] Paging paging, HttpContext http, CommissioningDb db, AccessContext access, CancellationToken ct)
    {
        var fund = await db.Funds.To(access).FirstOrDefaultAsync(f => f.Id == id, ct) ?? throw Problems.Missing();
        long after = 0;
        if (paging.Position(1) is { } position && !long.TryParse(position[0], out after))
            throw new RequestRefused(Problems.InvalidCursor, Problems.InvalidCursor.Explanation);
        var rows = await db.Journals.Include(j => j.Entries).Where(j => j.FundId == id && j.Seq > after).OrderBy(j => j.Seq).Take(paging.Take + 1).ToListAsync(ct);
        var page = paging.Answer(http, rows, j => [j.Seq.ToString(System.Globalization.CultureInfo.InvariantCulture)]).Value!;
        return TypedResults.Ok(new Ledger([.. page.Items.Select(JournalView.Of)], page.Next, fund.Document.Currency, await AccountBalance.OfAsync(db, id, ct)));
    }
}

/// <param name="Reference">Of a settlement: risk-share, period and version.</param>
internal sealed record JournalView(Guid Id, string Kind, string Reference, string Year, string Description, DateTimeOffset PostedAt, IReadOnlyList<EntryView> Entries)
{
    public static JournalView Of(Journal j) => new(j.Id, j.Kind, j.Reference, j.Year, j.Description, j.PostedAt,
        [.. j.Entries.OrderBy(e => e.Line).Select(e => new EntryView(e.Line, e.Account, e.Organisation, e.Amount))]);
}

/// <param name="Account"><c>cash</c>, <c>in-kind</c>, <c>contributions</c> or <c>settlements</c>, the last two by organisation.</param>
/// <param name="Amount">Debit positive, credit negative.</param>
internal sealed record EntryView(int Line, string Account, string? Organisation, decimal Amount);

/// <summary>Agreed settlements that are not posted, because the fund that their terms name is not there yet.</summary>
internal sealed class ListUnpostedSettlements : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/commissioning/unposted-settlements", Handle)
        .Access(Scopes.CommissioningRead, [Purposes.Commissioning, Purposes.Operations]);

    internal sealed record UnpostedView(Guid SettlementId, Guid RiskShareId, string Title, string Period, int Number, string Fund, string Reason, DateTimeOffset HeldAt);

    private static async Task<Ok<Page<UnpostedView>>> Handle(
        [AsParameters] Paging paging, HttpContext http, CommissioningDb db, AccessContext access, CancellationToken ct)
    {
        var after = paging.Id() ?? Guid.Empty;
        var rows = await db.UnpostedSettlements.To(access).Where(u => u.SettlementId > after).OrderBy(u => u.SettlementId).Take(paging.Take + 1).ToListAsync(ct);
        return paging.Answer(http, rows.ConvertAll(u => new UnpostedView(
            u.SettlementId, u.Document.RiskShareId, u.Document.Title, u.Document.Period, u.Document.Version, u.Fund, u.Reason, u.HeldAt)), u => [u.SettlementId.ToString()]);
    }
}
