using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Contracts.Settlements;

/// <summary>
/// The statement's canonical bytes, whose SHA-256 the settlement names; its lines as CSV with <c>Accept: text/csv</c>, or a page to print
/// with <c>Accept: text/html</c>.
/// </summary>
internal sealed class ReadStatement(ContractsSession session, AccessContext caller) : CareEndpoint<StatementAnswer<Statement>>
{
    public override void Configure()
    {
        Get("/v1/contracts/risk-shares/{id:guid}/settlements/{settlementId:guid}/statement");
        Access(ContractsScopes.Read, [Purposes.Commissioning, Purposes.Operations]);
    }

    protected override async Task<StatementAnswer<Statement>> HandleAsync(CancellationToken ct)
    {
        var settlement = await session.FindSettlementAsync(Id, Route<Guid>("settlementId"), caller, ct) ?? throw Problems.Missing();
        var names = StatementFormats.WantsPage(HttpContext) ? await session.NamesAsync(settlement.Parties, ct) : null;
        return StatementAnswers.Of(OpenBook.Filter(await session.ReadStatementAsync(settlement.Id, ct), caller), names);
    }
}
