using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Contracts.Settlements;

/// <summary>One version of a settlement, with its statement, to the parties.</summary>
internal sealed class ReadSettlement(ContractsSession session, AccessContext caller) : CareEndpoint<OkVersioned<SettlementView>>
{
    public override void Configure()
    {
        Get("/v1/contracts/risk-shares/{id:guid}/settlements/{settlementId:guid}");
        Access(ContractsScopes.Read, [Purposes.Commissioning, Purposes.Operations]);
    }

    protected override async Task<OkVersioned<SettlementView>> HandleAsync(CancellationToken ct)
    {
        var settlement = await session.FindSettlementAsync(Id, Route<Guid>("settlementId"), caller, ct) ?? throw Problems.Missing();
        var statement = Statement.FromBytes(await session.ReadStatementAsync(settlement.Id, ct));
        return Answers.Ok(SettlementView.Of(settlement, statement, caller), settlement.Version);
    }
}
