using IntegratedCare.Contracts.Settlements.Engine;
using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;

namespace IntegratedCare.Contracts.Settlements;

/// <summary>
/// As <c>/v1/contracts/settlements/replay</c>, for a party to the risk-share: a pack without terms takes those of the risk-share
/// that are in force on the first day of its period, so that other inputs can be tried under them. Nothing is stored.
/// </summary>
internal sealed class ReplayOwnSettlement(ContractsSession session, AccessContext caller) : CareEndpoint<PackDraft, StatementAnswer<Statement>>
{
    public override void Configure()
    {
        Post("/v1/contracts/risk-shares/{id:guid}/settlements/replay");
        Access(ContractsScopes.Read, [Purposes.Commissioning, Purposes.Operations]);
        Declare(new NoIdempotencyKey());
    }

    public override async Task<StatementAnswer<Statement>> ExecuteAsync(PackDraft request, CancellationToken ct)
    {
        return StatementAnswers.Of(RiskShareEngine.Settle((await session.WithRiskShareTermsAsync(request, Id, caller, ct)).Complete()).ToBytes());
    }
}
