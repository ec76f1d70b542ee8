using IntegratedCare.Contracts.Domain;
using IntegratedCare.Contracts.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace IntegratedCare.Contracts.Features;

/// <summary>One version of a settlement, with its statement, to the parties.</summary>
internal sealed class GetSettlement : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/contracts/risk-shares/{id:guid}/settlements/{settlementId:guid}", Handle)
        .Access(Scopes.ContractsRead, [Purposes.Commissioning, Purposes.Operations]);

    private static async Task<OkVersioned<SettlementView>> Handle(Guid id, Guid settlementId, ContractsDb db, AccessContext access, CancellationToken ct)
    {
        var settlement = await db.FindSettlementAsync(id, settlementId, access, ct);
        return Answers.Ok(SettlementView.Of(settlement, access), settlement.Version);
    }
}

/// <summary>The statement's canonical bytes, whose SHA-256 the settlement names; its lines as CSV with <c>Accept: text/csv</c>, or a page to print with <c>Accept: text/html</c>.</summary>
internal sealed class GetStatement : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/contracts/risk-shares/{id:guid}/settlements/{settlementId:guid}/statement", Handle)
        .Produces<Statement>(200, StatementAnswer.MediaTypes[0], StatementAnswer.MediaTypes[1..])
        .Access(Scopes.ContractsRead, [Purposes.Commissioning, Purposes.Operations]);

    private static async Task<IResult> Handle(Guid id, Guid settlementId, HttpContext http, ContractsDb db, AccessContext access, CancellationToken ct)
    {
        var settlement = await db.FindSettlementAsync(id, settlementId, access, ct);
        var names = StatementAnswer.WantsPage(http) ? await Names.OfAsync(db, settlement.Parties, ct) : null;
        return StatementAnswer.Of(http, OpenBook.Of(settlement.Statement, access), names);
    }
}

/// <summary>The settlements of a risk-share, all versions, oldest first.</summary>
internal sealed class ListSettlements : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/contracts/risk-shares/{id:guid}/settlements", Handle)
        .Access(Scopes.ContractsRead, [Purposes.Commissioning, Purposes.Operations]);

    private static async Task<Ok<Page<SettlementSummary>>> Handle(
        Guid id, [AsParameters] Paging paging, [FromQuery] string? period, [FromQuery] string? status, HttpContext http, ContractsDb db, AccessContext access, CancellationToken ct)
    {
        if (period is not null && SettlementPeriod.Parse(period) is null)
            throw Problems.Invalid("/period", SettlementPeriod.Shapes);
        if (status is not null && !Settlement.Statuses.Contains(status))
            throw Problems.Invalid("/status", $"One of: {string.Join(", ", Settlement.Statuses)}.");
        if (!await db.RiskShares.To(access).AnyAsync(r => r.Id == id, ct))
            throw Problems.Missing();
        var after = paging.Id() ?? Guid.Empty;
        var rows = await db.Settlements.Where(s => s.RiskShareId == id && s.Id > after && (period == null || s.Period == period) && (status == null || s.Status == status))
            .OrderBy(s => s.Id).Take(paging.Take + 1).ToListAsync(ct);
        return paging.Answer(http, rows.ConvertAll(r => SettlementSummary.Of(r, access)), s => [s.Id.ToString()]);
    }
}

internal static class SettlementQueries
{
    public static async Task<Settlement> FindSettlementAsync(this ContractsDb db, Guid riskShareId, Guid id, AccessContext access, CancellationToken ct) =>
        await db.Settlements.To(access).FirstOrDefaultAsync(s => s.Id == id && s.RiskShareId == riskShareId, ct) ?? throw Problems.Missing();
}
