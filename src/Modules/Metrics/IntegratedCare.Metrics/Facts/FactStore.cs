using System.Text.Json;
using IntegratedCare.CarePathways.Events;
using IntegratedCare.Metrics.Definitions;
using IntegratedCare.Population.Events;
using IntegratedCare.Shared;
using NpgsqlTypes;
using static IntegratedCare.Shared.Documents.SqlParameters;

namespace IntegratedCare.Metrics.Facts;

/// <summary>
/// Stores the facts that other modules publish, one statement per run. The highest version of each fact is kept, and every metric and
/// month that the old or the new version counts in is marked for recomputation.
/// </summary>
internal static class FactStore
{
    /// <summary>The columns of <c>fact</c> in the order of the parameters.</summary>
    private static readonly string[] Columns =
    [
        "source", "record_id", "version", "cancelled", "kind", "person_id", "start_at", "end_at", "day", "end_day", "practice", "locality", "place", "system",
        "age", "sex", "imd_decile", "provider", "price", "cost", "ordinary", "emergency", "acs_condition",
    ];

    private static readonly string UpsertFacts =
        $"""
        WITH incoming AS MATERIALIZED (
          SELECT {Join(c => c)}, acs_condition IS NOT NULL AS acs
          FROM unnest({string.Join(", ", Columns.Select((_, i) => $"${i + 1}"))}) AS i ({Join(c => c)})
        ),
        before AS MATERIALIZED (
          SELECT f.day, f.end_day, f.ordinary, f.emergency, f.acs, f.cancelled
          -- The limit makes it a look-up for each: for a large run a join would read the whole table.
          FROM incoming i CROSS JOIN LATERAL (
            SELECT * FROM metrics.fact k WHERE k.source = i.source AND k.record_id = i.record_id LIMIT 1) f
          WHERE f.version < i.version
        ),
        written AS (
          INSERT INTO metrics.fact AS fact ({Join(c => c)}, acs)
          SELECT {Join(c => c)}, acs FROM incoming
          ON CONFLICT (source, record_id) DO UPDATE SET {Join(c => $"{c} = excluded.{c}")}, acs = excluded.acs
          WHERE excluded.version > fact.version
          RETURNING day, end_day, ordinary, emergency, acs, cancelled
        ),
        touched AS (
          SELECT DISTINCT date_trunc('month', day)::date AS month,
            date_trunc('month', least(coalesce(end_day, ${Columns.Length + 1}), ${Columns.Length + 1}))::date AS last, emergency, acs
          FROM (SELECT * FROM before UNION ALL SELECT * FROM written) AS t
          WHERE ordinary AND NOT cancelled
        )
        INSERT INTO metrics.dirty (metric, month)
        SELECT metric, m::date FROM {MetricsOf(Measures.BedDays)}, touched, generate_series(month, last, interval '1 month') AS m
        UNION SELECT metric, month FROM {MetricsOf(Measures.EmergencyAdmissions)}, touched WHERE emergency
        UNION SELECT metric, month FROM {MetricsOf(Measures.AcsAdmissions)}, touched WHERE acs
        """;

    public static async Task UpsertFactsAsync(this MetricsSession session, IEnumerable<CareFact> facts, CancellationToken ct)
    {
        // One statement cannot write a row twice, so of a run's versions of a record only the highest goes in. Sorted, so that
        // two writers lock rows in the same order.
        var rows = facts.GroupBy(f => (f.Source, f.RecordId)).Select(g => g.MaxBy(f => f.Version)!)
            .OrderBy(f => f.Source, StringComparer.Ordinal).ThenBy(f => f.RecordId, StringComparer.Ordinal).ToList();
        if (rows.Count == 0)
            return;
        await session.LockFactsAsync(ct);
        var spells = rows.ConvertAll(f => f.DataAs<Spell>());
        var acs = rows.Zip(spells, (f, s) => s?.AmbulatoryCareSensitive(f.Sex, f.Age, f.Day)).ToList();
        await session.ExecuteAsync(
            UpsertFacts,
            ct,
            Text(rows, f => f.Source),
            Text(rows, f => f.RecordId),
            Column(rows, NpgsqlDbType.Bigint, f => f.Version),
            Column(rows, NpgsqlDbType.Boolean, f => f.Cancelled),
            Text(rows, f => f.Kind),
            Column(rows, NpgsqlDbType.Uuid, f => f.PersonId),
            Column(rows, NpgsqlDbType.TimestampTz, f => f.Start),
            Column(rows, NpgsqlDbType.TimestampTz, f => f.End),
            Column(rows, NpgsqlDbType.Date, f => f.Day),
            Column(rows, NpgsqlDbType.Date, f => f.End is { } end ? LondonTime.DateOf(end) : (DateOnly?)null),
            Text(rows, f => f.Practice),
            Text(rows, f => f.Locality),
            Text(rows, f => f.Place),
            Text(rows, f => f.System),
            Column(rows, NpgsqlDbType.Integer, f => f.Age),
            Text(rows, f => f.Sex),
            Column(rows, NpgsqlDbType.Integer, f => f.ImdDecile),
            Text(rows, f => f.Provider),
            Column(rows, NpgsqlDbType.Numeric, f => f.Price),
            Column(rows, NpgsqlDbType.Numeric, f => f.Cost),
            Column(spells, NpgsqlDbType.Boolean, s => s?.IsOrdinary ?? false),
            Column(spells, NpgsqlDbType.Boolean, s => s?.IsEmergency ?? false),
            Text(acs, c => c),
            Date(session.Today));
    }

    public static async Task UpsertCountsAsync(this MetricsSession session, IEnumerable<PracticeMonth> counts, CancellationToken ct)
    {
        var rows = counts.GroupBy(c => (c.Practice, c.Month)).Select(g => g.MaxBy(c => c.Version)!)
            .OrderBy(c => c.Practice, StringComparer.Ordinal).ThenBy(c => c.Month).ToList();
        if (rows.Count == 0)
            return;
        await session.LockFactsAsync(ct);
        await session.ExecuteAsync(
            $"""
            WITH written AS (
              INSERT INTO metrics.register_count AS kept (practice, month, version, locality, place, system, person_days, rows)
              SELECT practice, date_trunc('month', month)::date, version, locality, place, system, person_days, rows
              FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) AS i (practice, month, version, locality, place, system, person_days, rows)
              ON CONFLICT (practice, month) DO UPDATE SET version = excluded.version, locality = excluded.locality, place = excluded.place,
                system = excluded.system, person_days = excluded.person_days, rows = excluded.rows
              WHERE excluded.version > kept.version
              RETURNING month
            )
            INSERT INTO metrics.dirty (metric, month)
            SELECT DISTINCT m.metric, month FROM written, unnest($9) AS m (metric)
            """, ct,
            Text(rows, c => c.Practice),
            Column(rows, NpgsqlDbType.Date, c => c.Month),
            Column(rows, NpgsqlDbType.Bigint, c => c.Version),
            Text(rows, c => c.Locality),
            Text(rows, c => c.Place),
            Text(rows, c => c.System),
            Column(rows, NpgsqlDbType.Bigint, c => c.Rows.Sum(r => r.PersonDays)),
            Column(rows, NpgsqlDbType.Jsonb, c => JsonSerializer.Serialize(c.Rows, SharedJson.Storage)),
            Text(MetricDefinitions.All.Where(d => d.Denominator.Measure == "registered-population"), d => d.Id));
    }

    public static async Task InsertRegisterEntriesAsync(this MetricsSession session, IEnumerable<HighRiskConfirmed> decisions, CancellationToken ct)
    {
        var rows = decisions.Where(d => d.Status is "confirmed" or "ended").DistinctBy(d => (d.Person.PersonId, d.Version)).ToList();
        if (rows.Count == 0)
            return;
        await session.LockFactsAsync(ct);
        await session.ExecuteAsync(
            $"""
            WITH written AS (
              INSERT INTO metrics.register_entry (person_id, version, status, effective, practice, locality, system)
              SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)
              ON CONFLICT DO NOTHING
              RETURNING effective
            )
            {MarkPlans("SELECT min(effective) FROM written", "$8")}
            """, ct,
            Column(rows, NpgsqlDbType.Uuid, d => d.Person.PersonId),
            Column(rows, NpgsqlDbType.Bigint, d => d.Version),
            Text(rows, d => d.Status),
            Column(rows, NpgsqlDbType.Date, d => d.Status == "ended" ? d.To ?? d.From : d.From),
            Text(rows, d => d.Person.Practice),
            Text(rows, d => d.Person.Locality),
            Text(rows, d => d.System),
            Date(session.Today));
    }

    /// <summary>Deaths, and their withdrawal (no date).</summary>
    public static async Task UpsertDeathsAsync(this MetricsSession session, IEnumerable<(Guid Person, DateOnly? Date, long Version)> deaths,
        CancellationToken ct)
    {
        var rows = deaths.GroupBy(d => d.Person).Select(g => g.MaxBy(d => d.Version)).OrderBy(d => d.Person).ToList();
        if (rows.Count == 0)
            return;
        await session.LockFactsAsync(ct);
        await session.ExecuteAsync(
            $"""
            WITH incoming AS MATERIALIZED (SELECT * FROM unnest($1, $2, $3) AS i (person_id, version, died_on)),
            before AS MATERIALIZED (
              SELECT d.person_id, d.died_on
              FROM incoming i CROSS JOIN LATERAL (SELECT * FROM metrics.death k WHERE k.person_id = i.person_id LIMIT 1) d
              WHERE d.version < i.version),
            written AS (
              INSERT INTO metrics.death AS kept (person_id, version, died_on) SELECT * FROM incoming
              ON CONFLICT (person_id) DO UPDATE SET version = excluded.version, died_on = excluded.died_on WHERE excluded.version > kept.version
              RETURNING person_id, died_on
            )
            {MarkPlans(
                """
                SELECT min(died_on) FROM (SELECT * FROM before UNION ALL SELECT * FROM written) AS t
                CROSS JOIN LATERAL (SELECT FROM metrics.register_entry e WHERE e.person_id = t.person_id LIMIT 1) AS registered
                """, "$4")}
            """, ct,
            Column(rows, NpgsqlDbType.Uuid, d => d.Person),
            Column(rows, NpgsqlDbType.Bigint, d => d.Version),
            Column(rows, NpgsqlDbType.Date, d => d.Date),
            Date(session.Today));
    }

    public static async Task InsertPlansAsync(this MetricsSession session, IEnumerable<PlanChanged> changes, CancellationToken ct)
    {
        var rows = changes.DistinctBy(p => (p.Episode.EpisodeId, p.At, p.PlanVersion)).ToList();
        if (rows.Count == 0)
            return;
        await session.ExecuteAsync(
            $"""
            WITH written AS (
              INSERT INTO metrics.plan (episode_id, at, plan_version, person_id, anticipatory, current_from, ended_on, effective)
              SELECT i.*, coalesce(i.ended_on, i.current_from)
              FROM unnest($1, $2, $3, $4, $5, $6, $7) AS i (episode_id, at, plan_version, person_id, anticipatory, current_from, ended_on)
              ON CONFLICT DO NOTHING
              RETURNING effective
            )
            {MarkPlans("SELECT min(effective) FROM written", "$8")}
            """, ct,
            Column(rows, NpgsqlDbType.Uuid, p => p.Episode.EpisodeId),
            Column(rows, NpgsqlDbType.TimestampTz, p => p.At),
            Column(rows, NpgsqlDbType.Integer, p => p.PlanVersion),
            Column(rows, NpgsqlDbType.Uuid, p => p.Episode.PersonId),
            Column(rows, NpgsqlDbType.Boolean, p => p.Anticipatory),
            Column(rows, NpgsqlDbType.Date, p => p.CurrentFrom),
            Column(rows, NpgsqlDbType.Date, p => p.EndedOn),
            Date(session.Today));
    }

    /// <summary>Marks every month from the date of a change of register, death or plan.</summary>
    private static string MarkPlans(string earliest, string today) =>
        $"""
        INSERT INTO metrics.dirty (metric, month)
        SELECT metric, m::date
        FROM {MetricsOf(Measures.Plans)}, ({earliest}) AS t (day),
          generate_series(date_trunc('month', t.day), date_trunc('month', {today}), interval '1 month') AS m
        WHERE t.day IS NOT NULL
        """;

    private static string Join(Func<string, string> text) => string.Join(", ", Columns.Select(text));

    /// <summary>The metrics that count by a measure. Their ids are our own data.</summary>
    private static string MetricsOf(string measure) =>
        $"unnest(ARRAY[{string.Join(", ", MetricDefinitions.All.Where(d => d.Numerator.Measure == measure).Select(d => $"'{d.Id}'"))}]::text[]) AS d (metric)";
}
