using System.Text;
using DiffPlex;
using DiffPlex.DiffBuilder;
using DiffPlex.DiffBuilder.Model;
using IntegratedCare.Testing;
using Npgsql;

namespace IntegratedCare.System.Tests;

/// <summary>
/// The schema that the migrations make, whole: tables that only raw SQL uses, indexes, constraints, triggers. It is kept beside this
/// file, one text a module, so that a change of it is seen in review. After a migration:
/// <c>UPDATE_SNAPSHOTS=1 dotnet test tests/IntegratedCare.System.Tests --filter FullyQualifiedName~SchemaTests</c>, then commit.
/// </summary>
public sealed class SchemaTests : IAsyncLifetime
{
    private TestDatabase _database = null!;

    public static TheoryData<string> Schemas => [.. ModuleOnDisk.All.Select(m => m.Schema)];

    public async Task InitializeAsync() => _database = await TestApp.CreateDatabaseAsync();

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Theory]
    [MemberData(nameof(Schemas))]
    public async Task The_schema_is_the_one_that_was_reviewed(string schema)
    {
        var path = Path.Combine(Repository.Root, "tests", "IntegratedCare.System.Tests", "Schemas", $"{schema}.verified.txt");
        var actual = await DescribeAsync(_database.ConnectionString, schema);
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") is { Length: > 0 })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, actual, new UTF8Encoding(false));
        }

        File.Exists(path).ShouldBeTrue($"There is no {path}. {Refresh}");
        var difference = Difference((await File.ReadAllTextAsync(path)).ReplaceLineEndings("\n"), actual);
        Assert.True(difference.Length == 0, $"The schema {schema} is not the one in {Path.GetFileName(path)}. If that is meant: {Refresh}\n{difference}");
    }

    [Theory]
    [InlineData("DROP INDEX population.record_waiting", "-   index record_waiting")]
    [InlineData("ALTER TABLE population.record ADD COLUMN surplus int", "+   surplus integer")]
    [InlineData("ALTER TABLE population.event ALTER COLUMN payload DROP NOT NULL", "+   payload text")]
    [InlineData("ALTER TABLE population.load_reject DROP CONSTRAINT load_reject_pkey", "-   constraint load_reject_pkey")]
    [InlineData("ALTER TABLE population.event ALTER COLUMN kind SET DEFAULT 'spell'", "+   kind text NOT NULL DEFAULT 'spell'")]
    public async Task A_schema_that_differs_is_found(string change, string told)
    {
        var before = await DescribeAsync(_database.ConnectionString, "population");
        await using (var source = NpgsqlDataSource.Create(_database.ConnectionString))
        await using (var command = source.CreateCommand(change))
            await command.ExecuteNonQueryAsync();
        Difference(before, await DescribeAsync(_database.ConnectionString, "population")).ShouldContain(told);
    }

    private const string Refresh = "UPDATE_SNAPSHOTS=1 dotnet test tests/IntegratedCare.System.Tests --filter FullyQualifiedName~SchemaTests, review the "
        + "difference, commit.";

    /// <summary>The lines that differ, each under the table it belongs to.</summary>
    internal static string Difference(string before, string after)
    {
        var text = new StringBuilder();
        string? table = null, shown = null;
        foreach (var line in new InlineDiffBuilder(new Differ()).BuildDiffModel(before, after).Lines)
        {
            if (line.Text.StartsWith("table ", StringComparison.Ordinal))
                table = line.Text;
            if (line.Type is not (ChangeType.Inserted or ChangeType.Deleted))
                continue;
            if (table != shown && line.Text != table)
                text.Append("  ").AppendLine(shown = table);
            text.Append(line.Type == ChangeType.Inserted ? "+ " : "- ").AppendLine(line.Text);
        }

        return text.ToString();
    }

    /// <summary>
    /// Everything a schema holds, in an order of its own. Partitions by day and month are left out: which there are depends on the day; so
    /// are Marten's own functions.
    /// </summary>
    internal static async Task<string> DescribeAsync(string connectionString, string schema)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(
            """
            WITH relation AS (
              SELECT c.oid, c.relname, c.relkind, c.relpersistence, c.reloptions FROM pg_class c
              WHERE c.relnamespace = to_regnamespace($1) AND c.relkind IN ('r', 'p', 'v', 'm')
                AND NOT (c.relispartition AND pg_get_expr(c.relpartbound, c.oid) <> 'DEFAULT')),
            line (relation, part, name, text) AS (
              SELECT relname, 0, '', format('table %s%s%s%s', relname, CASE relkind WHEN 'v' THEN ' (view)' WHEN 'm' THEN ' (materialised view)' ELSE '' END,
                CASE relpersistence WHEN 'u' THEN ' UNLOGGED' ELSE '' END, coalesce(' WITH ' || reloptions::text, '') ||
                coalesce(' PARTITION BY ' || CASE relkind WHEN 'p' THEN pg_get_partkeydef(oid) END, ''))
              FROM relation
              UNION ALL
              SELECT relname, 1, lpad(attnum::text, 5, '0'), format('  %s %s%s%s%s', attname, format_type(atttypid, atttypmod),
                CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END,
                CASE attidentity WHEN 'a' THEN ' GENERATED ALWAYS AS IDENTITY' WHEN 'd' THEN ' GENERATED BY DEFAULT AS IDENTITY' ELSE '' END,
                coalesce(CASE attgenerated WHEN '' THEN ' DEFAULT ' ELSE ' GENERATED ' END || pg_get_expr(adbin, adrelid), ''))
              FROM relation JOIN pg_attribute ON attrelid = relation.oid AND attnum > 0 AND NOT attisdropped
                LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
              UNION ALL
              -- From PostgreSQL 18 on NOT NULL is a constraint too; the columns say it already.
              SELECT relname, 2, conname, format('  constraint %s %s', conname, pg_get_constraintdef(pg_constraint.oid))
              FROM relation JOIN pg_constraint ON conrelid = relation.oid AND contype <> 'n'
              UNION ALL
              SELECT relation.relname, 3, i.relname, format('  index %s%s', i.relname,
                regexp_replace(pg_get_indexdef(i.oid), '^CREATE( UNIQUE)? INDEX \S+ ON (ONLY )?\S+', '\1'))
              FROM relation JOIN pg_index ON indrelid = relation.oid JOIN pg_class i ON i.oid = indexrelid
              WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.oid AND contype IN ('p', 'u', 'x'))
              UNION ALL
              SELECT relname, 4, tgname, format('  trigger %s', pg_get_triggerdef(pg_trigger.oid)) FROM relation
                JOIN pg_trigger ON tgrelid = relation.oid AND NOT tgisinternal
              UNION ALL
              SELECT relname, 5, '', pg_get_viewdef(oid) FROM relation WHERE relkind IN ('v', 'm')
              UNION ALL
              SELECT '~', 6, proname, format('function %s(%s) %s', proname, pg_get_function_identity_arguments(oid), regexp_replace(prosrc, '\s+', ' ', 'g'))
              FROM pg_proc WHERE pronamespace = to_regnamespace($1) AND proname NOT LIKE 'mt\_%'
              UNION ALL
              SELECT '~', 7, relname, format('sequence %s', relname) FROM pg_class s
              WHERE relnamespace = to_regnamespace($1) AND relkind = 'S' AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = s.oid AND deptype IN ('a', 'i'))
              UNION ALL
              SELECT '~', 8, typname, format('type %s', typname) FROM pg_type t
              WHERE typnamespace = to_regnamespace($1) AND typtype IN ('e', 'd') )
            SELECT CASE WHEN part IN (0, 6, 7, 8) THEN E'\n' ELSE '' END || text FROM line
            ORDER BY relation COLLATE "C", part, name COLLATE "C", text COLLATE "C"
            """);
        command.Parameters.Add(new NpgsqlParameter { Value = schema });
        var text = new StringBuilder($"What the migrations make of the schema {schema}. Written by SchemaTests.\n");
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            text.Append(reader.GetString(0).ReplaceLineEndings("\n")).Append('\n');
        var described = text.ToString();
        described.ShouldContain("table outbox");
        return described;
    }
}
