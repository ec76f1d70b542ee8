using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;

namespace IntegratedCare.Contracts.Settlements;

/// <summary>The pack of a version of a settlement: replaying it gives the same bytes.</summary>
internal sealed class ReadPack(ContractsSession session, AccessContext caller) : CareEndpoint<CanonicalAnswer<PackDraft>>
{
    public override void Configure()
    {
        Get("/v1/contracts/risk-shares/{id:guid}/settlements/{settlementId:guid}/pack");
        Access(ContractsScopes.Read, [Purposes.Commissioning, Purposes.Operations]);
    }

    protected override async Task<CanonicalAnswer<PackDraft>> HandleAsync(CancellationToken ct)
    {
        var settlement = await session.FindSettlementAsync(Id, Route<Guid>("settlementId"), caller, ct) ?? throw Problems.Missing();
        var statement = Statement.FromBytes(await session.ReadStatementAsync(settlement.Id, ct));
        return OpenBook.ShowsAll(statement, caller)
            ? new CanonicalAnswer<PackDraft>(CanonicalJson.ToBytes(PackDraft.Of(statement)))
            : throw new RequestRefused(ContractsProblems.ClosedBook, ContractsProblems.ClosedBook.Explanation);
    }
}
