using System.Text.Json;
using IntegratedCare.CarePathways.Events;
using IntegratedCare.Metrics.Domain;
using IntegratedCare.Population.Events;
using IntegratedCare.Shared;
using Npgsql;
using NpgsqlTypes;
using static IntegratedCare.Metrics.Storage.Bulk;

namespace IntegratedCare.Metrics.Storage;

/// <summary>
/// What other modules said, kept set-based: one statement a run. The highest version of each fact stays, and every metric and
/// month that the old or the new version touches is marked to be computed again.
/// </summary>
internal static class FactStore
{
    /// <param name="today">In London: an open spell has bed days up to here.</param>
    public static async Task KeepFactsAsync(NpgsqlConnection connection, IEnumerable<CareFact> facts, DateOnly today, CancellationToken ct)
    {
        // One statement cannot write a row twice, so of a run's versions of a record only the highest goes in. Sorted, so that
        // two writers lock rows in the same order.
        var rows = facts.GroupBy(f => (f.Source, f.RecordId)).Select(g => g.MaxBy(f => f.Version)!)
            .OrderBy(f => f.Source, StringComparer.Ordinal).ThenBy(f => f.RecordId, StringComparer.Ordinal).ToList();
        if (rows.Count == 0)
            return;
        await LockAsync(connection, ct);
        var acs = rows.ConvertAll(f => Admissions.AmbulatoryCareSensitive(f.Kind, f.PatientClass, f.AdmissionMethod, f.AdmissionSource, f.Sex, f.Age, f.Day, f.Diagnoses, f.Procedures));
        await using var command = connection.Command(
            $"""
            WITH incoming AS MATERIALIZED (
              SELECT source, record_id, version, cancelled, kind, person_id, start_at, end_at, day, end_day, practice, locality, place, system, age, sex, imd_decile,
                provider, admission_method, admission_source, patient_class, destination, string_to_array(diagnoses, '|') AS diagnoses, string_to_array(procedures, '|') AS procedures,
                service_kind, permanent, condition_code, register, price, cost, ordinary, emergency, acs_condition IS NOT NULL AS acs, acs_condition
              FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33)
                AS i (source, record_id, version, cancelled, kind, person_id, start_at, end_at, day, end_day, practice, locality, place, system, age, sex, imd_decile,
                provider, admission_method, admission_source, patient_class, destination, diagnoses, procedures,
                service_kind, permanent, condition_code, register, price, cost, ordinary, emergency, acs_condition)
            ),
            before AS MATERIALIZED (
              SELECT f.day, f.end_day, f.ordinary, f.emergency, f.acs, f.cancelled
              FROM incoming i JOIN metrics.fact f ON f.source = i.source AND f.record_id = i.record_id AND f.version < i.version
            ),
            written AS (
              INSERT INTO metrics.fact AS fact (source, record_id, version, cancelled, kind, person_id, start_at, end_at, day, end_day, practice, locality, place, system, age, sex, imd_decile,
                provider, admission_method, admission_source, patient_class, destination, diagnoses, procedures,
                service_kind, permanent, condition_code, register, price, cost, ordinary, emergency, acs, acs_condition)
              SELECT source, record_id, version, cancelled, kind, person_id, start_at, end_at, day, end_day, practice, locality, place, system, age, sex, imd_decile,
                provider, admission_method, admission_source, patient_class, destination, diagnoses, procedures,
                service_kind, permanent, condition_code, register, price, cost, ordinary, emergency, acs, acs_condition
              FROM incoming
              ON CONFLICT (source, record_id) DO UPDATE SET version = excluded.version, cancelled = excluded.cancelled, kind = excluded.kind, person_id = excluded.person_id,
                start_at = excluded.start_at, end_at = excluded.end_at, day = excluded.day, end_day = excluded.end_day, practice = excluded.practice,
                locality = excluded.locality, place = excluded.place, system = excluded.system, age = excluded.age, sex = excluded.sex, imd_decile = excluded.imd_decile,
                provider = excluded.provider, admission_method = excluded.admission_method, admission_source = excluded.admission_source,
                patient_class = excluded.patient_class, destination = excluded.destination, diagnoses = excluded.diagnoses, procedures = excluded.procedures,
                service_kind = excluded.service_kind, permanent = excluded.permanent, condition_code = excluded.condition_code, register = excluded.register,
                price = excluded.price, cost = excluded.cost, ordinary = excluded.ordinary, emergency = excluded.emergency, acs = excluded.acs, acs_condition = excluded.acs_condition
              WHERE excluded.version > fact.version
              RETURNING day, end_day, ordinary, emergency, acs, cancelled
            ),
            touched AS (
              SELECT DISTINCT date_trunc('month', day)::date AS month, date_trunc('month', least(coalesce(end_day, $34), $34))::date AS last, emergency, acs
              FROM (SELECT * FROM before UNION ALL SELECT * FROM written) AS t
              WHERE ordinary AND NOT cancelled
            )
            INSERT INTO metrics.dirty (metric, month)
            SELECT metric, m::date FROM {MetricsOf(Measures.BedDays)}, touched, generate_series(month, last, interval '1 month') AS m
            UNION SELECT metric, month FROM {MetricsOf(Measures.EmergencyAdmissions)}, touched WHERE emergency
            UNION SELECT metric, month FROM {MetricsOf(Measures.AcsAdmissions)}, touched WHERE acs
            """,
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
            Text(rows, f => f.AdmissionMethod),
            Text(rows, f => f.AdmissionSource),
            Text(rows, f => f.PatientClass),
            Text(rows, f => f.Destination),
            Text(rows, f => f.Diagnoses is null ? null : string.Join('|', f.Diagnoses)),
            Text(rows, f => f.Procedures is null ? null : string.Join('|', f.Procedures)),
            Text(rows, f => f.ServiceKind),
            Column(rows, NpgsqlDbType.Boolean, f => f.Permanent),
            Text(rows, f => f.ConditionCode),
            Text(rows, f => f.Register),
            Column(rows, NpgsqlDbType.Numeric, f => f.Price),
            Column(rows, NpgsqlDbType.Numeric, f => f.Cost),
            Column(rows, NpgsqlDbType.Boolean, f => Admissions.IsOrdinary(f.Kind, f.PatientClass)),
            Column(rows, NpgsqlDbType.Boolean, f => Admissions.IsEmergency(f.Kind, f.PatientClass, f.AdmissionMethod)),
            Text(acs, c => c),
            Date(today));
        await command.ExecuteNonQueryAsync(ct);
    }

    public static async Task KeepCountsAsync(NpgsqlConnection connection, IEnumerable<PracticeMonth> counts, CancellationToken ct)
    {
        var rows = counts.GroupBy(c => (c.Practice, c.Month)).Select(g => g.MaxBy(c => c.Version)!)
            .OrderBy(c => c.Practice, StringComparer.Ordinal).ThenBy(c => c.Month).ToList();
        if (rows.Count == 0)
            return;
        await LockAsync(connection, ct);
        await using var command = connection.Command(
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
            """,
            Text(rows, c => c.Practice),
            Column(rows, NpgsqlDbType.Date, c => c.Month),
            Column(rows, NpgsqlDbType.Bigint, c => c.Version),
            Text(rows, c => c.Locality),
            Text(rows, c => c.Place),
            Text(rows, c => c.System),
            Column(rows, NpgsqlDbType.Bigint, c => c.Rows.Sum(r => r.PersonDays)),
            Column(rows, NpgsqlDbType.Jsonb, c => JsonSerializer.Serialize(c.Rows, SharedJson.Storage)),
            Text(Definitions.All.Where(d => d.Denominator.Measure == "registered-population"), d => d.Id));
        await command.ExecuteNonQueryAsync(ct);
    }

    public static async Task KeepRegisterAsync(NpgsqlConnection connection, IEnumerable<HighRiskConfirmed> decisions, DateOnly today, CancellationToken ct)
    {
        var rows = decisions.Where(d => d.Status is "confirmed" or "ended").DistinctBy(d => (d.Person.PersonId, d.Version)).ToList();
        if (rows.Count == 0)
            return;
        await LockAsync(connection, ct);
        await using var command = connection.Command(
            $"""
            WITH written AS (
              INSERT INTO metrics.register_entry (person_id, version, status, effective, practice, locality, system)
              SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)
              ON CONFLICT DO NOTHING
              RETURNING effective
            )
            {MarkPlans("SELECT min(effective) FROM written", "$8")}
            """,
            Column(rows, NpgsqlDbType.Uuid, d => d.Person.PersonId),
            Column(rows, NpgsqlDbType.Bigint, d => d.Version),
            Text(rows, d => d.Status),
            Column(rows, NpgsqlDbType.Date, d => d.Status == "ended" ? d.To ?? d.From : d.From),
            Text(rows, d => d.Person.Practice),
            Text(rows, d => d.Person.Locality),
            Text(rows, d => d.System),
            Date(today));
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Deaths, and their withdrawal (no date).</summary>
    public static async Task KeepDeathsAsync(NpgsqlConnection connection, IEnumerable<(Guid Person, DateOnly? Date, long Version)> deaths, DateOnly today, CancellationToken ct)
    {
        var rows = deaths.GroupBy(d => d.Person).Select(g => g.MaxBy(d => d.Version)).OrderBy(d => d.Person).ToList();
        if (rows.Count == 0)
            return;
        await LockAsync(connection, ct);
        await using var command = connection.Command(
            $"""
            WITH incoming AS MATERIALIZED (SELECT * FROM unnest($1, $2, $3) AS i (person_id, version, died_on)),
            before AS MATERIALIZED (SELECT d.person_id, d.died_on FROM incoming i JOIN metrics.death d USING (person_id) WHERE d.version < i.version),
            written AS (
              INSERT INTO metrics.death AS kept (person_id, version, died_on) SELECT * FROM incoming
              ON CONFLICT (person_id) DO UPDATE SET version = excluded.version, died_on = excluded.died_on WHERE excluded.version > kept.version
              RETURNING person_id, died_on
            )
            {MarkPlans("SELECT min(died_on) FROM (SELECT * FROM before UNION ALL SELECT * FROM written) AS t WHERE person_id IN (SELECT person_id FROM metrics.register_entry)", "$4")}
            """,
            Column(rows, NpgsqlDbType.Uuid, d => d.Person),
            Column(rows, NpgsqlDbType.Bigint, d => d.Version),
            Column(rows, NpgsqlDbType.Date, d => d.Date),
            Date(today));
        await command.ExecuteNonQueryAsync(ct);
    }

    public static async Task KeepPlansAsync(NpgsqlConnection connection, IEnumerable<PlanChanged> changes, DateOnly today, CancellationToken ct)
    {
        var rows = changes.DistinctBy(p => (p.Episode.EpisodeId, p.At, p.PlanVersion)).ToList();
        if (rows.Count == 0)
            return;
        await using var command = connection.Command(
            $"""
            WITH written AS (
              INSERT INTO metrics.plan (episode_id, at, plan_version, person_id, anticipatory, current_from, ended_on, effective)
              SELECT i.*, coalesce(i.ended_on, i.current_from)
              FROM unnest($1, $2, $3, $4, $5, $6, $7) AS i (episode_id, at, plan_version, person_id, anticipatory, current_from, ended_on)
              ON CONFLICT DO NOTHING
              RETURNING effective
            )
            {MarkPlans("SELECT min(effective) FROM written", "$8")}
            """,
            Column(rows, NpgsqlDbType.Uuid, p => p.Episode.EpisodeId),
            Column(rows, NpgsqlDbType.TimestampTz, p => p.At),
            Column(rows, NpgsqlDbType.Integer, p => p.PlanVersion),
            Column(rows, NpgsqlDbType.Uuid, p => p.Episode.PersonId),
            Column(rows, NpgsqlDbType.Boolean, p => p.Anticipatory),
            Column(rows, NpgsqlDbType.Date, p => p.CurrentFrom),
            Column(rows, NpgsqlDbType.Date, p => p.EndedOn),
            Date(today));
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <param name="kind"><c>organisation</c> or <c>place</c>.</param>
    public static async Task KeepNamesAsync(NpgsqlConnection connection, string kind, IEnumerable<(string Code, string Name, long Version)> names, CancellationToken ct)
    {
        var rows = names.GroupBy(n => n.Code).Select(g => g.MaxBy(n => n.Version)).OrderBy(n => n.Code, StringComparer.Ordinal).ToList();
        if (rows.Count == 0)
            return;
        await using var command = connection.Command(
            """
            INSERT INTO metrics.area AS kept (kind, code, name, version)
            SELECT $1, i.code, i.name, i.version FROM unnest($2, $3, $4) AS i (code, name, version)
            ON CONFLICT (kind, code) DO UPDATE SET name = excluded.name, version = excluded.version WHERE excluded.version > kept.version
            """,
            new NpgsqlParameter { Value = kind },
            Text(rows, n => n.Code),
            Text(rows, n => n.Name),
            Column(rows, NpgsqlDbType.Bigint, n => n.Version));
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Writers must see each other's rows to mark what they touch. Outboxes of different modules are dispatched at the same time.</summary>
    private static async Task LockAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = connection.Command("SELECT pg_advisory_xact_lock(hashtext('metrics.fact'))");
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>A change of register, death or plan holds from its date on.</summary>
    private static string MarkPlans(string earliest, string today) =>
        $"""
        INSERT INTO metrics.dirty (metric, month)
        SELECT metric, m::date
        FROM {MetricsOf(Measures.Plans)}, ({earliest}) AS t (day), generate_series(date_trunc('month', t.day), date_trunc('month', {today}), interval '1 month') AS m
        WHERE t.day IS NOT NULL
        """;

    /// <summary>The metrics that count by a measure. Their ids are our own data.</summary>
    private static string MetricsOf(string measure) =>
        $"unnest(ARRAY[{string.Join(", ", Definitions.All.Where(d => d.Numerator.Measure == measure).Select(d => $"'{d.Id}'"))}]::text[]) AS d (metric)";
}
