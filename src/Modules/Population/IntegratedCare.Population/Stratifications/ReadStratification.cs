using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Population.Stratifications;

/// <summary>One run: its progress, the size of each tier, how many rose and fell.</summary>
internal sealed class ReadStratification(PopulationSession session) : CareEndpoint<Ok<Stratification>>
{
    public override void Configure()
    {
        Get("/v1/population/stratifications/{id:guid}");
        Access(PopulationScopes.Read, Purposes.All);
    }

    protected override async Task<Ok<Stratification>> HandleAsync(CancellationToken ct) =>
        TypedResults.Ok(Stratification.Of(await session.FindAsync<StratificationRun>(Id, ct) ?? throw Problems.Missing()));
}
