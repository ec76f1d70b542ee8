using FluentValidation;
using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;

namespace IntegratedCare.Contracts.Settlements;

/// <summary>The party that raised a dispute withdraws it; no body. To agree is a separate act.</summary>
internal sealed class WithdrawDispute(ContractsSession session, AccessContext caller, TimeProvider clock) : CareEndpoint<OkVersioned<SettlementView>>
{
    public override void Configure()
    {
        Post("/v1/contracts/risk-shares/{id:guid}/settlements/{settlementId:guid}/disputes/{disputeId:guid}/withdraw");
        Access(ContractsScopes.Write, [Purposes.Commissioning, Purposes.Operations], actingUser: true);
        ChangesVersion();
    }

    protected override async Task<OkVersioned<SettlementView>> HandleAsync(CancellationToken ct)
    {
        var settlement = await session.FindSettlementAsync(Id, Route<Guid>("settlementId"), caller, ct) ?? throw Problems.Missing();
        IfMatch.Check(settlement.Version);
        var statement = Statement.FromBytes(await session.ReadStatementAsync(settlement.Id, ct));
        var next = settlement.Withdraw(caller.Organisation, Route<Guid>("disputeId"), clock.GetUtcNow());
        session.Update(next);
        await session.SaveChangesAsync(ct);
        return Answers.Ok(SettlementView.Of(next, statement, caller), next.Version);
    }
}
