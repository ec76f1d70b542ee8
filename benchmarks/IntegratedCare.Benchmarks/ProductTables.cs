using IntegratedCare.Contracts;
using IntegratedCare.Contracts.Agreements;
using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.RiskShares.Simulations;
using IntegratedCare.Contracts.Settlements;
using IntegratedCare.Contracts.Settlements.Engine;
using IntegratedCare.Contracts.Spend;
using IntegratedCare.Shared.Calendar;
using Npgsql;
using NpgsqlTypes;

namespace IntegratedCare.Benchmarks;

/// <summary>Rows of persons, events, records, Metrics' facts and Contracts' cost facts.</summary>
internal sealed record Kept(long Persons, long Events, long Records, long Facts, long CostFacts)
{
    /// <summary>With so many events more, each of them applied in every table.</summary>
    public Kept With(long events) => this with { Events = Events + events, Records = Records + events, Facts = Facts + events, CostFacts = CostFacts + events };
}

/// <summary>What a scope's care came to: at price and at cost, and what the limit for one person cuts off each.</summary>
internal sealed record Costs(long Persons, long Records, decimal Price, decimal PriceCut, decimal Cost, decimal CostCut);

/// <summary>An invented cost fact. Practice and care are positions in the lists it is written with.</summary>
internal readonly record struct CostFactRow(
    string RecordId, long Version, bool Counts, bool Weekly, Guid Person, DateOnly Day, DateOnly? Until, short Age, decimal Price, decimal? Cost,
    int Practice, int Care);

/// <summary>All that the benchmark knows of the product's tables: where they change, only this file does.</summary>
internal static class ProductTables
{
    private const string Source = "urn:ods:RZ1:epr";

    /// <summary>What is kept by now, in the table that acknowledges and in each that follows it.</summary>
    public static async Task<Kept> CountAsync(NpgsqlDataSource source, CancellationToken ct)
    {
        await using var count = source.CreateCommand(
            """
            SELECT (SELECT count(*) FROM population.person), (SELECT count(*) FROM population.event), (SELECT count(*) FROM population.record),
              (SELECT count(*) FROM metrics.fact), (SELECT count(*) FROM contracts.cost_fact)
            """);
        count.CommandTimeout = 300;
        await using var reader = await count.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return new Kept(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4));
    }

    /// <summary>Whether no practice's register waits to be counted.</summary>
    public static async Task<bool> RegisterIsCountedAsync(NpgsqlDataSource source, CancellationToken ct)
    {
        await using var counted = source.CreateCommand("SELECT NOT EXISTS (SELECT FROM population.register_dirty)");
        return await counted.ExecuteScalarAsync(ct) is true;
    }

    public static async Task ClearCostsAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var clear = new NpgsqlCommand(
            "TRUNCATE contracts.cost_fact, contracts.cost_area, contracts.cost_care, contracts.register_count, contracts.death", connection);
        await clear.ExecuteNonQueryAsync(ct);
    }

    public static async Task AnalyseCostsAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var analyse = new NpgsqlCommand(
            "VACUUM ANALYZE contracts.cost_fact, contracts.cost_area, contracts.cost_care, contracts.register_count", connection);
        analyse.CommandTimeout = 600;
        await analyse.ExecuteNonQueryAsync(ct);
    }

    public static void CopyAreas(NpgsqlConnection connection, IEnumerable<CostArea> areas)
    {
        using var copy = connection.BeginBinaryImport("COPY contracts.cost_area (practice, locality, place, system) FROM STDIN (FORMAT binary)");
        foreach (var area in areas)
        {
            copy.StartRow();
            copy.Write(area.Practice, NpgsqlDbType.Text);
            copy.Write(area.Locality, NpgsqlDbType.Text);
            copy.Write(area.Place, NpgsqlDbType.Text);
            copy.Write(area.System, NpgsqlDbType.Text);
        }

        copy.Complete();
    }

    public static void CopyCares(NpgsqlConnection connection, IEnumerable<CostCare> cares)
    {
        using var copy = connection.BeginBinaryImport("COPY contracts.cost_care (kind, admission_method, patient_class, provider) FROM STDIN (FORMAT binary)");
        foreach (var care in cares)
        {
            copy.StartRow();
            copy.Write(care.Kind, NpgsqlDbType.Text);
            copy.Write(care.AdmissionMethod, NpgsqlDbType.Text);
            copy.Write(care.PatientClass, NpgsqlDbType.Text);
            copy.Write(care.Provider, NpgsqlDbType.Text);
        }

        copy.Complete();
    }

    /// <param name="personDays">Of each area, month and age band alike; nobody's age is unknown.</param>
    public static void CopyRegisters(NpgsqlConnection connection, IEnumerable<CostArea> areas, IReadOnlyList<DateOnly> months, Func<DateOnly, long> personDays)
    {
        using var copy = connection.BeginBinaryImport(
            "COPY contracts.register_count (practice, month, version, locality, place, system, person_days) FROM STDIN (FORMAT binary)");
        foreach (var (area, month) in areas.SelectMany(area => months.Select(month => (area, month))))
        {
            copy.StartRow();
            copy.Write(area.Practice, NpgsqlDbType.Text);
            copy.Write(month, NpgsqlDbType.Date);
            copy.Write(1L, NpgsqlDbType.Bigint);
            copy.Write(area.Locality, NpgsqlDbType.Text);
            copy.Write(area.Place, NpgsqlDbType.Text);
            copy.Write(area.System, NpgsqlDbType.Text);
            copy.Write((long[])[.. Enumerable.Repeat(personDays(month), AgeBands.Last + 1), 0], NpgsqlDbType.Array | NpgsqlDbType.Bigint);
        }

        copy.Complete();
    }

    public static void CopyFacts(NpgsqlConnection connection, IReadOnlyList<CostArea> areas, IReadOnlyList<CostCare> cares, IEnumerable<CostFactRow> facts)
    {
        var areasByKey = Ids(connection, "cost_area", "practice");
        var caresByKey = Ids(connection, "cost_care", "kind || '|' || admission_method || '|' || patient_class || '|' || provider");
        var areaIds = areas.Select(a => areasByKey[a.Practice]).ToArray();
        var careIds = cares.Select(c => caresByKey[$"{c.Kind}|{c.AdmissionMethod}|{c.PatientClass}|{c.Provider}"]).ToArray();
        using var copy = connection.BeginBinaryImport(
            """
            COPY contracts.cost_fact (source, record_id, version, counts, weekly, person_id, day, until, age, price, cost, area_id, care_id)
            FROM STDIN (FORMAT binary)
            """);
        foreach (var fact in facts)
        {
            copy.StartRow();
            copy.Write(Source, NpgsqlDbType.Text);
            copy.Write(fact.RecordId, NpgsqlDbType.Text);
            copy.Write(fact.Version, NpgsqlDbType.Bigint);
            copy.Write(fact.Counts, NpgsqlDbType.Boolean);
            copy.Write(fact.Weekly, NpgsqlDbType.Boolean);
            copy.Write(fact.Person, NpgsqlDbType.Uuid);
            copy.Write(fact.Day, NpgsqlDbType.Date);
            if (fact.Until is { } until)
                copy.Write(until, NpgsqlDbType.Date);
            else
                copy.WriteNull();
            copy.Write(fact.Age, NpgsqlDbType.Smallint);
            copy.Write(fact.Price, NpgsqlDbType.Numeric);
            if (fact.Cost is { } cost)
                copy.Write(cost, NpgsqlDbType.Numeric);
            else
                copy.WriteNull();
            copy.Write(areaIds[fact.Practice], NpgsqlDbType.Integer);
            copy.Write(careIds[fact.Care], NpgsqlDbType.Integer);
        }

        copy.Complete();
    }

    /// <summary>Puts the scopes into a temporary table, for <see cref="AddUpAsync"/> on the same connection.</summary>
    public static async Task CreateScopesAsync(NpgsqlConnection connection, IReadOnlyList<CostScope> scopes, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            CREATE TEMP TABLE scope AS
            SELECT n::int, area_kind, area, age_from, string_to_array(kinds, ',') AS kinds, string_to_array(methods, ',') AS methods,
              string_to_array(classes, ',') AS classes, coalesce(string_to_array(excluded, ','), '{}') AS excluded, truncate_at
            FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) WITH ORDINALITY AS s (area_kind, area, age_from, kinds, methods, classes, excluded, truncate_at, n)
            """, connection)
        {
            Parameters =
            {
                Text(s => s.AreaKind),
                Text(s => s.Area),
                new() { Value = scopes.Select(s => s.AgeFrom).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer },
                List(s => s.Kinds),
                List(s => s.AdmissionMethods),
                List(s => s.PatientClasses),
                List(s => s.ExcludedProviders),
                new() { Value = scopes.Select(s => s.TruncateAt).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Numeric },
            },
        };
        await command.ExecuteNonQueryAsync(ct);
        await using var analyse = new NpgsqlCommand("ANALYZE scope", connection);
        await analyse.ExecuteNonQueryAsync(ct);

        NpgsqlParameter Text(Func<CostScope, string?> value) =>
            new() { Value = scopes.Select(value).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };
        NpgsqlParameter List(Func<CostScope, IReadOnlyList<string>?> values) => Text(s => values(s) is { } list ? string.Join(',', list) : null);
    }

    /// <summary>The costs of each scope by one statement: a person's spend in each scope, then each scope's.</summary>
    public static async Task<Dictionary<int, Costs>> AddUpAsync(NpgsqlConnection connection, Period period, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            WITH records AS (
              SELECT f.person_id, f.area_id, f.care_id, f.age, f.price, f.cost FROM contracts.cost_fact f
              WHERE counts AND NOT weekly AND day >= $1 AND day < $2
              UNION ALL
              SELECT person_id, area_id, care_id, age,
                round(price * (til - day) / 7, 2) - round(price * (greatest(day, $1) - day) / 7, 2),
                round(cost * (til - day) / 7, 2) - round(cost * (greatest(day, $1) - day) / 7, 2)
              FROM (SELECT *, least(until, $2) AS til FROM contracts.cost_fact WHERE counts AND weekly AND day < $2) w
              WHERE til > greatest(day, $1)
            ), persons AS (
              SELECT s.n, s.truncate_at, r.person_id, count(*) AS records, coalesce(sum(r.price), 0) AS price, coalesce(sum(r.cost), 0) AS cost
              FROM records r
              JOIN contracts.cost_care c ON c.id = r.care_id
              JOIN (SELECT s.*, a.id FROM scope s JOIN contracts.cost_area a
                ON s.area = CASE s.area_kind WHEN 'practice' THEN a.practice WHEN 'locality' THEN a.locality WHEN 'place' THEN a.place ELSE a.system END) s
                ON s.id = r.area_id
              WHERE c.kind = ANY (s.kinds) AND NOT c.provider = ANY (s.excluded)
                AND (c.kind <> 'inpatient-spell'
                  OR ((s.methods IS NULL OR c.admission_method = ANY (s.methods)) AND (s.classes IS NULL OR c.patient_class = ANY (s.classes))))
                AND (s.age_from IS NULL OR r.age >= s.age_from)
              GROUP BY s.n, s.truncate_at, r.person_id
            )
            SELECT n, count(*), sum(records)::bigint, sum(price), sum(greatest(price - truncate_at, 0)), sum(cost), sum(greatest(cost - truncate_at, 0))
            FROM persons GROUP BY n
            """, connection)
        {
            CommandTimeout = 1200,
            Parameters = { new() { Value = period.First }, new() { Value = period.Last.AddDays(1) } },
        };
        var found = new Dictionary<int, Costs>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            found.Add(reader.GetInt32(0) - 1, new Costs(
                reader.GetInt64(1), reader.GetInt64(2), reader.GetDecimal(3), reader.GetDecimal(4), reader.GetDecimal(5), reader.GetDecimal(6)));
        }

        return found;
    }

    private static Dictionary<string, int> Ids(NpgsqlConnection connection, string table, string key)
    {
        using var command = new NpgsqlCommand($"SELECT {key}, id FROM contracts.{table}", connection);
        using var reader = command.ExecuteReader();
        var ids = new Dictionary<string, int>();
        while (reader.Read())
            ids.Add(reader.GetString(0), reader.GetInt32(1));
        return ids;
    }
}
