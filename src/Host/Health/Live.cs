using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Host.Health;

/// <summary>Whether the host runs.</summary>
internal sealed class Live : CareEndpoint<Ok<HealthView>>
{
    public override void Configure() => Get("/health/live");

    protected override Task<Ok<HealthView>> HandleAsync(CancellationToken ct) => Task.FromResult(TypedResults.Ok(new HealthView("live", null)));
}

/// <param name="Status"><c>live</c>, <c>ready</c> or <c>not-ready</c>.</param>
/// <param name="Checks">Each check and what it found; in Development only.</param>
internal sealed record HealthView(string Status, IReadOnlyDictionary<string, string>? Checks);
