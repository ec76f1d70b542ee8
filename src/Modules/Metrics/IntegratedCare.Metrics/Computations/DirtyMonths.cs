using IntegratedCare.Metrics.Definitions;
using IntegratedCare.Shared.Documents;
using NpgsqlTypes;
using Weasel.Postgresql.Tables;
using static IntegratedCare.Shared.Documents.SqlParameters;

namespace IntegratedCare.Metrics.Computations;

/// <summary>
/// Metrics and months marked for recomputation, as they were read. Marks are inserted and deleted, never updated, so that reactions
/// and recomputations do not wait for each other, and a mark set during a recomputation stays.
/// </summary>
/// <param name="Marks">The rows that were read: only these are deleted.</param>
/// <param name="Watermark">Every transaction below it had been seen by then, and so by whatever is computed afterwards.</param>
internal sealed record DirtyMonths(IReadOnlyList<long> Marks, IReadOnlySet<(string Metric, DateOnly Month)> Months, long Watermark)
{
    public static IEnumerable<Table> Tables(string schema) =>
    [
        ModuleTables.Table(schema, "dirty").With("id bigserial not null", "metric text not null", "month date not null").Key("id"),

        // The London day that open spells, plans and registers were last counted to.
        ModuleTables.Table(schema, "counted_to").With("one boolean not null default true", "day date not null").Key("one"),
    ];

    /// <summary>
    /// When the London day has changed since the last count, marks every metric of the months between. True when it had changed; else
    /// nothing is written.
    /// </summary>
    public static async Task<bool> MarkNewDayAsync(MetricsSession session, DateOnly today, CancellationToken ct)
    {
        await using var command = await session.CommandAsync(
            """
            WITH last AS MATERIALIZED (SELECT day FROM metrics.counted_to),
            kept AS (
              INSERT INTO metrics.counted_to (day) SELECT $1 WHERE NOT EXISTS (SELECT FROM last WHERE day = $1)
              ON CONFLICT (one) DO UPDATE SET day = excluded.day
              RETURNING day
            ),
            marked AS (
              INSERT INTO metrics.dirty (metric, month)
              SELECT i.metric, m::date
              FROM last, unnest($2) AS i (metric),
                generate_series(date_trunc('month', least(last.day, $1)), date_trunc('month', greatest(last.day, $1)), interval '1 month') AS m
              WHERE last.day <> $1
            )
            SELECT EXISTS (SELECT FROM kept)
            """, ct, Date(today), Text(MetricDefinitions.All, d => d.Id));
        return await command.ExecuteScalarAsync(ct) is true;
    }

    /// <summary>Marks values of an older version of their definition.</summary>
    public static Task MarkRedefinedAsync(MetricsSession session, CancellationToken ct) => session.ExecuteAsync(
        """
        INSERT INTO metrics.dirty (metric, month)
        SELECT DISTINCT v.metric, v.first FROM metrics.value v JOIN unnest($1, $2) AS d (metric, version) USING (metric)
        WHERE v.grain = 'month' AND v.definition_version <> d.version
        """, ct, Text(MetricDefinitions.All, d => d.Id), Column(MetricDefinitions.All, NpgsqlDbType.Integer, d => d.Version));

    /// <summary>The metrics and months that have been dirty longest.</summary>
    public static Task<DirtyMonths> OldestAsync(MetricsSession session, int max, CancellationToken ct) => ReadAsync(session,
        """
        WITH chosen AS (SELECT metric, month FROM metrics.dirty GROUP BY metric, month ORDER BY min(id) LIMIT $1)
        SELECT id, metric, month FROM metrics.dirty JOIN chosen USING (metric, month)
        """, ct, max);

    /// <summary>Those of some metrics in a range of months.</summary>
    public static Task<DirtyMonths> OfAsync(MetricsSession session, IEnumerable<string> metrics, DateOnly first, DateOnly next, CancellationToken ct) =>
        ReadAsync(session,
            "SELECT id, metric, month FROM metrics.dirty WHERE metric = ANY ($1) AND month >= $2 AND month < $3", ct,
            metrics.ToArray(), Date(first), Date(next));

    /// <summary>Deletes the marks that were read.</summary>
    public Task DeleteAsync(MetricsSession session, CancellationToken ct) =>
        session.ExecuteAsync("DELETE FROM metrics.dirty WHERE id = ANY ($1)", ct, Column(Marks, NpgsqlDbType.Bigint, id => id));

    private static async Task<DirtyMonths> ReadAsync(MetricsSession session, string sql, CancellationToken ct, params object[] values)
    {
        await using var look = await session.CommandAsync("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint", ct);
        var watermark = (long)(await look.ExecuteScalarAsync(ct))!;
        await using var command = await session.CommandAsync(sql, ct, values);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var marks = new List<long>();
        var months = new HashSet<(string, DateOnly)>();
        while (await reader.ReadAsync(ct))
        {
            marks.Add(reader.GetInt64(0));
            months.Add((reader.GetString(1), reader.GetFieldValue<DateOnly>(2)));
        }

        return new DirtyMonths(marks, months, watermark);
    }
}
