using FluentValidation;
using IntegratedCare.Commissioning.ControlTotals;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Commissioning.Funds;

/// <summary>The funds the caller's organisation hosts, takes part in, is asked to join, or plans for the system of; oldest first.</summary>
internal sealed class ListFunds(CommissioningSession session, AccessContext caller) : CareEndpoint<ListFunds.Request, Ok<Page<ListFunds.FundSummary>>>
{
    /// <param name="Code">Only funds of this code.</param>
    internal sealed record Request(string? Code);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules() => RuleFor(r => r.Code).Code().When(r => r.Code is not null);
    }

    internal sealed record FundSummary(Guid Id, string Code, string Title, string LegalForm, string Host, string System, string FinancialYear, string Currency,
        IReadOnlyList<string> Partners, IReadOnlyList<string> Invited, string? ConfirmedBy);

    public override void Configure()
    {
        Get("/v1/commissioning/funds");
        Access(CommissioningScopes.Read, [Purposes.Commissioning, Purposes.Operations]);
        Paged();
    }

    public override async Task<Ok<Page<FundSummary>>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var (after, take, organisation) = (Paging.Id() ?? Guid.Empty, Paging.Take + 1, caller.Organisation);
        var seesAll = CommissioningSession.SeesAll(caller);
        var planned = seesAll ? [] : await session.PlannedByAsync(caller, ct);
        var rows = await session.ListAsync<Fund>(funds =>
        {
            var visible = funds.Where(f => f.Id > after);
            if (!seesAll)
                visible = visible.Where(f => f.Partners.Contains(organisation) || f.Invited.Contains(organisation) || planned.Contains(f.System));
            if (request.Code is { } code)
                visible = visible.Where(f => f.Code == code);
            return visible.OrderBy(f => f.Id).Take(take);
        }, ct);
        return Paging.Answer(HttpContext, [.. rows.Select(f => new FundSummary(f.Id, f.Code, f.Title, f.LegalForm, f.Host, f.System, f.FinancialYear,
            f.Currency, f.Partners, f.Invited, f.ConfirmedBy))],
            f => [f.Id.ToString()]);
    }
}
