using FluentValidation;
using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Calendar;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Contracts.Settlements;

/// <summary>The settlements of a risk-share, all versions, oldest first.</summary>
internal sealed class ListSettlements(ContractsSession session, AccessContext caller)
    : CareEndpoint<ListSettlements.Request, Ok<Page<SettlementSummary>>>
{
    /// <param name="Period">Only the versions of this period.</param>
    /// <param name="Status">Only those in this state.</param>
    internal sealed record Request(string? Period, string? Status);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Period).Must(p => p is null || Period.Parse(p) is not null).WithMessage(Period.Shapes);
            RuleFor(r => r.Status).In(Settlement.Statuses).When(r => r.Status is not null);
        }
    }

    public override void Configure()
    {
        Get("/v1/contracts/risk-shares/{id:guid}/settlements");
        Access(ContractsScopes.Read, [Purposes.Commissioning, Purposes.Operations]);
        Paged();
    }

    public override async Task<Ok<Page<SettlementSummary>>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (await session.FindRiskShareAsync(Id, caller, ct) is null)
            throw Problems.Missing();
        var (riskShare, after, take) = (Id, Paging.Id() ?? Guid.Empty, Paging.Take + 1);
        var rows = await session.ListAsync<Settlement>(settlements =>
        {
            var found = settlements.Where(s => s.RiskShareId == riskShare && s.Id > after);
            if (request.Period is { } period)
                found = found.Where(s => s.Period == period);
            if (request.Status is { } status)
                found = found.Where(s => s.Status == status);
            return found.OrderBy(s => s.Id).Take(take);
        }, ct);
        var statements = await session.ReadStatementsAsync(rows.Select(s => s.Id), ct);
        return Paging.Answer(HttpContext, [.. rows.Select(s => SettlementSummary.Of(s, Statement.FromBytes(statements[s.Id]), caller))],
            s => [s.Id.ToString()]);
    }
}
