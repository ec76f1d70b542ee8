using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Contracts.RiskShares;

/// <summary>One risk-share with its terms, to its parties.</summary>
internal sealed class ReadRiskShare(ContractsSession session, AccessContext caller) : CareEndpoint<OkVersioned<RiskShareView>>
{
    public override void Configure()
    {
        Get("/v1/contracts/risk-shares/{id:guid}");
        Access(ContractsScopes.Read, [Purposes.Commissioning, Purposes.Operations]);
    }

    protected override async Task<OkVersioned<RiskShareView>> HandleAsync(CancellationToken ct)
    {
        var riskShare = await session.FindRiskShareAsync(Id, caller, ct) ?? throw Problems.Missing();
        return Answers.Ok(RiskShareView.Of(riskShare), riskShare.Version);
    }
}
