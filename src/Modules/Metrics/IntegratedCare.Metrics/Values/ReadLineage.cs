using IntegratedCare.Metrics.Definitions;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Metrics.Values;

/// <summary>Where a value comes from: its definition, its code list, its watermark, and how many records each step left.</summary>
internal sealed class ReadLineage(MetricsSession session, AccessContext caller) : CareEndpoint<Ok<ReadLineage.Lineage>>
{
    /// <param name="Value">The value, through the same disclosure gate as everywhere.</param>
    /// <param name="Watermark">Every transaction below this number had been seen when the value was computed.</param>
    /// <param name="Steps">As the facts stand now.</param>
    internal sealed record Lineage(MetricValue Value, MetricDefinition Definition, CodeList? CodeList, long Watermark, IReadOnlyList<LineageStep> Steps);

    internal sealed record CodeList(string Name, int Version, int Rows);

    /// <param name="Count">
    /// Records or persons left after this step; null where it must not be shown, rounded where the caller is not entitled to the true count.
    /// </param>
    internal sealed record LineageStep(string Step, long? Count, bool Suppressed);

    public override void Configure()
    {
        Get("/v1/metrics/values/{id:guid}/lineage");
        Access(MetricsScopes.Read, MetricsPurposes.All);
    }

    protected override async Task<Ok<Lineage>> HandleAsync(CancellationToken ct)
    {
        var found = await StoredValue.FindAsync(session, Id, ct) ?? throw Problems.Missing();
        var (key, disclosure) = (found.Value.Key, Disclosure.For(caller));
        var definition = MetricDefinitions.Get(key.Metric);
        var value = MetricValue.Of(found, disclosure);
        var counted = await session.CountStepsAsync(definition, key, ct);
        // A hidden value hides its steps too.
        var steps = counted.Select(s => disclosure.ShowsTrueNumbers(key) || !definition.Disclosure ? new LineageStep(s.Step, s.Count, false)
            : value.Suppressed || s.Count is > 0 and < 8 ? new LineageStep(s.Step, null, true)
            : new LineageStep(s.Step, (long)SmallNumbers.Nearest5(s.Count), false)).ToList();
        var list = definition.Numerator.CodeList is null ? null : new CodeList(AcscChronic.Name, AcscChronic.Version, AcscChronic.Rows.Count);
        return TypedResults.Ok(new Lineage(value, definition, list, found.Watermark, steps));
    }
}
