using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Contracts.RiskShares;

/// <summary>The named starting points for terms, each with its terms and source.</summary>
internal sealed class ListRiskSharePresets : CareEndpoint<Ok<Page<Preset>>>
{
    public override void Configure()
    {
        Get("/v1/contracts/risk-share-presets");
        Access(ContractsScopes.Read, [Purposes.Commissioning, Purposes.Operations]);
    }

    protected override Task<Ok<Page<Preset>>> HandleAsync(CancellationToken ct)
    {
        return Task.FromResult(TypedResults.Ok(new Page<Preset>(Preset.All, null)));
    }
}
