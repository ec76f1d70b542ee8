using IntegratedCare.Population.RiskModels;
using IntegratedCare.Shared;
using Npgsql;

namespace IntegratedCare.Population.Stratifications;

/// <summary>
/// The set-based scoring of everybody. Each statement commits on its own: a transaction as long as the whole run would hold
/// back every reader that stops below the oldest running transaction. The next attempt drops tables that a crash leaves behind.
/// Utility statements take no parameters, so ids, dates and numbers are written into the text; text from callers is not.
/// </summary>
internal static class StratificationSql
{
    public static async Task ScoreAsync(NpgsqlConnection connection, StratificationRun run, RiskModel model, Func<string, Task> step, CancellationToken ct)
    {
        var name = run.Id.ToString("n");
        var (hit, work, score) = ($"population.risk_hit_{name}", $"population.risk_work_{name}", $"population.risk_score_{name}");
        var index = $"date '{run.IndexDate:yyyy-MM-dd}'";
        var lookBack = $"date '{model.LookBackFrom(run.IndexDate):yyyy-MM-dd}'";
        var yearBefore = $"date '{run.IndexDate.AddMonths(-12):yyyy-MM-dd}'";
        var nextDay = LondonTime.StartOf(run.IndexDate.AddDays(1)).ToString("yyyy-MM-dd HH:mm:ssZ");
        var codes = new List<string>();
        if (model.Inputs.Contains(RiskInput.InpatientDiagnoses))
            codes.Add($"SELECT person_id, d.code FROM spell, jsonb_array_elements_text(diagnoses) AS d (code) WHERE day >= {lookBack}");
        if (model.Inputs.Contains(RiskInput.Conditions))
        {
            codes.Add($"""
                SELECT person_id, data ->> 'code' FROM population.record
                WHERE kind = 'condition-recorded' AND NOT cancelled AND person_id IS NOT NULL
                  AND day <= {index} AND (ended IS NULL OR ended >= timestamptz '{nextDay}')
                """);
        }

        await RunAsync(connection, $"DROP TABLE IF EXISTS {hit}; DROP TABLE IF EXISTS {work}; DROP TABLE IF EXISTS {score}", ct);
        await step("reading");
        // The sum is numeric: exact, so that the order of records never makes two equal scores differ.
        await RunAsync(connection, $"""
            CREATE UNLOGGED TABLE {hit} AS
            WITH spell AS NOT MATERIALIZED (
              SELECT person_id, day, data ->> 'admissionMethod' AS admission_method, data -> 'diagnoses' AS diagnoses FROM population.record
              WHERE kind = 'inpatient-spell' AND NOT cancelled AND person_id IS NOT NULL
                AND day BETWEEN least({lookBack}, {yearBefore}) AND {index}),
            history AS (
              SELECT person_id,
                     count(*) FILTER (WHERE day >= {lookBack}) AS admissions,
                     count(*) FILTER (WHERE day >= {lookBack} AND jsonb_array_length(diagnoses) > 0) AS coded,
                     count(*) FILTER (WHERE day >= {yearBefore} AND left(admission_method, 1) = '2') AS emergencies
              FROM spell GROUP BY person_id),
            shown AS (
              SELECT DISTINCT c.person_id, f.code, f.points
              FROM ({string.Join(" UNION ALL ", codes)}) AS c (person_id, code)
              CROSS JOIN unnest(ARRAY[{string.Join(", ", model.CodeLengths)}]) AS l (length)
              JOIN population.risk_model_feature f ON f.code = left(c.code, l.length) AND length(c.code) >= l.length
              JOIN population.mt_doc_stratification s ON s.id = '{run.Id}' AND s.model = f.model AND s.model_version = f.version),
            total AS (
              SELECT person_id, sum(points) AS points, array_agg(code ORDER BY code COLLATE "C") AS features FROM shown GROUP BY person_id)
            SELECT person_id, coalesce(admissions, 0) AS admissions, coalesce(coded, 0) AS coded, coalesce(emergencies, 0) AS emergencies,
                   coalesce(points, 0)::float8 AS score, coalesce(features, ARRAY[]::text[]) AS features
            FROM history FULL JOIN total USING (person_id)
            """, ct);
        await RunAsync(connection, $"ANALYZE {hit}", ct);

        await step("scoring");
        // The same rules, in the same order, as RiskModel.WhyNotScorable.
        var uncoded = model.Missing.AdmissionsWithoutDiagnoses == MissingAnswer.NotScorable ? $"'{NotScorable.DiagnosesNotCoded.Code}'" : "NULL";
        var noAdmission = model.Missing.NoAdmission == MissingAnswer.NotScorable ? $"'{NotScorable.NoAdmission.Code}'" : "NULL";
        await RunAsync(connection, $"""
            CREATE UNLOGGED TABLE {work} AS
            WITH earlier AS (
              SELECT DISTINCT ON (person_id) person_id, practice FROM population.registration
              WHERE from_date <= {index} AND to_date > {index} ORDER BY person_id, from_date DESC),
            member AS (
              SELECT p.id AS person_id, p.sex, date_part('year', age({index}, p.birth_date))::int AS age,
                     CASE WHEN p.registered_from <= {index} THEN p.practice ELSE e.practice END AS practice
              FROM population.person p LEFT JOIN earlier e ON e.person_id = p.id
              WHERE p.birth_date <= {index} AND (p.death_date IS NULL OR p.death_date > {index})
                AND (p.registered_from <= {index} OR e.person_id IS NOT NULL)),
            judged AS (
              SELECT m.*, h.score AS points, coalesce(h.features, ARRAY[]::text[]) AS shown, coalesce(h.emergencies, 0)::int AS emergencies,
                     CASE WHEN m.age < {model.MinimumAge} THEN '{NotScorable.BelowAge.Code}'
                          WHEN cardinality(h.features) > 0 OR h.coded > 0 THEN NULL
                          WHEN h.admissions > 0 THEN {uncoded}
                          ELSE {noAdmission} END AS not_scorable
              FROM member m LEFT JOIN {hit} h ON h.person_id = m.person_id)
            SELECT person_id, practice, age, sex, emergencies, not_scorable,
                   CASE WHEN not_scorable IS NULL THEN coalesce(points, 0) END AS score,
                   CASE WHEN not_scorable IS NULL THEN shown ELSE ARRAY[]::text[] END AS features
            FROM judged
            """, ct);
        await RunAsync(connection, $"ANALYZE {work}", ct);

        await step("ranking");
        await RunAsync(connection, $"CREATE TABLE {score} (LIKE population.risk_score INCLUDING DEFAULTS, CHECK (run_id = '{run.Id}'))", ct);
        const string Order = "score DESC, emergencies DESC, age DESC, lot, person_id";
        await RunAsync(connection, $"""
            INSERT INTO {score} (run_id, person_id, practice, age, sex, emergency_admissions, score, not_scorable, features, rank, tier,
              system_rank, system_tier)
            WITH adults AS (SELECT practice, count(*) AS adults FROM {work} WHERE age >= {Tiers.AdultAge} GROUP BY practice),
            everybody AS (SELECT coalesce(sum(adults), 0)::bigint AS adults FROM adults),
            ranked AS (
              SELECT w.*, row_number() OVER (PARTITION BY practice ORDER BY {Order}) AS rank, row_number() OVER (ORDER BY {Order}) AS system_rank
              FROM (SELECT *, md5(person_id::text || ':{run.Seed}')::uuid AS lot FROM {work} WHERE score > 0 AND age >= {Tiers.AdultAge}) w)
            SELECT '{run.Id}'::uuid, person_id, r.practice, age, sex, emergencies, score, NULL, features,
                   rank, {TierOf("rank", "a.adults")}, system_rank, {TierOf("system_rank", "e.adults")}
            FROM ranked r JOIN adults a ON a.practice = r.practice CROSS JOIN everybody e
            UNION ALL
            SELECT '{run.Id}'::uuid, person_id, practice, age, sex, emergencies, score, not_scorable, features, NULL, NULL, NULL, NULL
            FROM {work} WHERE score IS NULL OR score <= 0 OR age < {Tiers.AdultAge}
            """, ct);
        await RunAsync(connection, $"ALTER TABLE {score} ADD PRIMARY KEY (run_id, person_id)", ct);
        await RunAsync(connection, $"DROP TABLE {hit}; DROP TABLE {work}; ANALYZE {score}", ct);
    }

    /// <summary>Attaches the run's scores as a partition, in the transaction that publishes the run.</summary>
    public static Task AttachAsync(NpgsqlConnection connection, Guid run, CancellationToken ct) =>
        RunAsync(connection, $"ALTER TABLE population.risk_score ATTACH PARTITION population.risk_score_{run:n} FOR VALUES IN ('{run}')", ct);

    /// <summary>Stores the persons who rose, fell, or kept their tier in another practice, with the features gained and lost.</summary>
    public static async Task CompareAsync(NpgsqlConnection connection, Guid run, Guid? previous, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand($"""
            INSERT INTO population.risk_change (run_id, person_id, practice, age, sex, direction, tier, previous_tier, score, previous_score, features,
              gained, lost)
            SELECT $1, t.person_id, coalesce(n.practice, o.practice), coalesce(n.age, o.age), coalesce(n.sex, o.sex),
                   CASE WHEN n.tier IS NOT DISTINCT FROM o.tier THEN 'moved' WHEN {Width("n.tier")} < {Width("o.tier")} THEN 'rose' ELSE 'fell' END,
                   n.tier, o.tier, n.score, o.score, coalesce(n.features, ARRAY[]::text[]),
                   ARRAY(SELECT unnest(n.features) EXCEPT SELECT unnest(o.features) ORDER BY 1),
                   ARRAY(SELECT unnest(o.features) EXCEPT SELECT unnest(n.features) ORDER BY 1)
            FROM (SELECT person_id FROM population.risk_score WHERE run_id = $1 AND tier IS NOT NULL
                  UNION SELECT person_id FROM population.risk_score WHERE run_id = $2 AND tier IS NOT NULL) t
            LEFT JOIN population.risk_score n ON n.run_id = $1 AND n.person_id = t.person_id
            LEFT JOIN population.risk_score o ON o.run_id = $2 AND o.person_id = t.person_id
            WHERE n.tier IS DISTINCT FROM o.tier OR n.practice IS DISTINCT FROM o.practice
            """, connection)
        {
            CommandTimeout = 0,
            Parameters = { new() { Value = run }, new() { Value = previous ?? Guid.Empty } },
        };
        await command.ExecuteNonQueryAsync(ct);
    }

    public static async Task<StratificationResult> CountAsync(NpgsqlConnection connection, Guid run, (long Proposed, long Withdrawn, long Ended) register,
        CancellationToken ct)
    {
        var notScorable = NotScorable.All.ToDictionary(n => n.Code, _ => 0L, StringComparer.Ordinal);
        var inPractice = new Dictionary<string, long>(StringComparer.Ordinal);
        var inSystem = new Dictionary<string, long>(StringComparer.Ordinal);
        long persons = 0, adults = 0, scored = 0, aboveZero = 0;
        await using (var command = new NpgsqlCommand($"""
            SELECT tier, system_tier, not_scorable, count(*), count(*) FILTER (WHERE age >= {Tiers.AdultAge}), count(score), count(*) FILTER (WHERE score > 0)
            FROM population.risk_score WHERE run_id = $1 GROUP BY 1, 2, 3
            """, connection) { CommandTimeout = 0, Parameters = { new() { Value = run } } })
        {
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                var count = reader.GetInt64(3);
                persons += count;
                adults += reader.GetInt64(4);
                scored += reader.GetInt64(5);
                aboveZero += reader.GetInt64(6);
                Add(inPractice, 0);
                Add(inSystem, 1);
                Add(notScorable, 2);

                void Add(Dictionary<string, long> counts, int column)
                {
                    if (!reader.IsDBNull(column))
                        counts[reader.GetString(column)] = counts.GetValueOrDefault(reader.GetString(column)) + count;
                }
            }
        }

        var directions = new Dictionary<string, long>(StringComparer.Ordinal);
        await using (var command = new NpgsqlCommand("SELECT direction, count(*) FROM population.risk_change WHERE run_id = $1 GROUP BY 1", connection)
        {
            Parameters = { new() { Value = run } },
        })
        {
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                directions[reader.GetString(0)] = reader.GetInt64(1);
        }

        return new StratificationResult(persons, adults, scored, aboveZero, notScorable,
            [.. Tiers.All.Select(t => new TierCount(t.Name, inPractice.GetValueOrDefault(t.Name), inSystem.GetValueOrDefault(t.Name)))],
            directions.GetValueOrDefault("rose"), directions.GetValueOrDefault("fell"), directions.GetValueOrDefault("moved"),
            register.Proposed, register.Withdrawn, register.Ended);
    }

    /// <summary>Drops a run's scores and changes in the session's transaction. Fails after two seconds if they are being read.</summary>
    public static async Task DropScoresAsync(PopulationSession session, Guid run, CancellationToken ct) => await RunAsync(await session.BeginAsync(ct), $"""
        SET LOCAL lock_timeout = '2s';
        DROP TABLE IF EXISTS population.risk_score_{run:n};
        DELETE FROM population.risk_change WHERE run_id = '{run}'
        """, ct);

    private static string TierOf(string rank, string adults) =>
        $"CASE {string.Join(' ', Tiers.All.Select(t => $"WHEN {rank} <= ({adults} * {t.PerMille} + 999) / 1000 THEN '{t.Name}'"))} END";

    private static string Width(string tier) =>
        $"CASE {tier} {string.Join(' ', Tiers.All.Select(t => $"WHEN '{t.Name}' THEN {t.PerMille}"))} ELSE 1000 END";

    private static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(ct);
    }
}
