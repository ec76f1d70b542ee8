using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Population.Loads;

/// <summary>The state and counts of a bulk load of the caller's organisation.</summary>
internal sealed class ReadLoad(PopulationSession session, AccessContext access) : CareEndpoint<Ok<LoadView>>
{
    public override void Configure()
    {
        Get("/v1/population/loads/{id:guid}");
        Access(PopulationScopes.Read, [Purposes.Operations, Purposes.DirectCare]);
    }

    protected override async Task<Ok<LoadView>> HandleAsync(CancellationToken ct) =>
        TypedResults.Ok(LoadView.Of(await session.FindLoadAsync(Id, access, ct) ?? throw Problems.Missing()));
}
