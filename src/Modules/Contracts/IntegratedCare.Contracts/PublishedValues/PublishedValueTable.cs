using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Metrics.Events;
using IntegratedCare.Shared.Documents;
using Weasel.Postgresql.Tables;

namespace IntegratedCare.Contracts.PublishedValues;

/// <summary>The highest version of each published value, unsuppressed, for settlements to freeze.</summary>
internal static class PublishedValueTable
{
    public static IEnumerable<Table> Of(string schema) =>
    [
        ModuleTables.Table(schema, "published_value")
            .With("metric text not null", "area_kind text not null", "area text not null", "period text not null", "value_id uuid not null",
                "definition_version integer not null", "version integer not null", "numerator double precision not null", "status text not null",
                "known_at timestamptz not null")
            .Key("metric", "area_kind", "area", "period"),
    ];

    /// <summary>Keeps the highest version of each value, in any order of arrival.</summary>
    public static Task UpsertAsync(ContractsSession session, IEnumerable<PublishedValue> values, CancellationToken ct)
    {
        var latest = values.GroupBy(v => (v.Metric, v.AreaKind, v.Area, v.Period)).Select(g => g.MaxBy(v => v.Version)!).ToList();
        return session.ExecuteAsync(
            """
            INSERT INTO contracts.published_value (metric, area_kind, area, period, value_id, definition_version, version, numerator, status, known_at)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            ON CONFLICT (metric, area_kind, area, period) DO UPDATE SET value_id = excluded.value_id, definition_version = excluded.definition_version,
              version = excluded.version, numerator = excluded.numerator, status = excluded.status, known_at = excluded.known_at
            WHERE excluded.version > published_value.version
            """, ct,
            latest.Select(v => v.Metric).ToArray(), latest.Select(v => v.AreaKind).ToArray(), latest.Select(v => v.Area).ToArray(),
            latest.Select(v => v.Period).ToArray(), latest.Select(v => v.ValueId).ToArray(), latest.Select(v => v.DefinitionVersion).ToArray(),
            latest.Select(v => v.Version).ToArray(), latest.Select(v => v.Numerator).ToArray(), latest.Select(v => v.Status).ToArray(),
            latest.Select(v => v.KnownAt.ToUniversalTime()).ToArray());
    }

    /// <summary>The values that a measure has in some months, by month.</summary>
    public static async Task<IReadOnlyDictionary<string, PublishedNumerator>> PublishedValuesAsync(
        this ContractsSession session, MeasureTerms measure, IReadOnlyList<string> months, CancellationToken ct)
    {
        await using var command = await session.CommandAsync(
            """
            SELECT period, numerator, value_id, definition_version, version, status, known_at FROM contracts.published_value
            WHERE metric = $1 AND area_kind = $2 AND area = $3 AND period = ANY ($4)
            """, ct, measure.Metric, measure.AreaKind, measure.Area, months.ToArray());
        await using var reader = await command.ExecuteReaderAsync(ct);
        var values = new Dictionary<string, PublishedNumerator>(StringComparer.Ordinal);
        while (await reader.ReadAsync(ct))
        {
            values[reader.GetString(0)] = new PublishedNumerator(reader.GetString(0), reader.GetDouble(1), reader.GetGuid(2), reader.GetInt32(3),
                reader.GetInt32(4),
                reader.GetString(5), reader.GetFieldValue<DateTimeOffset>(6));
        }

        return values;
    }
}

/// <summary>A published value's numerator, with its version.</summary>
internal sealed record PublishedNumerator(string Period, double Numerator, Guid ValueId, int DefinitionVersion, int Version, string Status,
    DateTimeOffset KnownAt);
