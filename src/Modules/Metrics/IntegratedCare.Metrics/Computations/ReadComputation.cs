using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Metrics.Computations;

/// <summary>What a computation found and published.</summary>
internal sealed class ReadComputation(MetricsSession session) : CareEndpoint<Ok<ComputationView>>
{
    public override void Configure()
    {
        Get("/v1/metrics/computations/{id:guid}");
        Access(MetricsScopes.Read, MetricsPurposes.All);
    }

    protected override async Task<Ok<ComputationView>> HandleAsync(CancellationToken ct) =>
        TypedResults.Ok(ComputationView.Of(await session.FindAsync<Computation>(Id, ct) ?? throw Problems.Missing()));
}
