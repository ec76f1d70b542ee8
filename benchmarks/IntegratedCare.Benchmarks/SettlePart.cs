using System.Diagnostics;
using IntegratedCare.Contracts;
using IntegratedCare.Contracts.Settlements;
using IntegratedCare.Contracts.Spend;
using Npgsql;
using NpgsqlTypes;

namespace IntegratedCare.Benchmarks;

/// <summary>
/// 500 risk-shares over a year of a whole care system, each settled as a party would: a proposal posted, its costs read, frozen,
/// computed, stored and answered. The floor is one SQL statement by hand that reads the same costs.
/// </summary>
internal static class SettlePart
{
    private const int AtOnce = 4;

    public static async Task<Comparison> RunAsync(Product product, YearOfCosts year, int rounds, CancellationToken ct)
    {
        var scopes = YearOfCosts.Scopes;
        using var agreements = await Agreements.MakeAsync(product, scopes, ct);
        await using var connection = await product.Source.OpenConnectionAsync(ct);
        await PrepareFloorAsync(connection, scopes, ct);
        // Also says what each benchmark is measured by, and warms the floor up. The product's first round, cold, counts as any other.
        var known = await FloorAsync(connection, ct);
        var results = new List<(LoadResult, LoadResult, double?)>();
        for (var round = 0; round < rounds; round++)
        {
            var bare = round % 2 == 0 ? await OnceAsync(scopes.Count, () => FloorAsync(connection, ct)) : null;
            var ours = await ProposeAsync(agreements, known, round, ct);
            await CheckAsync(connection, agreements, known, round, ct);
            bare ??= await OnceAsync(scopes.Count, () => FloorAsync(connection, ct));
            var drained = await product.DrainAsync(ct);
            results.Add((ours, bare, drained));
        }

        return new Comparison("settle", $"{scopes.Count} risk-shares proposed and stored, {AtOnce} at once, a year of {year.Persons:N0} persons ({year.Facts:N0} cost facts)", "SQL aggregate", "risk-shares/s", 1, results);
    }

    private static async Task<LoadResult> ProposeAsync(Agreements agreements, Dictionary<int, Costs> known, int round, CancellationToken ct)
    {
        var bodies = agreements.Proposals.Select(p => p.Body(known[p.Index].Price - known[p.Index].PriceCut, round)).ToArray();
        var next = -1;
        return await LoadGenerator.RunAsync(AtOnce, Timeout.InfiniteTimeSpan, _ => async () =>
        {
            var at = Interlocked.Increment(ref next);
            if (at >= bodies.Length)
                return false;
            await LoadGenerator.PostAsync(agreements.Commissioner, agreements.Proposals[at].Path, bodies[at], "application/json");
            return true;
        }, ct);
    }

    /// <summary>Each risk-share has a new settlement, whose frozen costs are those of the floor to the penny most of them move money, and thresholds, caps and floors hold some of them.</summary>
    private static async Task CheckAsync(NpgsqlConnection connection, Agreements agreements, Dictionary<int, Costs> known, int round, CancellationToken ct)
    {
        var byId = agreements.Proposals.ToDictionary(p => p.RiskShare, p => p.Index);
        await using var command = new NpgsqlCommand("SELECT risk_share_id, bytes FROM contracts.mt_doc_settlement JOIN contracts.statement USING (id) WHERE number = $1 AND status = 'proposed'", connection) { Parameters = { new() { Value = round + 1 } } };
        await using var reader = await command.ExecuteReaderAsync(ct);
        var (seen, moving, withheld, capped, floored) = (0, 0, 0, 0, 0);
        while (await reader.ReadAsync(ct))
        {
            var (n, statement) = (byId[reader.GetGuid(0)], Statement.FromBytes(reader.GetFieldValue<byte[]>(1)));
            var (frozen, found) = (statement.Inputs.Costs!, known[n]);
            if ((frozen.PersonsWithCare, frozen.Records, frozen.Spend, frozen.Cut, frozen.ActualCost) != (found.Persons, found.Records, found.Price, found.PriceCut, found.Cost - found.CostCut))
                throw new InvalidOperationException($"The figures differ: risk-share {n} froze {frozen} and SQL finds {found}.");
            seen++;
            moving += statement.Transfers.Any(t => t.Amount != 0) ? 1 : 0;
            decimal Of(string code) => statement.Lines.First(l => l.Code == code).Result;
            withheld += Of("saving-at-price") != 0 && Of("result-to-share") == 0 ? 1 : 0;
            capped += Of("result-to-share") > 0 && Of("result-to-share") == Of("cap") ? 1 : 0;
            floored += Of("result-to-share") < 0 && Of("result-to-share") == Of("floor") ? 1 : 0;
        }

        if (seen != agreements.Proposals.Count || moving < seen / 2 || withheld == 0 || capped == 0 || floored == 0)
            throw new InvalidOperationException($"Of {agreements.Proposals.Count} risk-shares {seen} were settled; {moving} move money, {withheld} lie within the threshold, {capped} at the cap, {floored} at the floor.");
    }

    /// <summary>What a scope's care came to: at price and at cost, and what the limit for one person cuts off each.</summary>
    private sealed record Costs(long Persons, long Records, decimal Price, decimal PriceCut, decimal Cost, decimal CostCut);

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
    private static async Task<Dictionary<int, Costs>> FloorAsync(NpgsqlConnection connection, CancellationToken ct)
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
        var found = new Dictionary<int, Costs>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            found.Add(reader.GetInt32(0) - 1, new Costs(reader.GetInt64(1), reader.GetInt64(2), reader.GetDecimal(3), reader.GetDecimal(4), reader.GetDecimal(5), reader.GetDecimal(6)));
        }

        return found;
    }

    private static async Task<LoadResult> OnceAsync<T>(int count, Func<Task<T>> work)
    {
        GC.Collect();
        var started = Stopwatch.GetTimestamp();
        await work();
        var took = Stopwatch.GetElapsedTime(started);
        return new LoadResult(count, took.TotalSeconds, [took.TotalMilliseconds]);
    }
}
