using IntegratedCare.Contracts.Storage;
using IntegratedCare.Metrics.Events;
using IntegratedCare.Shared.Outbox;
using Npgsql;

namespace IntegratedCare.Contracts.Reactions;

/// <summary>Keeps published values: what settlements freeze. The highest version of a value wins, in whatever order they come.</summary>
internal sealed class OnValuesPublished : Reaction<ValuesPublished, ContractsDb>
{
    protected override Task ApplyAsync(ContractsDb db, IReadOnlyList<Delivered<ValuesPublished>> run, CancellationToken ct) =>
        PublishedValues.KeepAsync(db, run.SelectMany(d => d.Event.Values), ct);
}

/// <summary>Keeps restated values. Settlements already made keep what they froze; settling again makes the next version.</summary>
internal sealed class OnValuesRestated : Reaction<ValuesRestated, ContractsDb>
{
    protected override Task ApplyAsync(ContractsDb db, IReadOnlyList<Delivered<ValuesRestated>> run, CancellationToken ct) =>
        PublishedValues.KeepAsync(db, run.SelectMany(d => d.Event.Values), ct);
}

internal static class PublishedValues
{
    public static async Task KeepAsync(ContractsDb db, IEnumerable<PublishedValue> values, CancellationToken ct)
    {
        var latest = values.GroupBy(v => (v.Metric, v.AreaKind, v.Area, v.Period)).Select(g => g.MaxBy(v => v.Version)!).ToList();
        await using var command = new NpgsqlCommand(
            """
            INSERT INTO contracts.published_value (metric, area_kind, area, period, value_id, definition_version, version, numerator, status, known_at)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            ON CONFLICT (metric, area_kind, area, period) DO UPDATE SET value_id = excluded.value_id, definition_version = excluded.definition_version,
              version = excluded.version, numerator = excluded.numerator, status = excluded.status, known_at = excluded.known_at
            WHERE excluded.version > published_value.version
            """, await db.NpgsqlAsync(ct))
        {
            Parameters =
            {
                new() { Value = latest.Select(v => v.Metric).ToArray() },
                new() { Value = latest.Select(v => v.AreaKind).ToArray() },
                new() { Value = latest.Select(v => v.Area).ToArray() },
                new() { Value = latest.Select(v => v.Period).ToArray() },
                new() { Value = latest.Select(v => v.ValueId).ToArray() },
                new() { Value = latest.Select(v => v.DefinitionVersion).ToArray() },
                new() { Value = latest.Select(v => v.Version).ToArray() },
                new() { Value = latest.Select(v => v.Numerator).ToArray() },
                new() { Value = latest.Select(v => v.Status).ToArray() },
                new() { Value = latest.Select(v => v.KnownAt.ToUniversalTime()).ToArray() },
            },
        };
        await command.ExecuteNonQueryAsync(ct);
    }
}
