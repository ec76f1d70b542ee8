using FluentValidation;
using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;

namespace IntegratedCare.Contracts.Settlements;

/// <summary>
/// A party finalises an agreed version, through its own client; no body. When all have, the version is final and the period locked:
/// no later version of it is made. Twice is refused.
/// </summary>
internal sealed class FinaliseSettlement(ContractsSession session, AccessContext caller, TimeProvider clock)
    : CareEndpoint<OkVersioned<SettlementView>>
{
    public override void Configure()
    {
        Post("/v1/contracts/risk-shares/{id:guid}/settlements/{settlementId:guid}/finalisations");
        Access(ContractsScopes.Write, [Purposes.Commissioning, Purposes.Operations], actingUser: true);
        ChangesVersion();
    }

    protected override async Task<OkVersioned<SettlementView>> HandleAsync(CancellationToken ct)
    {
        var settlement = await session.FindSettlementAsync(Id, Route<Guid>("settlementId"), caller, ct) ?? throw Problems.Missing();
        IfMatch.Check(settlement.Version);
        // Waits for a correction that is being proposed; a later one is refused.
        await session.LockAsync<RiskShare>([Id], ct);
        if (await session.HasLaterProposalAsync(settlement, ct))
            throw new RuleViolation(ContractsProblems.SettlementClosed, "A later version of this period has been proposed.");
        var next = settlement.Finalise(caller.Organisation, caller.RequireActingUser(), clock.GetUtcNow());
        var statement = Statement.FromBytes(await session.ReadStatementAsync(settlement.Id, ct));
        session.Update(next);
        await session.SaveChangesAsync(ct);
        return Answers.Ok(SettlementView.Of(next, statement, caller), next.Version);
    }
}
