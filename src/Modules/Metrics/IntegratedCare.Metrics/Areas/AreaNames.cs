using IntegratedCare.Shared.Documents;
using NpgsqlTypes;
using Weasel.Postgresql.Tables;
using static IntegratedCare.Shared.Documents.SqlParameters;

namespace IntegratedCare.Metrics.Areas;

/// <summary>
/// The names of areas: of practices, which are organisations, and of systems and localities, which are places. They share one table,
/// so that a value finds its area's name in one join.
/// </summary>
internal static class AreaNames
{
    public const string Organisation = "organisation";
    public const string Place = "place";

    public static Table Table(string schema) => ModuleTables.Table(schema, "area")
        .With("kind text not null", "code text not null", "name text not null", "version bigint not null")
        .Key("kind", "code");

    /// <param name="kind"><see cref="Organisation"/> or <see cref="Place"/>.</param>
    public static async Task UpsertNamesAsync(
        this MetricsSession session, string kind, IEnumerable<(string Code, string Name, long Version)> names, CancellationToken ct)
    {
        var rows = names.GroupBy(n => n.Code).Select(g => g.MaxBy(n => n.Version)).OrderBy(n => n.Code, StringComparer.Ordinal).ToList();
        if (rows.Count == 0)
            return;
        await session.ExecuteAsync(
            """
            INSERT INTO metrics.area AS kept (kind, code, name, version)
            SELECT $1, i.code, i.name, i.version FROM unnest($2, $3, $4) AS i (code, name, version)
            ON CONFLICT (kind, code) DO UPDATE SET name = excluded.name, version = excluded.version WHERE excluded.version > kept.version
            """, ct, kind, Text(rows, n => n.Code), Text(rows, n => n.Name), Column(rows, NpgsqlDbType.Bigint, n => n.Version));
    }
}
