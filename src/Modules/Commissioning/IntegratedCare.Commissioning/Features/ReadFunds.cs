using IntegratedCare.Commissioning.Domain;
using IntegratedCare.Commissioning.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace IntegratedCare.Commissioning.Features;

/// <param name="Balance">Cash the host holds for the fund.</param>
/// <param name="InKind">Resources brought in kind.</param>
internal sealed record FundView(
    Guid Id, string Code, string Title, string LegalForm, string Host, string System, string FinancialYear, string Currency,
    decimal Balance, decimal InKind, IReadOnlyList<FundPartnerView> Partners)
{
    public static async Task<FundView> OfAsync(CommissioningDb db, Fund fund, IReadOnlyDictionary<string, string> names, CancellationToken ct)
    {
        var balances = await AccountBalance.OfAsync(db, fund.Id, ct);
        decimal Of(string account, string? organisation = null) => balances.Where(b => b.Account == account && b.Organisation == organisation).Sum(b => b.Balance);
        return new FundView(fund.Id, fund.Code, fund.Document.Title, fund.Document.LegalForm, fund.Host, fund.System, fund.Document.FinancialYear, fund.Document.Currency,
            Of(Accounts.Cash), Of(Accounts.InKind),
            [.. fund.Partners.Select(p => new FundPartnerView(p, names.GetValueOrDefault(p), -Of(Accounts.Contributions, p), Of(Accounts.Settlements, p)))]);
    }
}

/// <param name="Contributed">In cash and in kind.</param>
/// <param name="Received">Net of settlements: positive received, negative paid in.</param>
internal sealed record FundPartnerView(string Organisation, string? Name, decimal Contributed, decimal Received);

/// <param name="Balance">Debits less credits.</param>
internal sealed record AccountBalance(string Account, string? Organisation, decimal Balance)
{
    public static async Task<IReadOnlyList<AccountBalance>> OfAsync(CommissioningDb db, Guid fundId, CancellationToken ct) =>
        await (from entry in db.Entries
               join journal in db.Journals on entry.JournalId equals journal.Id
               where journal.FundId == fundId
               group entry by new { entry.Account, entry.Organisation } into account
               orderby account.Key.Account, account.Key.Organisation
               select new AccountBalance(account.Key.Account, account.Key.Organisation, account.Sum(e => e.Amount))).ToListAsync(ct);
}

/// <summary>One fund with its balance, to its host and partners.</summary>
internal sealed class GetFund : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/commissioning/funds/{id:guid}", Handle)
        .Access(Scopes.CommissioningRead, [Purposes.Commissioning, Purposes.Operations]);

    private static async Task<Ok<FundView>> Handle(Guid id, HttpContext http, CommissioningDb db, AccessContext access, CancellationToken ct)
    {
        var fund = await db.Funds.To(access).FirstOrDefaultAsync(f => f.Id == id, ct) ?? throw Problems.Missing();
        // The balance moves without the fund changing, so there is no 304 here; the ETag is for changes to the fund itself.
        http.Response.Headers.ETag = ETags.Of(fund.Version);
        return TypedResults.Ok(await FundView.OfAsync(db, fund, await db.NamesAsync(fund.Partners, ct), ct));
    }
}

/// <summary>The funds the caller's organisation hosts or takes part in, oldest first.</summary>
internal sealed class ListFunds : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/commissioning/funds", Handle)
        .Access(Scopes.CommissioningRead, [Purposes.Commissioning, Purposes.Operations]);

    internal sealed record FundSummary(Guid Id, string Code, string Title, string LegalForm, string Host, string System, string FinancialYear, string Currency, IReadOnlyList<string> Partners);

    private static async Task<Ok<Page<FundSummary>>> Handle(
        [AsParameters] Paging paging, [FromQuery] string? code, HttpContext http, CommissioningDb db, AccessContext access, CancellationToken ct)
    {
        if (code is not null && !TextRules.IsCode(code))
            throw Problems.Invalid("/code", "A code: letters, digits, dot, hyphen or underscore, at most 64.");
        var after = paging.Id() ?? Guid.Empty;
        var rows = await db.Funds.To(access).Where(f => f.Id > after && (code == null || f.Code == code)).OrderBy(f => f.Id).Take(paging.Take + 1).ToListAsync(ct);
        return paging.Answer(http, rows.ConvertAll(f => new FundSummary(
            f.Id, f.Code, f.Document.Title, f.Document.LegalForm, f.Host, f.System, f.Document.FinancialYear, f.Document.Currency, f.Partners)), f => [f.Id.ToString()]);
    }
}
