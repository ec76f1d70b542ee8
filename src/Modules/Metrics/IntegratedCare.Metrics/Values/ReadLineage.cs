using IntegratedCare.Metrics.Domain;
using IntegratedCare.Metrics.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Npgsql;

namespace IntegratedCare.Metrics.Features;

/// <summary>Where a value comes from: its definition, its code list, and how many records each step left.</summary>
internal sealed class ReadLineage : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/metrics/values/{id:guid}/lineage", Handle)
        .Access(Scopes.MetricsRead, Readers.Purposes)
        .WithSummary("Where a value comes from: definition, code list, counts by step, watermark.");

    /// <param name="Value">The value, through the same disclosure gate as everywhere.</param>
    /// <param name="Watermark">Every transaction below this number had been seen when the value was computed.</param>
    /// <param name="Steps">As the facts stand now.</param>
    internal sealed record Lineage(MetricValue Value, MetricDefinition Definition, CodeList? CodeList, long Watermark, IReadOnlyList<LineageStep> Steps);

    internal sealed record CodeList(string Name, int Version, int Rows);

    /// <param name="Count">Records or persons left after this step; null where it must not be shown, rounded where the caller is not entitled to the true count.</param>
    internal sealed record LineageStep(string Step, long? Count, bool Suppressed);

    private static async Task<Ok<Lineage>> Handle(Guid id, AccessContext access, MetricsDb db, CancellationToken ct)
    {
        var connection = await db.NpgsqlAsync(ct);
        var trueNumbers = TrueNumbers.For(access);
        var found = await StoredValue.FindAsync(connection, id, trueNumbers, ct) ?? throw Problems.Missing();
        var definition = Definitions.Get(found.Kept.Key.Metric);
        var counted = await StepSql.CountAsync(connection, definition, found.Kept.Key, LondonTime.Today(db.Clock), ct);
        // What is hidden of the value is hidden of the steps that led to it.
        var steps = counted.Select(s => trueNumbers.Of(found.Kept.Key) || !definition.Disclosure ? new LineageStep(s.Step, s.Count, false)
            : found.Value.Suppressed || s.Count is > 0 and < 8 ? new LineageStep(s.Step, null, true)
            : new LineageStep(s.Step, (long)SmallNumbers.Nearest5(s.Count), false)).ToList();
        var list = definition.Numerator.CodeList is null ? null : new CodeList(AcscChronic.Name, AcscChronic.Version, AcscChronic.Rows.Count);
        return TypedResults.Ok(new Lineage(found.Value, definition, list, found.Watermark, steps));
    }
}

/// <summary>Computes a value again from the facts and says whether it is the same.</summary>
internal sealed class VerifyValue : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/metrics/values/{id:guid}/verify", Handle)
        .Access(Scopes.MetricsRead, Readers.Purposes)
        .WithMetadata(new NoIdempotencyKey())
        .WithSummary("Compute a value again from the facts: same or different.");

    /// <param name="Result"><c>same</c> or <c>different</c>.</param>
    /// <param name="Value">The value as it is kept.</param>
    internal sealed record Verification(string Result, DateTimeOffset VerifiedAt, MetricValue Value);

    private static async Task<Ok<Verification>> Handle(Guid id, AccessContext access, MetricsDb db, CancellationToken ct)
    {
        var connection = await db.NpgsqlAsync(ct);
        var found = await StoredValue.FindAsync(connection, id, TrueNumbers.For(access), ct) ?? throw Problems.Missing();
        var key = found.Kept.Key;
        var now = db.Clock.GetUtcNow();
        var values = new ValueStore(connection, LondonTime.Today(db.Clock), now);
        var computed = (await values.ComputeAsync(Definitions.Get(key.Metric), [Period.Of(key.Grain, key.First)], ct)).FirstOrDefault(v => v.Key == key);
        var same = computed is null ? found.Kept.Numbers.Numerator == 0 && found.Kept.Numbers.Denominator is null : computed.SameNumbers(found.Kept);
        return TypedResults.Ok(new Verification(same ? "same" : "different", now, found.Value));
    }
}

/// <summary>A value by its id, live or of any published version.</summary>
internal sealed record StoredValue(KeptValue Kept, MetricValue Value, long Watermark)
{
    public static async Task<StoredValue?> FindAsync(NpgsqlConnection connection, Guid id, TrueNumbers trueNumbers, CancellationToken ct)
    {
        foreach (var published in (bool[])[false, true])
        {
            await using var command = connection.Command($"{MetricValue.Select(published)} WHERE v.id = $1", new NpgsqlParameter { Value = id });
            await using var reader = await command.ExecuteReaderAsync(ct);
            if (await reader.ReadAsync(ct))
                return new StoredValue(ValueStore.Read(reader), MetricValue.Read(reader, trueNumbers).Value, reader.GetInt64(22));
        }

        return null;
    }
}
