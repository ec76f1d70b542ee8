using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Contracts.Payments;

/// <summary>The named weightings of persons that capitation terms may use, with their sources and uncertainties.</summary>
internal sealed class ListWeightings : CareEndpoint<Ok<Page<NamedWeighting>>>
{
    public override void Configure()
    {
        Get("/v1/contracts/weightings");
        Access(ContractsScopes.Read, [Purposes.Commissioning, Purposes.Operations]);
    }

    protected override Task<Ok<Page<NamedWeighting>>> HandleAsync(CancellationToken ct)
    {
        return Task.FromResult(TypedResults.Ok(new Page<NamedWeighting>(NamedWeighting.All, null)));
    }
}
