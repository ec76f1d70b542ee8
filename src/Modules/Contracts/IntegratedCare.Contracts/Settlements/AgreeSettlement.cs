using FluentValidation;
using IntegratedCare.Contracts.Domain;
using IntegratedCare.Contracts.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace IntegratedCare.Contracts.Features;

/// <summary>
/// A party agrees a version of a settlement, through its own client; no body. When all have agreed, the postings go to the
/// fund that the terms name. A party whose dispute is open withdraws it first. Twice is refused.
/// </summary>
internal sealed class AgreeSettlement : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/contracts/risk-shares/{id:guid}/settlements/{settlementId:guid}/agreements", Handle)
        .Access(Scopes.ContractsWrite, [Purposes.Commissioning, Purposes.Operations], actingUser: true);

    private static async Task<OkVersioned<SettlementView>> Handle(
        Guid id, Guid settlementId, IfMatch ifMatch, ContractsDb db, AccessContext access, TimeProvider clock, CancellationToken ct)
    {
        var settlement = await db.FindSettlementAsync(id, settlementId, access, ct);
        ifMatch.Check(settlement.Version);
        var now = clock.GetUtcNow();
        if (settlement.Agree(access.Organisation, access.RequireActingUser(), now))
            db.Publish(settlement.ToEvent(await db.RiskShares.SingleAsync(r => r.Id == id, ct), now));
        await db.SaveChangesAsync(ct);
        return Answers.Ok(SettlementView.Of(settlement, access), settlement.Version);
    }
}

/// <summary>
/// A party finalises an agreed version, through its own client; no body. When all have, the version is final and the period locked:
/// no later version of it is made. Twice is refused.
/// </summary>
internal sealed class FinaliseSettlement : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/contracts/risk-shares/{id:guid}/settlements/{settlementId:guid}/finalisations", Handle)
        .Access(Scopes.ContractsWrite, [Purposes.Commissioning, Purposes.Operations], actingUser: true);

    private static async Task<OkVersioned<SettlementView>> Handle(
        Guid id, Guid settlementId, IfMatch ifMatch, ContractsDb db, AccessContext access, TimeProvider clock, CancellationToken ct)
    {
        var settlement = await db.FindSettlementAsync(id, settlementId, access, ct);
        ifMatch.Check(settlement.Version);
        // A correction that is being proposed at this moment comes first, or is refused.
        await db.Database.ExecuteSqlAsync($"SELECT FROM contracts.risk_share WHERE id = {id} FOR UPDATE", ct);
        if (await db.Settlements.AnyAsync(s => s.RiskShareId == id && s.Period == settlement.Period && s.Number > settlement.Number && s.Status != Settlement.Provisional && s.Status != Settlement.Superseded, ct))
            throw new RuleViolation(ContractsProblems.SettlementClosed, "A later version of this period has been proposed.");
        settlement.Finalise(access.Organisation, access.RequireActingUser(), clock.GetUtcNow());
        await db.SaveChangesAsync(ct);
        return Answers.Ok(SettlementView.Of(settlement, access), settlement.Version);
    }
}

/// <summary>A party disputes one line of a version, with its reason. It takes back the party's agreement, if given.</summary>
internal sealed class DisputeSettlement : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/contracts/risk-shares/{id:guid}/settlements/{settlementId:guid}/disputes", Handle)
        .Access(Scopes.ContractsWrite, [Purposes.Commissioning, Purposes.Operations], actingUser: true);

    internal sealed record DisputeSettlementRequest(int? Line, string? Reason);

    internal sealed class Validator : AbstractValidator<DisputeSettlementRequest>
    {
        public Validator()
        {
            RuleFor(r => r.Line).NotNull().GreaterThan(0);
            RuleFor(r => r.Reason).Line(2000);
        }
    }

    private static async Task<OkVersioned<SettlementView>> Handle(
        Guid id, Guid settlementId, DisputeSettlementRequest request, IfMatch ifMatch, ContractsDb db, AccessContext access, TimeProvider clock, CancellationToken ct)
    {
        var settlement = await db.FindSettlementAsync(id, settlementId, access, ct);
        ifMatch.Check(settlement.Version);
        settlement.Dispute(access.Organisation, request.Line!.Value, request.Reason!, access.RequireActingUser(), clock.GetUtcNow());
        await db.SaveChangesAsync(ct);
        return Answers.Ok(SettlementView.Of(settlement, access), settlement.Version);
    }
}

/// <summary>The party that raised a dispute withdraws it; no body. To agree is a separate act.</summary>
internal sealed class WithdrawDispute : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/contracts/risk-shares/{id:guid}/settlements/{settlementId:guid}/disputes/{disputeId:guid}/withdraw", Handle)
        .Access(Scopes.ContractsWrite, [Purposes.Commissioning, Purposes.Operations], actingUser: true);

    private static async Task<OkVersioned<SettlementView>> Handle(
        Guid id, Guid settlementId, Guid disputeId, IfMatch ifMatch, ContractsDb db, AccessContext access, TimeProvider clock, CancellationToken ct)
    {
        var settlement = await db.FindSettlementAsync(id, settlementId, access, ct);
        ifMatch.Check(settlement.Version);
        settlement.Withdraw(access.Organisation, disputeId, clock.GetUtcNow());
        await db.SaveChangesAsync(ct);
        return Answers.Ok(SettlementView.Of(settlement, access), settlement.Version);
    }
}
