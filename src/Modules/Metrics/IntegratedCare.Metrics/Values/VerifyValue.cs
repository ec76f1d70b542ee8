using IntegratedCare.Metrics.Computations;
using IntegratedCare.Metrics.Definitions;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Metrics.Values;

/// <summary>Computes a value again from the facts and reports whether it is the same.</summary>
internal sealed class VerifyValue(MetricsSession session, AccessContext caller, TimeProvider clock) : CareEndpoint<Ok<VerifyValue.Verification>>
{
    /// <param name="Result"><c>same</c> or <c>different</c>.</param>
    /// <param name="Value">The value as it is kept.</param>
    internal sealed record Verification(string Result, DateTimeOffset VerifiedAt, MetricValue Value);

    public override void Configure()
    {
        Post("/v1/metrics/values/{id:guid}/verify");
        Access(MetricsScopes.Read, MetricsPurposes.All);
        Declare(new NoIdempotencyKey());
    }

    protected override async Task<Ok<Verification>> HandleAsync(CancellationToken ct)
    {
        var found = await StoredValue.FindAsync(session, Id, ct) ?? throw Problems.Missing();
        var (kept, key) = (found.Value, found.Value.Key);
        var computed = (await session.ComputeAsync(MetricDefinitions.Get(key.Metric), [key.Period], session.Today, ct)).FirstOrDefault(v => v.Key == key);
        var same = computed is null ? kept.Numbers.Numerator == 0 && kept.Numbers.Denominator is null : computed.HasNumbersOf(kept);
        return TypedResults.Ok(new Verification(same ? "same" : "different", clock.GetUtcNow(), MetricValue.Of(found, Disclosure.For(caller))));
    }
}
