using IntegratedCare.Shared.Documents;
using Npgsql;

namespace IntegratedCare.Metrics.Values;

/// <summary>A live value, or a version of a published one, as it is stored, with its area's name.</summary>
/// <param name="Status"><c>live</c>, <c>provisional</c> or <c>final</c>.</param>
/// <param name="Version">Null for a live value.</param>
/// <param name="Watermark">Every transaction below this number had been seen when the value was computed.</param>
internal sealed record StoredValue(KeptValue Value, DateTimeOffset KnownAt, string Status, int? Version, string? AreaName, long Watermark)
{
    private static readonly string Columns = string.Join(", ", ValueStore.Columns.Split(", ").Select(c => $"v.{c}"));

    /// <summary>The start of a query over <c>v</c>, whose rows <see cref="Read"/> reads.</summary>
    public static string Select(bool published) =>
        $"""
        SELECT {Columns}, v.known_at, {(published ? "v.status, v.version" : "'live', NULL::int")}, a.name, v.watermark
        FROM metrics.{(published ? "published_value" : "value")} v
        LEFT JOIN metrics.area a ON a.kind = CASE v.area_kind WHEN 'practice' THEN 'organisation' ELSE 'place' END AND a.code = v.area
        """;

    public static StoredValue Read(NpgsqlDataReader reader) => new(
        ValueStore.Read(reader),
        reader.GetFieldValue<DateTimeOffset>(18), reader.GetString(19), reader.Nullable<int>(20), reader.Text(21), reader.GetInt64(22));

    /// <summary>A value by its id, live or of any published version.</summary>
    public static async Task<StoredValue?> FindAsync(MetricsSession session, Guid id, CancellationToken ct)
    {
        foreach (var published in (bool[])[false, true])
        {
            await using var command = await session.CommandAsync($"{Select(published)} WHERE v.id = $1", ct, id);
            await using var reader = await command.ExecuteReaderAsync(ct);
            if (await reader.ReadAsync(ct))
                return Read(reader);
        }

        return null;
    }
}
