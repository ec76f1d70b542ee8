using IntegratedCare.Shared.Documents;
using Weasel.Postgresql.Tables;

namespace IntegratedCare.Metrics.Values;

internal static class ValueTables
{
    private static readonly string[] Key = ["metric", "grain", "first", "area_kind", "area"];

    public static IEnumerable<Table> Of(string schema) =>
    [
        // One live value of each metric, period and area.
        Value(schema, "value")
            .Key(Key),

        // Every version of every published value. superseded_at closes a version when the next one is written.
        Value(schema, "published_value")
            .With("version integer not null", "status text not null", "publication_id uuid", "superseded_at timestamptz")
            .Key([.. Key, "version"])
            .Index("published_value_current", Key, unique: true, where: "superseded_at IS NULL"),
    ];

    /// <summary>The columns of the key are ordered by code points: see <c>Migrations/0001_after_ordinal_collation.sql</c>.</summary>
    private static Table Value(string schema, string name) => ModuleTables.Table(schema, name)
        .With("metric text not null", "grain text not null", "first date not null", "area_kind text not null", "area text not null", "parent text",
            "id uuid not null", "definition_version integer not null", "numerator double precision not null", "denominator double precision",
            "value double precision", "lower95 double precision", "upper95 double precision", "lower998 double precision", "upper998 double precision",
            "sum_of_squares double precision not null", "persons bigint not null", "suppressed boolean not null",
            "known_at timestamptz not null", "watermark bigint not null", "xid xid8 not null default pg_current_xact_id()")
        .Index($"{name}_id_key", ["id"], unique: true);
}
