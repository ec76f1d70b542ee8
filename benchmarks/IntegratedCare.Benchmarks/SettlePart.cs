using System.Diagnostics;
using IntegratedCare.Contracts.Domain;
using IntegratedCare.Contracts.Storage;
using Npgsql;
using NpgsqlTypes;

namespace IntegratedCare.Benchmarks;

/// <summary>500 risk-shares over a year of a whole care system: read their inputs, settle, write and hash the statements. The floor is one SQL statement by hand over the same tables.</summary>
internal static class SettlePart
{
    public static async Task<Comparison> RunAsync(NpgsqlDataSource source, YearOfCosts year, int rounds, CancellationToken ct)
    {
        var scopes = YearOfCosts.Scopes;
        await using var connection = await source.OpenConnectionAsync(ct);
        await PrepareFloorAsync(connection, scopes, ct);
        var results = new List<(LoadResult, LoadResult, double?)>();
        for (var round = 0; round < rounds; round++)
        {
            var (bare, floor) = await OnceAsync(() => FloorAsync(connection, ct));
            var (ours, inputs) = await OnceAsync(() => SettleAsync(connection, scopes, ct));
            Compare(inputs, floor);
            results.Add((ours, bare, null));
        }

        return new Comparison("settle", $"{scopes.Count} risk-shares read, settled and hashed, a year of {year.Persons:N0} persons ({year.Facts:N0} cost facts)", "SQL aggregate", "risk-shares/s", scopes.Count, results);
    }

    /// <summary>What the clock is around: read the inputs, settle each, write its canonical bytes and their hash.</summary>
    private static async Task<IReadOnlyList<CostInput>> SettleAsync(NpgsqlConnection connection, IReadOnlyList<CostScope> scopes, CancellationToken ct)
    {
        var inputs = await CostReader.ReadAsync(connection, scopes, YearOfCosts.Period, ct);
        foreach (var input in inputs)
        {
            var frozen = FrozenCosts.Of(input, CostTerms.Price);
            var statement = RiskShareEngine.Settle(EnginePart.Pack(Terms(input.Scope), YearOfCosts.Period.Label, new SettlementInputs(Benchmark: Math.Max(1, frozen.Spend), Costs: frozen with { Persons = Math.Max(1, frozen.Persons) })));
            _ = Statement.Sha256(statement.ToBytes());
        }

        return inputs;
    }

    private static RiskShareTerms Terms(CostScope scope) => EnginePart.Complete("symmetric-alliance", new TermsDraft(
        Measure: new(null, scope.AreaKind == CostScope.Place ? CostScope.System : scope.AreaKind, "A", MeasureTerms.CareCosts, new(TruncateAt: scope.TruncateAt))));

    private static async Task PrepareFloorAsync(NpgsqlConnection connection, IReadOnlyList<CostScope> scopes, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            CREATE TEMP TABLE scope AS
            SELECT n::int, area_kind, area, age_from, string_to_array(kinds, ',') AS kinds, string_to_array(methods, ',') AS methods, string_to_array(classes, ',') AS classes,
              coalesce(string_to_array(excluded, ','), '{}') AS excluded, truncate_at
            FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) WITH ORDINALITY AS s (area_kind, area, age_from, kinds, methods, classes, excluded, truncate_at, n)
            """, connection)
        {
            Parameters =
            {
                Text(s => s.AreaKind),
                Text(s => s.Area),
                new() { Value = scopes.Select(s => s.AgeFrom).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer },
                Text(s => string.Join(',', s.Kinds)),
                Text(s => s.AdmissionMethods is { } methods ? string.Join(',', methods) : null),
                Text(s => s.PatientClasses is { } classes ? string.Join(',', classes) : null),
                Text(s => s.ExcludedProviders is { } excluded ? string.Join(',', excluded) : null),
                new() { Value = scopes.Select(s => s.TruncateAt).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Numeric },
            },
        };
        await command.ExecuteNonQueryAsync(ct);
        await using var analyse = new NpgsqlCommand("ANALYZE scope", connection);
        await analyse.ExecuteNonQueryAsync(ct);

        NpgsqlParameter Text(Func<CostScope, string?> value) => new() { Value = scopes.Select(value).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };
    }

    /// <summary>The same figures by SQL: a person's spend in each scope, then each scope's.</summary>
    private static async Task<Dictionary<int, (long Persons, long Records, decimal Price, decimal PriceCut, decimal Cost, decimal CostCut)>> FloorAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            WITH records AS (
              SELECT f.person_id, f.area_id, f.care_id, f.age, f.price, f.cost FROM contracts.cost_fact f
              WHERE counts AND NOT weekly AND day >= $1 AND day < $2
              UNION ALL
              SELECT person_id, area_id, care_id, age,
                round(price * (til - day) / 7, 2) - round(price * (greatest(day, $1) - day) / 7, 2), round(cost * (til - day) / 7, 2) - round(cost * (greatest(day, $1) - day) / 7, 2)
              FROM (SELECT *, least(until, $2) AS til FROM contracts.cost_fact WHERE counts AND weekly AND day < $2) w
              WHERE til > greatest(day, $1)
            ), persons AS (
              SELECT s.n, s.truncate_at, r.person_id, count(*) AS records, coalesce(sum(r.price), 0) AS price, coalesce(sum(r.cost), 0) AS cost
              FROM records r
              JOIN contracts.cost_care c ON c.id = r.care_id
              JOIN (SELECT s.*, a.id FROM scope s JOIN contracts.cost_area a
                ON s.area = CASE s.area_kind WHEN 'practice' THEN a.practice WHEN 'locality' THEN a.locality WHEN 'place' THEN a.place ELSE a.system END) s ON s.id = r.area_id
              WHERE c.kind = ANY (s.kinds) AND NOT c.provider = ANY (s.excluded)
                AND (c.kind <> 'inpatient-spell' OR ((s.methods IS NULL OR c.admission_method = ANY (s.methods)) AND (s.classes IS NULL OR c.patient_class = ANY (s.classes))))
                AND (s.age_from IS NULL OR r.age >= s.age_from)
              GROUP BY s.n, s.truncate_at, r.person_id
            )
            SELECT n, count(*), sum(records)::bigint, sum(price), sum(greatest(price - truncate_at, 0)), sum(cost), sum(greatest(cost - truncate_at, 0)) FROM persons GROUP BY n
            """, connection)
        {
            CommandTimeout = 1200,
            Parameters = { new() { Value = YearOfCosts.Period.First }, new() { Value = YearOfCosts.Period.Last.AddDays(1) } },
        };
        var found = new Dictionary<int, (long, long, decimal, decimal, decimal, decimal)>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            found.Add(reader.GetInt32(0) - 1, (reader.GetInt64(1), reader.GetInt64(2), reader.GetDecimal(3), reader.GetDecimal(4), reader.GetDecimal(5), reader.GetDecimal(6)));
        }

        return found;
    }

    private static void Compare(IReadOnlyList<CostInput> inputs, Dictionary<int, (long Persons, long Records, decimal Price, decimal PriceCut, decimal Cost, decimal CostCut)> floor)
    {
        for (var i = 0; i < inputs.Count; i++)
        {
            var ours = (inputs[i].PersonsWithCare, inputs[i].Records, inputs[i].AtPrice.Before, inputs[i].AtPrice.Cut, inputs[i].AtCost.Before, inputs[i].AtCost.Cut);
            if (!floor.TryGetValue(i, out var theirs) || theirs != ours)
                throw new InvalidOperationException($"The figures differ: {inputs[i].Scope} is {ours} by the reader and {theirs} by SQL.");
        }
    }

    private static async Task<(LoadResult, T)> OnceAsync<T>(Func<Task<T>> work)
    {
        GC.Collect();
        var started = Stopwatch.GetTimestamp();
        var found = await work();
        var took = Stopwatch.GetElapsedTime(started);
        return (new LoadResult(1, took.TotalSeconds, [took.TotalMilliseconds]), found);
    }
}
