using IntegratedCare.Contracts.Settlements.Engine;
using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;

namespace IntegratedCare.Contracts.Settlements;

/// <summary>
/// Computes the statement of a pack of terms and inputs, and stores nothing. The pack of a stored settlement is what
/// <c>.../settlements/{settlementId}/pack</c> gives: the same bytes come back. The host's verb <c>settle</c> does the same without a
/// database. JSON, or with <c>Accept</c> CSV or a printable page.
/// </summary>
internal sealed class ReplaySettlement : CareEndpoint<PackDraft, StatementAnswer<Statement>>
{
    internal sealed class Rules : PackRules<PackDraft>;

    public override void Configure()
    {
        Post("/v1/contracts/settlements/replay");
        Access(ContractsScopes.Read, [Purposes.Commissioning, Purposes.Operations]);
        Declare(new NoIdempotencyKey());
    }

    public override Task<StatementAnswer<Statement>> ExecuteAsync(PackDraft request, CancellationToken ct)
    {
        return Task.FromResult(StatementAnswers.Of(RiskShareEngine.Settle(request.Complete()).ToBytes()));
    }
}
