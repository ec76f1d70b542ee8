using IntegratedCare.Commissioning.Ledger;
using IntegratedCare.Shared.Access;

namespace IntegratedCare.Commissioning.Funds;

/// <param name="Balance">Cash the host holds for the fund.</param>
/// <param name="InKind">Resources brought in kind.</param>
/// <param name="Invited">Asked to be partners, and no partners yet.</param>
/// <param name="ConfirmedBy">Who let the fund count in its system; null while it is only proposed.</param>
internal sealed record FundView(
    Guid Id, string Code, string Title, string LegalForm, string Host, string System, string FinancialYear, string Currency,
    decimal Balance, decimal InKind, IReadOnlyList<FundPartnerView> Partners, IReadOnlyList<string> Invited, string? ConfirmedBy)
{
    public static async Task<FundView> OfAsync(CommissioningSession session, Fund fund, CancellationToken ct)
    {
        var names = await session.OrganisationsAsync(fund.Partners, ct);
        var balances = await session.BalancesAsync(fund.Id, ct);
        decimal Of(string account, string? organisation = null) =>
            balances.Where(b => b.Account == account && b.Organisation == organisation).Sum(b => b.Balance);
        return new FundView(fund.Id, fund.Code, fund.Title, fund.LegalForm, fund.Host, fund.System, fund.FinancialYear, fund.Currency,
            Of(Accounts.Cash), Of(Accounts.InKind),
            [.. fund.Partners.Select(p => new FundPartnerView(p, names.GetValueOrDefault(p)?.DisplayName, -Of(Accounts.Contributions, p),
                Of(Accounts.Settlements, p)))],
            fund.Invited, fund.ConfirmedBy);
    }
}

/// <param name="Contributed">In cash and in kind.</param>
/// <param name="Received">Net of settlements: positive received, negative paid in.</param>
internal sealed record FundPartnerView(string Organisation, string? Name, decimal Contributed, decimal Received);
