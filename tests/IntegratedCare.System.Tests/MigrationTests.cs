using System.Reflection;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Storage;
using IntegratedCare.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace IntegratedCare.System.Tests;

/// <summary>Migrations are SQL written by hand: a database made by them must hold what EF's model expects.</summary>
public sealed class MigrationTests(TestApp app) : IClassFixture<TestApp>
{
    [Fact]
    public async Task Migrated_tables_are_what_the_models_expect()
    {
        await using var fresh = await FromModelsAsync();
        var tables = Tables();
        tables.ShouldNotBeEmpty();
        (await DifferencesAsync(app.ConnectionString, fresh.ConnectionString, tables)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("ALTER TABLE {0} DROP COLUMN {1} CASCADE; ALTER TABLE {0} ADD COLUMN {1} character(7)", "type")]
    [InlineData("ALTER TABLE {0} DROP COLUMN {1} CASCADE", "is missing")]
    [InlineData("ALTER TABLE {0} ADD COLUMN unexpected int NOT NULL DEFAULT 1; ALTER TABLE {0} ALTER COLUMN unexpected DROP DEFAULT", "unexpected")]
    [InlineData("ALTER TABLE {0} DROP CONSTRAINT {2} CASCADE", "key")]
    public async Task A_table_that_differs_is_found(string change, string told)
    {
        await using var fresh = await FromModelsAsync();
        await using var changed = await FromModelsAsync();
        var table = Tables()[0];
        var columns = await ColumnsAsync(changed.ConnectionString, table);
        var keys = await KeyAsync(changed.ConnectionString, table);
        var column = columns.Keys.First(c => !keys.Columns.Split(',').Contains(c));
        await RunAsync(changed.ConnectionString, string.Format(change, table, column, keys.Name));
        (await DifferencesAsync(changed.ConnectionString, fresh.ConnectionString, [table])).ShouldContain(d => d.Contains(told));
    }

    [Fact]
    public void Every_SQL_file_of_a_module_is_a_migration_that_runs()
    {
        foreach (var assembly in app.Services.GetServices<IModule>().Select(m => m.Session.Assembly).Distinct())
        {
            var files = assembly.GetManifestResourceNames().Where(n => n.Contains(".Migrations.", StringComparison.Ordinal)).Select(n => n.Split(".Migrations.")[1][..^".sql".Length]);
            var classes = assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(SqlMigration))).Select(t => t.GetCustomAttribute<MigrationAttribute>()!.Id);
            files.Order().ShouldBe(classes.Order(), "A file in Storage/Migrations needs a class with its name in [Migration], in the module's Db file, and the other way round.");
        }
    }

    [Fact]
    public async Task Migrating_again_changes_nothing()
    {
        var migrator = app.Services.GetRequiredService<ModuleMigrator>();
        (await migrator.PendingAsync()).ShouldBeEmpty();
        await migrator.MigrateAsync();
        (await migrator.PendingAsync()).ShouldBeEmpty();
    }

    private async Task<TestDatabase> FromModelsAsync()
    {
        var fresh = await TestDatabase.CreateAsync(_ => Task.CompletedTask, "empty");
        foreach (var module in app.Services.GetServices<IModule>())
        {
            await using var scope = app.Services.CreateAsyncScope();
            var db = (ModuleDbContext)scope.ServiceProvider.GetRequiredService(module.Session);
            await RunAsync(fresh.ConnectionString, $"CREATE SCHEMA IF NOT EXISTS {module.Schema};\n{db.Database.GenerateCreateScript()}");
        }

        return fresh;
    }

    private List<string> Tables()
    {
        var tables = new List<string>();
        foreach (var module in app.Services.GetServices<IModule>())
        {
            using var scope = app.Services.CreateScope();
            var db = (ModuleDbContext)scope.ServiceProvider.GetRequiredService(module.Session);
            tables.AddRange(db.GetService<IDesignTimeModel>().Model.GetRelationalModel().Tables.Where(t => !t.IsExcludedFromMigrations).Select(t => $"{t.Schema}.{t.Name}"));
        }

        return tables;
    }

    private static async Task<List<string>> DifferencesAsync(string migrated, string fromModel, IReadOnlyList<string> tables)
    {
        var differences = new List<string>();
        foreach (var table in tables)
        {
            var (actual, expected) = (await ColumnsAsync(migrated, table), await ColumnsAsync(fromModel, table));
            foreach (var (name, column) in expected)
            {
                if (!actual.TryGetValue(name, out var found))
                    differences.Add($"{table}.{name} is missing from the migrations");
                else if (found.Type != column.Type)
                    differences.Add($"{table}.{name} is of type {found.Type}, the model expects type {column.Type}");
                else if (found.Nullable != column.Nullable)
                    differences.Add($"{table}.{name} is {(found.Nullable ? "" : "not ")}nullable, the model expects otherwise");
            }

            // A column the model does not know may be there for set-based SQL, but an insert through EF must get past it.
            differences.AddRange(actual.Where(c => !expected.ContainsKey(c.Key) && c.Value is { Nullable: false, HasDefault: false })
                .Select(c => $"{table}.{c.Key} is not in the model, is not nullable and has no default"));
            if ((await KeyAsync(migrated, table)).Columns is var key && (await KeyAsync(fromModel, table)).Columns is var expectedKey && key != expectedKey)
                differences.Add($"{table} has the key ({key}), the model expects ({expectedKey})");
        }

        return differences;
    }

    private static async Task<Dictionary<string, Column>> ColumnsAsync(string connectionString, string table)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(
            """
            SELECT attname, format_type(atttypid, atttypmod), NOT attnotnull, atthasdef OR attidentity <> ''
            FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum
            """);
        command.Parameters.Add(new NpgsqlParameter { Value = table });
        await using var reader = await command.ExecuteReaderAsync();
        var columns = new Dictionary<string, Column>();
        while (await reader.ReadAsync())
            columns[reader.GetString(0)] = new Column(reader.GetString(1), reader.GetBoolean(2), reader.GetBoolean(3));
        return columns;
    }

    private static async Task<(string Name, string Columns)> KeyAsync(string connectionString, string table)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(
            """
            SELECT quote_ident(conname), (SELECT string_agg(attname, ',' ORDER BY n) FROM unnest(conkey) WITH ORDINALITY AS k (num, n) JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = num)
            FROM pg_constraint WHERE conrelid = to_regclass($1) AND contype = 'p'
            """);
        command.Parameters.Add(new NpgsqlParameter { Value = table });
        await using var reader = await command.ExecuteReaderAsync();
        return await reader.ReadAsync() ? (reader.GetString(0), reader.GetString(1)) : ("", "");
    }

    private static async Task RunAsync(string connectionString, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private sealed record Column(string Type, bool Nullable, bool HasDefault);
}
