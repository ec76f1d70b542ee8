using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Metrics.Definitions;

/// <summary>The metrics there are, each with its whole definition.</summary>
internal sealed class ListMetricDefinitions : CareEndpoint<Ok<Page<MetricDefinition>>>
{
    public override void Configure()
    {
        Get("/v1/metrics/definitions");
        Access(MetricsScopes.Read, MetricsPurposes.All);
        Paged();
    }

    protected override Task<Ok<Page<MetricDefinition>>> HandleAsync(CancellationToken ct)
    {
        var after = Paging.Position(1)?[0];
        var rows = MetricDefinitions.All.OrderBy(d => d.Id, StringComparer.Ordinal)
            .Where(d => after is null || string.CompareOrdinal(d.Id, after) > 0)
            .Take(Paging.Take + 1)
            .ToList();
        return Task.FromResult(Paging.Answer(HttpContext, rows, d => [d.Id]));
    }
}
