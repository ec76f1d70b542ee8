using IntegratedCare.Metrics.Definitions;
using IntegratedCare.Metrics.Values;
using NpgsqlTypes;
using static IntegratedCare.Shared.Documents.SqlParameters;

namespace IntegratedCare.Metrics.Computations;

/// <summary>Computes values from the facts, for live values, computations, restatement and verification.</summary>
internal static class MetricComputation
{
    /// <summary>Values of all areas in some periods, from the facts alone.</summary>
    /// <param name="today">In London: open spells count to here, and a running period ends here.</param>
    public static async Task<IReadOnlyList<KeptValue>> ComputeAsync(
        this MetricsSession session, MetricDefinition definition, IReadOnlyCollection<Period> periods, DateOnly today, CancellationToken ct)
    {
        if (periods.Count == 0)
            return [];
        var counts = await CountAsync(session, definition, periods, today, ct);
        return [.. counts.GroupBy(c => (c.Key.Grain, c.Key.First, c.Key.AreaKind, c.Parent)).SelectMany(siblings =>
        {
            var hidden = SmallNumbers.Hidden(definition, siblings.Key.Parent is not null,
                [.. siblings.Select(c => (c.Key.Area, (double)c.Numerator, c.Denominator, c.Persons))]);
            return siblings.Select(c => new KeptValue(c.Key, c.Parent, Guid.CreateVersion7(), definition.Version,
                Numbers.Of(definition, c.Numerator, c.Denominator, c.SumOfSquares), c.SumOfSquares, c.Persons, hidden.Contains(c.Key.Area)));
        })];
    }

    private static async Task<List<Count>> CountAsync(
        MetricsSession session, MetricDefinition definition, IReadOnlyCollection<Period> periods, DateOnly today, CancellationToken ct)
    {
        await using var command = await session.CommandAsync(
            MeasureSql.Of(definition), ct,
            Text(periods, p => p.Grain), Column(periods, NpgsqlDbType.Date, p => p.First), Column(periods, NpgsqlDbType.Date, p => p.Next), Date(today));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var counts = new List<Count>();
        while (await reader.ReadAsync(ct))
        {
            counts.Add(new Count(
                new ValueKey(definition.Id, reader.GetString(0), reader.GetFieldValue<DateOnly>(1), reader.GetString(2), reader.GetString(3)),
                reader.Text(4), reader.GetInt64(5), reader.GetInt64(6), reader.GetInt64(7),
                reader.Nullable<long>(8) is { } of ? (double)of / reader.GetInt64(9) : null));
        }

        return counts;
    }

    private sealed record Count(ValueKey Key, string? Parent, long Numerator, long SumOfSquares, long Persons, double? Denominator);
}
