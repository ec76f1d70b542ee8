using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Metrics.Definitions;

/// <summary>One metric's definition.</summary>
internal sealed class ReadMetricDefinition : CareEndpoint<Ok<MetricDefinition>>
{
    public override void Configure()
    {
        Get("/v1/metrics/definitions/{id}");
        Access(MetricsScopes.Read, MetricsPurposes.All);
    }

    protected override Task<Ok<MetricDefinition>> HandleAsync(CancellationToken ct) =>
        Task.FromResult(TypedResults.Ok(MetricDefinitions.Find(Route<string>("id")!) ?? throw Problems.Missing()));
}
