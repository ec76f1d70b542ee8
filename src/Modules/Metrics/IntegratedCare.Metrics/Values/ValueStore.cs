using IntegratedCare.Metrics.Domain;
using IntegratedCare.Metrics.Events;
using Npgsql;
using NpgsqlTypes;
using static IntegratedCare.Metrics.Storage.Bulk;

namespace IntegratedCare.Metrics.Storage;

internal readonly record struct ValueKey(string Metric, string Grain, DateOnly First, string AreaKind, string Area);

/// <summary>A value as it is kept, live or published, but for when it became known.</summary>
internal sealed record KeptValue(
    ValueKey Key,
    string? Parent,
    Guid Id,
    int DefinitionVersion,
    Numbers Numbers,
    double SumOfSquares,
    long Persons,
    bool Suppressed)
{
    public bool SameNumbers(KeptValue other) => Numbers == other.Numbers && DefinitionVersion == other.DefinitionVersion;

    public bool Same(KeptValue other) => this with { Id = other.Id } == other;
}

/// <summary>Marks of what is to be computed again, and the metrics and months they are of.</summary>
internal sealed record Dirty(IReadOnlyList<long> Marks, IReadOnlySet<(string Metric, DateOnly Month)> Months);

/// <summary>What a recomputation found for one metric.</summary>
/// <param name="Values">Values computed.</param>
/// <param name="Changed">Values whose numbers are no longer those that were served.</param>
internal sealed record Recomputed(int Values, IReadOnlyList<ValueKey> Changed);

/// <summary>
/// Computes values from the facts, keeps the live ones and freezes published versions, in the caller's transaction. The one way
/// to a number: live values, recomputation, verification and restatement all come through here.
/// </summary>
/// <param name="today">In London: open spells count to here, and a running period ends here.</param>
internal sealed class ValueStore(NpgsqlConnection connection, DateOnly today, DateTimeOffset now)
{
    private const string Columns = "metric, grain, first, area_kind, area, parent, id, definition_version, numerator, denominator, value, lower95, upper95, lower998, upper998, sum_of_squares, persons, suppressed";

    private long? _watermark;

    /// <summary>Values are written by one transaction at a time. Take the time after it, so that versions follow each other in time too.</summary>
    public static async Task LockAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = connection.Command("SELECT pg_advisory_xact_lock(hashtext('metrics.value')); SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL work_mem = '32MB'");
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>
    /// When the London day has changed since the last count, whatever counts to today is to be computed again. True when it
    /// had changed; else nothing is written.
    /// </summary>
    public async Task<bool> MarkPassedAsync(CancellationToken ct)
    {
        await using var command = connection.Command(
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
            """,
            Date(today),
            Text(Definitions.All, d => d.Id));
        return await command.ExecuteScalarAsync(ct) is true;
    }

    /// <summary>Values of an older version of their definition are to be computed again.</summary>
    public async Task MarkRedefinedAsync(CancellationToken ct)
    {
        await using var command = connection.Command(
            """
            INSERT INTO metrics.dirty (metric, month)
            SELECT DISTINCT v.metric, v.first FROM metrics.value v JOIN unnest($1, $2) AS d (metric, version) USING (metric)
            WHERE v.grain = 'month' AND v.definition_version <> d.version
            """,
            Text(Definitions.All, d => d.Id),
            Column(Definitions.All, NpgsqlDbType.Integer, d => d.Version));
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>
    /// What is to be computed again, of all metrics and months those that wait longest. Read, not taken: a transaction that
    /// has written anything holds every outbox back, so it computes first and takes when it writes. What arrives meanwhile is marked anew.
    /// </summary>
    public Task<Dirty> DirtyAsync(int most, CancellationToken ct) => ReadDirtyAsync(connection.Command(
        """
        WITH chosen AS (SELECT metric, month FROM metrics.dirty GROUP BY metric, month ORDER BY min(id) LIMIT $1)
        SELECT id, metric, month FROM metrics.dirty JOIN chosen USING (metric, month)
        """, new NpgsqlParameter { Value = most }), ct);

    public Task<Dirty> DirtyAsync(IReadOnlyCollection<string> metrics, DateOnly first, DateOnly next, CancellationToken ct) => ReadDirtyAsync(connection.Command(
        "SELECT id, metric, month FROM metrics.dirty WHERE metric = ANY ($1) AND month >= $2 AND month < $3", Text(metrics, m => m), Date(first), Date(next)), ct);

    /// <summary>Takes what has been computed off the list.</summary>
    public async Task TakeAsync(Dirty dirty, CancellationToken ct)
    {
        await using var command = connection.Command("DELETE FROM metrics.dirty WHERE id = ANY ($1)", Column(dirty.Marks, NpgsqlDbType.Bigint, id => id));
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Replaces the live values of the periods that differ from those computed; writes nothing for those that do not.</summary>
    public async Task<Recomputed> RefreshAsync(MetricDefinition definition, IReadOnlyCollection<Period> periods, IReadOnlyList<KeptValue> computed, CancellationToken ct)
    {
        var kept = (await ReadAsync("value", definition.Id, periods, ct)).ToDictionary(v => v.Value.Key, v => v.Value);
        var changed = new List<ValueKey>();
        var write = new List<KeptValue>();
        foreach (var value in computed)
        {
            if (!kept.Remove(value.Key, out var before))
            {
                changed.Add(value.Key);
                write.Add(value);
            }
            else if (!value.Same(before))
            {
                write.Add(value with { Id = before.Id });
                if (!value.SameNumbers(before))
                    changed.Add(value.Key);
            }
        }

        changed.AddRange(kept.Keys);
        if (write.Count > 0)
            await WriteLiveAsync(write, ct);
        if (kept.Count > 0)
        {
            await using var delete = connection.Command("DELETE FROM metrics.value WHERE id = ANY ($1)", Column(kept.Values, NpgsqlDbType.Uuid, v => v.Id));
            await delete.ExecuteNonQueryAsync(ct);
        }

        return new Recomputed(computed.Count, changed);
    }

    /// <summary>
    /// Brings published values up to date with the live ones. With a status, everything in the periods is frozen; without one,
    /// only what is published already is restated. A version is written only where the numbers, the definition or the status
    /// changed; what was final stays final. Answers the new versions, months only: quarters are read, not announced.
    /// </summary>
    public async Task<Frozen> FreezeAsync(MetricDefinition definition, IReadOnlyCollection<Period> periods, string? status, Guid? publication, CancellationToken ct)
    {
        var published = (await ReadAsync("published_value", definition.Id, periods, ct)).ToDictionary(v => v.Value.Key);
        if (status is null && published.Count == 0)
            return new Frozen(0, []);
        var live = (await ReadAsync("value", definition.Id, periods, ct)).Select(v => v.Value).ToDictionary(v => v.Key);
        var rows = new List<(KeptValue Value, int Version, string Status)>();
        var suppress = new List<Guid>();
        foreach (var key in live.Keys.Union(published.Keys))
        {
            var was = published.GetValueOrDefault(key);
            if (was is null && status is null)
                continue;
            var value = live.GetValueOrDefault(key)
                ?? was!.Value with { Numbers = new Numbers(0, null, null, null, null, null, null), SumOfSquares = 0, Persons = 0, DefinitionVersion = definition.Version, Suppressed = false };
            var as_ = was?.Status == "final" ? "final" : status ?? was!.Status!;
            if (was is not null && was.Status == as_ && value.SameNumbers(was.Value))
            {
                if (value.Suppressed && !was.Value.Suppressed)
                    suppress.Add(was.Value.Id);
                continue;
            }

            rows.Add((value with { Id = Guid.CreateVersion7() }, (was?.Version ?? 0) + 1, as_));
        }

        if (suppress.Count > 0)
        {
            // A sibling became small: this value now has to be hidden with it.
            await using var update = connection.Command("UPDATE metrics.published_value SET suppressed = true WHERE id = ANY ($1)", Column(suppress, NpgsqlDbType.Uuid, id => id));
            await update.ExecuteNonQueryAsync(ct);
        }

        if (rows.Count > 0)
            await WritePublishedAsync(rows, publication, ct);
        return new Frozen(rows.Count, [.. rows.Where(r => r.Value.Key.Grain == Period.MonthGrain).Select(r => Announce(r.Value, r.Version, r.Status))]);
    }

    /// <summary>The months and the quarters they are part of, as far as they have begun.</summary>
    public IReadOnlyList<Period> PeriodsOf(IEnumerable<DateOnly> months) =>
        [.. months.Select(Period.MonthOf).Concat(months.Select(Period.QuarterOf)).Distinct().Where(p => p.First <= today)];

    /// <summary>Values of all areas in some periods, from the facts alone.</summary>
    public async Task<IReadOnlyList<KeptValue>> ComputeAsync(MetricDefinition definition, IReadOnlyCollection<Period> periods, CancellationToken ct)
    {
        if (periods.Count == 0)
            return [];
        await using var command = connection.Command(
            MeasureSql.Of(definition),
            Text(periods, p => p.Grain),
            Column(periods, NpgsqlDbType.Date, p => p.First),
            Column(periods, NpgsqlDbType.Date, p => p.Next),
            Date(today));
        var cells = new List<Cell>();
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
            {
                var (of, days) = (reader.Nullable<long>(8), reader.GetInt64(9));
                cells.Add(new Cell(
                    new ValueKey(definition.Id, reader.GetString(0), reader.GetFieldValue<DateOnly>(1), reader.GetString(2), reader.GetString(3)),
                    reader.Text(4), reader.GetInt64(5), reader.GetInt64(6), reader.GetInt64(7), of is { } o ? (double)o / days : null));
            }
        }

        return [.. cells.GroupBy(c => (c.Key.Grain, c.Key.First, c.Key.AreaKind, c.Parent)).SelectMany(siblings =>
        {
            var hidden = SmallNumbers.Hidden(definition, siblings.Key.Parent is not null, [.. siblings.Select(c => (c.Key.Area, (double)c.Numerator, c.Denominator, c.Persons))]);
            return siblings.Select(c => new KeptValue(c.Key, c.Parent, Guid.CreateVersion7(), definition.Version,
                Numbers.Of(definition, c.Numerator, c.Denominator, c.SumOfSquares), c.SumOfSquares, c.Persons, hidden.Contains(c.Key.Area)));
        })];
    }

    private async Task<IReadOnlyList<Stored>> ReadAsync(string table, string metric, IReadOnlyCollection<Period> periods, CancellationToken ct)
    {
        var published = table == "published_value";
        await using var command = connection.Command(
            $"""
            SELECT {Columns}, {(published ? "version, status" : "0, NULL")}
            FROM metrics.{table} JOIN unnest($2, $3) AS p (grain, first) USING (grain, first)
            WHERE metric = $1{(published ? " AND superseded_at IS NULL" : "")}
            """,
            new NpgsqlParameter { Value = metric },
            Text(periods, p => p.Grain),
            Column(periods, NpgsqlDbType.Date, p => p.First));
        var rows = new List<Stored>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            rows.Add(new Stored(Read(reader), reader.GetInt32(18), reader.Text(19)));
        return rows;
    }

    internal static KeptValue Read(NpgsqlDataReader reader) => new(
        new ValueKey(reader.GetString(0), reader.GetString(1), reader.GetFieldValue<DateOnly>(2), reader.GetString(3), reader.GetString(4)),
        reader.Text(5), reader.GetGuid(6), reader.GetInt32(7),
        new Numbers(reader.GetDouble(8), reader.Nullable<double>(9), reader.Nullable<double>(10), reader.Nullable<double>(11),
            reader.Nullable<double>(12), reader.Nullable<double>(13), reader.Nullable<double>(14)),
        reader.GetDouble(15), reader.GetInt64(16), reader.GetBoolean(17));

    private async Task WriteLiveAsync(IReadOnlyCollection<KeptValue> rows, CancellationToken ct)
    {
        await using var command = connection.Command(
            $"""
            INSERT INTO metrics.value AS kept ({Columns}, known_at, watermark)
            SELECT i.*, $19, $20
            FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) AS i
            ON CONFLICT (metric, grain, first, area_kind, area) DO UPDATE SET parent = excluded.parent, definition_version = excluded.definition_version,
              numerator = excluded.numerator, denominator = excluded.denominator, value = excluded.value, lower95 = excluded.lower95, upper95 = excluded.upper95,
              lower998 = excluded.lower998, upper998 = excluded.upper998, sum_of_squares = excluded.sum_of_squares, persons = excluded.persons,
              suppressed = excluded.suppressed, watermark = excluded.watermark, xid = pg_current_xact_id(),
              known_at = CASE WHEN (kept.definition_version, kept.numerator, kept.denominator, kept.value, kept.lower95, kept.upper95, kept.lower998, kept.upper998)
                  IS DISTINCT FROM (excluded.definition_version, excluded.numerator, excluded.denominator, excluded.value, excluded.lower95, excluded.upper95, excluded.lower998, excluded.upper998)
                THEN excluded.known_at ELSE kept.known_at END
            """, [.. Parameters([.. rows]), Instant(now), Watermark()]);
        await command.ExecuteNonQueryAsync(ct);
    }

    private async Task WritePublishedAsync(List<(KeptValue Value, int Version, string Status)> rows, Guid? publication, CancellationToken ct)
    {
        var values = rows.ConvertAll(r => r.Value);
        var parameters = Parameters(values);
        await using (var close = connection.Command(
            """
            UPDATE metrics.published_value v SET superseded_at = $6
            FROM unnest($1, $2, $3, $4, $5) AS i (metric, grain, first, area_kind, area)
            WHERE v.superseded_at IS NULL AND (v.metric, v.grain, v.first, v.area_kind, v.area) = (i.metric, i.grain, i.first, i.area_kind, i.area)
            """, [.. parameters.Take(5).Select(p => p.Clone()), Instant(now)]))
        {
            await close.ExecuteNonQueryAsync(ct);
        }

        await using var insert = connection.Command(
            $"""
            INSERT INTO metrics.published_value ({Columns}, version, status, publication_id, known_at, watermark)
            SELECT i.*, $21, $22, $23
            FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20) AS i
            """,
            [
                .. parameters, Column(rows, NpgsqlDbType.Integer, r => r.Version), Text(rows, r => r.Status),
                new NpgsqlParameter { Value = (object?)publication ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid }, Instant(now), Watermark(),
            ]);
        await insert.ExecuteNonQueryAsync(ct);
    }

    private NpgsqlParameter Watermark() => new() { Value = _watermark ?? throw new InvalidOperationException("What is dirty is read before values are written.") };

    private static NpgsqlParameter[] Parameters(IReadOnlyCollection<KeptValue> rows) =>
    [
        Text(rows, v => v.Key.Metric), Text(rows, v => v.Key.Grain), Column(rows, NpgsqlDbType.Date, v => v.Key.First), Text(rows, v => v.Key.AreaKind), Text(rows, v => v.Key.Area),
        Text(rows, v => v.Parent), Column(rows, NpgsqlDbType.Uuid, v => v.Id), Column(rows, NpgsqlDbType.Integer, v => v.DefinitionVersion),
        Column(rows, NpgsqlDbType.Double, v => v.Numbers.Numerator), Column(rows, NpgsqlDbType.Double, v => v.Numbers.Denominator), Column(rows, NpgsqlDbType.Double, v => v.Numbers.Value),
        Column(rows, NpgsqlDbType.Double, v => v.Numbers.Lower95), Column(rows, NpgsqlDbType.Double, v => v.Numbers.Upper95),
        Column(rows, NpgsqlDbType.Double, v => v.Numbers.Lower998), Column(rows, NpgsqlDbType.Double, v => v.Numbers.Upper998),
        Column(rows, NpgsqlDbType.Double, v => v.SumOfSquares), Column(rows, NpgsqlDbType.Bigint, v => v.Persons), Column(rows, NpgsqlDbType.Boolean, v => v.Suppressed),
    ];

    private PublishedValue Announce(KeptValue value, int version, string status) => new(
        value.Id, value.Key.Metric, value.DefinitionVersion, value.Key.AreaKind, value.Key.Area, Period.Of(value.Key.Grain, value.Key.First).Text, version,
        value.Numbers.Numerator, value.Numbers.Denominator, value.Numbers.Value, value.Numbers.Lower95, value.Numbers.Upper95, status, now);

    private async Task<Dirty> ReadDirtyAsync(NpgsqlCommand command, CancellationToken ct)
    {
        await using var own = command;
        // Before anything is computed: what is below has been seen by all that follows.
        await using (var watermark = connection.Command("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"))
            _watermark = (long)(await watermark.ExecuteScalarAsync(ct))!;
        var marks = new List<long>();
        var pairs = new HashSet<(string, DateOnly)>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            marks.Add(reader.GetInt64(0));
            pairs.Add((reader.GetString(1), reader.GetFieldValue<DateOnly>(2)));
        }

        return new Dirty(marks, pairs);
    }

    private sealed record Stored(KeptValue Value, int Version, string? Status);

    private sealed record Cell(ValueKey Key, string? Parent, long Numerator, long SumOfSquares, long Persons, double? Denominator);
}

/// <summary>What a freeze wrote: all grains counted, months announced.</summary>
internal sealed record Frozen(int Versions, IReadOnlyList<PublishedValue> Announced);
