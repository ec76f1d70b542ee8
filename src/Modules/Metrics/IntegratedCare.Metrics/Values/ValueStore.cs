using IntegratedCare.Metrics.Definitions;
using IntegratedCare.Metrics.Events;
using Npgsql;
using NpgsqlTypes;
using static IntegratedCare.Shared.Documents.SqlParameters;

namespace IntegratedCare.Metrics.Values;

/// <summary>The number of versions written, and the events of the monthly ones; quarters have no event.</summary>
internal sealed record NewVersions(int Count, IReadOnlyList<PublishedValue> Months)
{
    public static readonly NewVersions None = new(0, []);
}

/// <summary>Writes live values, and every version of published ones, in the session's transaction.</summary>
/// <param name="knownAt">Read under the lock of values, so that later versions have later times.</param>
/// <param name="watermark">Every transaction below it had been seen when the values were computed.</param>
internal sealed class ValueStore(MetricsSession session, DateTimeOffset knownAt, long watermark)
{
    /// <summary>In the order of <see cref="Read"/> and <see cref="Parameters"/>.</summary>
    public const string Columns =
        "metric, grain, first, area_kind, area, parent, id, definition_version, numerator, denominator, value, lower95, upper95, lower998, upper998, "
        + "sum_of_squares, persons, suppressed";

    /// <summary>Replaces the live values of some periods by those computed. Writes only those that differ; answers those whose numbers did.</summary>
    public async Task<IReadOnlyList<ValueKey>> ReplaceLiveAsync(
        MetricDefinition definition, IReadOnlyCollection<Period> periods, IReadOnlyList<KeptValue> computed, CancellationToken ct)
    {
        var kept = await LiveAsync(definition.Id, periods, ct);
        var changed = new List<ValueKey>();
        var write = new List<KeptValue>();
        foreach (var value in computed)
        {
            if (!kept.Remove(value.Key, out var before))
            {
                changed.Add(value.Key);
                write.Add(value);
            }
            else if (value with { Id = before.Id } is var next && next != before)
            {
                write.Add(next);
                if (!next.HasNumbersOf(before))
                    changed.Add(value.Key);
            }
        }

        changed.AddRange(kept.Keys);
        if (write.Count > 0)
            await WriteLiveAsync(write, ct);
        if (kept.Count > 0)
            await session.ExecuteAsync("DELETE FROM metrics.value WHERE id = ANY ($1)", ct, Column(kept.Values, NpgsqlDbType.Uuid, v => v.Id));
        return changed;
    }

    /// <summary>
    /// Freezes the live values of some periods. A version is written only where the numbers, the definition or the status changed; what
    /// was final stays final.
    /// </summary>
    public async Task<NewVersions> PublishAsync(
        MetricDefinition definition, IReadOnlyCollection<Period> periods, string status, Guid publication, CancellationToken ct) =>
        await WriteVersionsAsync(definition, await PublishedAsync(definition.Id, periods, ct), await LiveAsync(definition.Id, periods, ct), status, publication,
            ct);

    /// <summary>Writes a new version of each published value whose numbers, or whose definition, are no longer those of the live one.</summary>
    public async Task<NewVersions> RestateAsync(MetricDefinition definition, IReadOnlyCollection<Period> periods, CancellationToken ct)
    {
        if (periods.Count == 0 || await PublishedAsync(definition.Id, periods, ct) is not { Count: > 0 } published)
            return NewVersions.None;
        var live = await LiveAsync(definition.Id, periods, ct);
        foreach (var unpublished in live.Keys.Except(published.Keys).ToList())
            live.Remove(unpublished);
        return await WriteVersionsAsync(definition, published, live, null, null, ct);
    }

    /// <summary>Reads a row that begins with <see cref="Columns"/>.</summary>
    public static KeptValue Read(NpgsqlDataReader reader) => new(
        new ValueKey(reader.GetString(0), reader.GetString(1), reader.GetFieldValue<DateOnly>(2), reader.GetString(3), reader.GetString(4)),
        reader.Text(5), reader.GetGuid(6), reader.GetInt32(7),
        new Numbers(reader.GetDouble(8), reader.Nullable<double>(9), reader.Nullable<double>(10), reader.Nullable<double>(11),
            reader.Nullable<double>(12), reader.Nullable<double>(13), reader.Nullable<double>(14)),
        reader.GetDouble(15), reader.GetInt64(16), reader.GetBoolean(17));

    /// <param name="status">The status of the new versions; null keeps each value's present status.</param>
    private async Task<NewVersions> WriteVersionsAsync(
        MetricDefinition definition,
        IReadOnlyDictionary<ValueKey, PublishedVersion> published,
        IReadOnlyDictionary<ValueKey, KeptValue> live,
        string? status,
        Guid? publication,
        CancellationToken ct)
    {
        var versions = new List<PublishedVersion>();
        var suppress = new List<Guid>();
        foreach (var key in live.Keys.Union(published.Keys))
        {
            var before = published.GetValueOrDefault(key);
            // A published value without a live one becomes 0; it does not disappear.
            var value = live.GetValueOrDefault(key) ?? before!.Value.Emptied(definition.Version);
            var next = before?.Status == "final" ? "final" : status ?? before!.Status;
            if (before is null || before.Status != next || !value.HasNumbersOf(before.Value))
                versions.Add(new PublishedVersion(value with { Id = Guid.CreateVersion7() }, (before?.Version ?? 0) + 1, next));
            else if (value.Suppressed && !before.Value.Suppressed)
                suppress.Add(before.Value.Id);
        }

        if (suppress.Count > 0)
        {
            // A sibling became small: this value now has to be hidden with it.
            await session.ExecuteAsync(
                "UPDATE metrics.published_value SET suppressed = true WHERE id = ANY ($1)", ct, Column(suppress, NpgsqlDbType.Uuid, id => id));
        }

        if (versions.Count > 0)
            await WritePublishedAsync(versions, publication, ct);
        return new NewVersions(versions.Count, [.. versions.Where(v => v.Value.Key.Grain == Period.MonthGrain).Select(v => v.ToEvent(knownAt))]);
    }

    private async Task<Dictionary<ValueKey, KeptValue>> LiveAsync(string metric, IReadOnlyCollection<Period> periods, CancellationToken ct)
    {
        await using var command = await session.CommandAsync(
            $"SELECT {Columns} FROM metrics.value JOIN unnest($2, $3) AS p (grain, first) USING (grain, first) WHERE metric = $1",
            ct, metric, Text(periods, p => p.Grain), Column(periods, NpgsqlDbType.Date, p => p.First));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var values = new Dictionary<ValueKey, KeptValue>();
        while (await reader.ReadAsync(ct))
        {
            var value = Read(reader);
            values.Add(value.Key, value);
        }

        return values;
    }

    /// <summary>The current versions.</summary>
    private async Task<Dictionary<ValueKey, PublishedVersion>> PublishedAsync(string metric, IReadOnlyCollection<Period> periods, CancellationToken ct)
    {
        await using var command = await session.CommandAsync(
            $"""
            SELECT {Columns}, version, status FROM metrics.published_value JOIN unnest($2, $3) AS p (grain, first) USING (grain, first)
            WHERE metric = $1 AND superseded_at IS NULL
            """, ct, metric, Text(periods, p => p.Grain), Column(periods, NpgsqlDbType.Date, p => p.First));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var versions = new Dictionary<ValueKey, PublishedVersion>();
        while (await reader.ReadAsync(ct))
        {
            var value = Read(reader);
            versions.Add(value.Key, new PublishedVersion(value, reader.GetInt32(18), reader.GetString(19)));
        }

        return versions;
    }

    private Task WriteLiveAsync(IReadOnlyCollection<KeptValue> rows, CancellationToken ct) => session.ExecuteAsync(
        $"""
        INSERT INTO metrics.value AS kept ({Columns}, known_at, watermark)
        SELECT i.*, $19, $20
        FROM unnest({Unnested(18)}) AS i
        ON CONFLICT (metric, grain, first, area_kind, area) DO UPDATE SET parent = excluded.parent, definition_version = excluded.definition_version,
          numerator = excluded.numerator, denominator = excluded.denominator, value = excluded.value, lower95 = excluded.lower95, upper95 = excluded.upper95,
          lower998 = excluded.lower998, upper998 = excluded.upper998, sum_of_squares = excluded.sum_of_squares, persons = excluded.persons,
          suppressed = excluded.suppressed, watermark = excluded.watermark, xid = pg_current_xact_id(),
          known_at = CASE
            WHEN (kept.definition_version, kept.numerator, kept.denominator, kept.value, kept.lower95, kept.upper95, kept.lower998, kept.upper998)
              IS DISTINCT FROM (excluded.definition_version, excluded.numerator, excluded.denominator, excluded.value, excluded.lower95, excluded.upper95,
                excluded.lower998, excluded.upper998)
            THEN excluded.known_at ELSE kept.known_at END
        """, ct, [.. Parameters(rows), Instant(knownAt), watermark]);

    private async Task WritePublishedAsync(List<PublishedVersion> versions, Guid? publication, CancellationToken ct)
    {
        var values = versions.ConvertAll(v => v.Value);
        await session.ExecuteAsync(
            """
            UPDATE metrics.published_value v SET superseded_at = $6
            FROM unnest($1, $2, $3, $4, $5) AS i (metric, grain, first, area_kind, area)
            WHERE v.superseded_at IS NULL AND (v.metric, v.grain, v.first, v.area_kind, v.area) = (i.metric, i.grain, i.first, i.area_kind, i.area)
            """, ct, [.. KeyParameters(values), Instant(knownAt)]);
        await session.ExecuteAsync(
            $"""
            INSERT INTO metrics.published_value ({Columns}, version, status, publication_id, known_at, watermark)
            SELECT i.*, $21, $22, $23
            FROM unnest({Unnested(20)}) AS i
            """, ct,
            [
                .. Parameters(values), Column(versions, NpgsqlDbType.Integer, v => v.Version), Text(versions, v => v.Status),
                new NpgsqlParameter { Value = (object?)publication ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid }, Instant(knownAt), watermark,
            ]);
    }

    private static string Unnested(int columns) => string.Join(", ", Enumerable.Range(1, columns).Select(i => $"${i}"));

    private static NpgsqlParameter[] KeyParameters(IReadOnlyCollection<KeptValue> rows) =>
    [
        Text(rows, v => v.Key.Metric), Text(rows, v => v.Key.Grain), Column(rows, NpgsqlDbType.Date, v => v.Key.First), Text(rows, v => v.Key.AreaKind),
        Text(rows, v => v.Key.Area),
    ];

    private static NpgsqlParameter[] Parameters(IReadOnlyCollection<KeptValue> rows) =>
    [
        .. KeyParameters(rows),
        Text(rows, v => v.Parent),
        Column(rows, NpgsqlDbType.Uuid, v => v.Id),
        Column(rows, NpgsqlDbType.Integer, v => v.DefinitionVersion),
        Column(rows, NpgsqlDbType.Double, v => v.Numbers.Numerator),
        Column(rows, NpgsqlDbType.Double, v => v.Numbers.Denominator),
        Column(rows, NpgsqlDbType.Double, v => v.Numbers.Value),
        Column(rows, NpgsqlDbType.Double, v => v.Numbers.Lower95),
        Column(rows, NpgsqlDbType.Double, v => v.Numbers.Upper95),
        Column(rows, NpgsqlDbType.Double, v => v.Numbers.Lower998),
        Column(rows, NpgsqlDbType.Double, v => v.Numbers.Upper998),
        Column(rows, NpgsqlDbType.Double, v => v.SumOfSquares),
        Column(rows, NpgsqlDbType.Bigint, v => v.Persons),
        Column(rows, NpgsqlDbType.Boolean, v => v.Suppressed),
    ];
}
