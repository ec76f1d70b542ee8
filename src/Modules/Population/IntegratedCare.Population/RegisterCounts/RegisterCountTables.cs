using IntegratedCare.Shared.Documents;
using Weasel.Core;
using Weasel.Postgresql;
using Npgsql;

namespace IntegratedCare.Population.RegisterCounts;

/// <summary>Practices whose person-days must be counted again, and the last published count of each practice and month.</summary>
internal static class RegisterCountTables
{
    public static IEnumerable<ISchemaObject> Of(string schema) =>
    [
        ModuleTables.Table(schema, "register_dirty").With("practice text not null").Key("practice"),
        ModuleTables.Table(schema, "register_count")
            .With("practice text not null", "month date not null", "version bigint not null", "digest text not null")
            .Key("practice", "month"),
        new Sequence(new PostgresqlObjectName(schema, "register_count_version", SchemaUtils.IdentifierUsage.General)),
    ];

    /// <summary>Marks practices whose person-days must be counted again. A mark is always written, so that one made during a count is kept.</summary>
    public static async Task MarkForRecountAsync(this PopulationSession session, IEnumerable<string> practices, CancellationToken ct)
    {
        string[] sorted = [.. practices.Order()];
        if (sorted.Length == 0)
            return;
        await session.ExecuteAsync(
            "INSERT INTO population.register_dirty SELECT unnest($1) ON CONFLICT (practice) DO UPDATE SET practice = excluded.practice", ct,
            new NpgsqlParameter { Value = sorted });
    }
}
