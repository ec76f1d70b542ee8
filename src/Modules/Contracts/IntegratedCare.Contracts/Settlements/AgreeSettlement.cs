using FluentValidation;
using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;

namespace IntegratedCare.Contracts.Settlements;

/// <summary>
/// A party agrees a version of a settlement, through its own client; no body. When all have agreed, the postings are published for the
/// fund that the terms name. A party whose dispute is open withdraws it first. Twice is refused.
/// </summary>
internal sealed class AgreeSettlement(ContractsSession session, AccessContext caller, TimeProvider clock) : CareEndpoint<OkVersioned<SettlementView>>
{
    public override void Configure()
    {
        Post("/v1/contracts/risk-shares/{id:guid}/settlements/{settlementId:guid}/agreements");
        Access(ContractsScopes.Write, [Purposes.Commissioning, Purposes.Operations], actingUser: true);
        ChangesVersion();
    }

    protected override async Task<OkVersioned<SettlementView>> HandleAsync(CancellationToken ct)
    {
        var settlement = await session.FindSettlementAsync(Id, Route<Guid>("settlementId"), caller, ct) ?? throw Problems.Missing();
        IfMatch.Check(settlement.Version);
        var statement = Statement.FromBytes(await session.ReadStatementAsync(settlement.Id, ct));
        var now = clock.GetUtcNow();
        var next = settlement.Agree(caller.Organisation, caller.RequireActingUser(), now);
        if (next.Status == Settlement.Agreed)
            session.Publish(next.ToEvent((await session.FindAsync<RiskShare>(Id, ct))!, statement, now));
        session.Update(next);
        await session.SaveChangesAsync(ct);
        return Answers.Ok(SettlementView.Of(next, statement, caller), next.Version);
    }
}
