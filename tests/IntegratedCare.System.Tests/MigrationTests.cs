using IntegratedCare.Shared;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Testing;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace IntegratedCare.System.Tests;

/// <summary>
/// A database is brought up to what the modules declare, and nothing in it is dropped unasked. The schemas of each release are kept as
/// <see cref="ReviewedText"/> in <c>Releases/(version)</c>; a new release adds its own.
/// </summary>
public sealed class MigrationTests : IAsyncLifetime
{
    private readonly TestApp _app = new();

    public static TheoryData<string> Releases =>
        [.. Directory.EnumerateDirectories(ReleaseFolder).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal)];

    private static string ReleaseFolder => Path.Combine(Repository.Root, "tests", "IntegratedCare.System.Tests", "Releases");

    private ModuleMigrator Migrator => _app.Services.GetRequiredService<ModuleMigrator>();

    public ValueTask InitializeAsync() => _app.InitializeAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task Migrating_again_changes_nothing()
    {
        (await Migrator.PendingAsync()).ShouldBeEmpty();
        await Migrator.MigrateAsync();
        (await Migrator.PendingAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("DROP INDEX population.record_waiting", "population: record")]
    [InlineData("ALTER TABLE population.person DROP COLUMN ethnic_category", "population: person")]
    [InlineData("DROP TABLE metrics.dirty", "metrics: dirty")]
    [InlineData(
        "DELETE FROM host.migration_step WHERE step = '0001_after_append_only_ledger'; DROP FUNCTION commissioning.refuse_change() CASCADE;"
        + " DROP FUNCTION commissioning.require_balance() CASCADE; DROP FUNCTION commissioning.require_open_journal() CASCADE",
        "commissioning: 0001_after_append_only_ledger")]
    public async Task What_is_missing_is_found_and_put_back(string change, string pending)
    {
        await RunAsync(change);
        (await Migrator.PendingAsync()).ShouldBe([pending]);
        await Migrator.MigrateAsync();
        (await Migrator.PendingAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("ALTER TABLE population.record ADD COLUMN theirs int", "theirs")]
    [InlineData("CREATE INDEX theirs ON commissioning.journal (year)", "theirs")]
    public async Task What_the_release_does_not_know_is_not_dropped(string change, string named)
    {
        await RunAsync(change);
        var before = await SchemasAsync(_app.ConnectionString);
        var refused = await Should.ThrowAsync<MigrationRefused>(() => Migrator.MigrateAsync());
        refused.Message.ShouldContain(named);
        refused.Message.ShouldNotContain("\n");
        (await SchemasAsync(_app.ConnectionString)).ShouldBe(before);
    }

    [Fact]
    public async Task A_database_of_a_newer_release_is_not_touched()
    {
        await RunAsync("INSERT INTO host.release (version) VALUES ('99.0.0.0'); DROP INDEX population.record_waiting");
        var refused = await Should.ThrowAsync<MigrationRefused>(() => Migrator.MigrateAsync());
        refused.Message.ShouldContain("99.0.0.0");
        (await Migrator.RefusalAsync()).ShouldBe(refused.Message);
        (await Migrator.PendingAsync()).ShouldNotBeEmpty();
    }

    /// <summary>Before its first release the product kept its data by another schema, which is not carried over.</summary>
    [Fact]
    public async Task A_database_of_the_unreleased_schema_is_recognised_and_not_touched()
    {
        var old = await TestDatabase.CreateAsync(_ => Task.CompletedTask, "empty");
        await using var _ = old;
        await using (var source = NpgsqlDataSource.Create(old.ConnectionString))
        {
            await using var command = source.CreateCommand(
                "CREATE SCHEMA population; CREATE TABLE population.__migrations (id text); CREATE TABLE population.person (id uuid)");
            await command.ExecuteNonQueryAsync();
        }

        var before = await TablesAsync(old.ConnectionString);
        foreach (var verb in new[] { "serve", "migrate" })
        {
            var (code, said) = await HostRun.OnceAsync(
                verb, "--environment=Development", $"--ConnectionStrings:Default={old.ConnectionString}", "--Urls=http://127.0.0.1:0");
            code.ShouldBe(1, said);
            said.Trim().Split('\n').Length.ShouldBe(1, said);
            said.ShouldContain("unreleased version");
        }

        (await TablesAsync(old.ConnectionString)).ShouldBe(before);
    }

    [Fact]
    public async Task The_schema_of_this_release_is_kept()
    {
        var folder = Path.Combine(ReleaseFolder, ModuleMigrator.Release.ToString(3));
        foreach (var (module, store) in _app.Services.GetServices<ModuleStoreEntry>())
            ReviewedText.Match(await ScriptAsync(module, store()), folder, $"{module.Schema}.sql");
    }

    [Theory]
    [MemberData(nameof(Releases))]
    public async Task A_database_of_a_release_becomes_that_of_this_one(string release)
    {
        await using var database = await TestDatabase.CreateAsync(_ => Task.CompletedTask, "empty");
        await using (var source = NpgsqlDataSource.Create(database.ConnectionString))
        {
            foreach (var file in Directory.EnumerateFiles(Path.Combine(ReleaseFolder, release, "__snapshots__"), "*.sql").Order(StringComparer.Ordinal))
            {
                await using var command = source.CreateCommand(await File.ReadAllTextAsync(file));
                await command.ExecuteNonQueryAsync();
            }
        }

        await TestApp.MigrateAsync(database.ConnectionString);
        var (made, fresh) = (await SchemasAsync(database.ConnectionString), await SchemasAsync(_app.ConnectionString));
        SchemaTests.Difference(fresh, made).ShouldBeEmpty();
    }

    /// <summary>What makes a module's schema: its tables and documents, then its steps, and that these have run.</summary>
    private static async Task<string> ScriptAsync(IModule module, IDocumentStore store)
    {
        var script = new StringWriter { NewLine = "\n" };
        await script.WriteLineAsync(store.Storage.ToDatabaseScript());
        await script.WriteLineAsync(
            """
            CREATE SCHEMA IF NOT EXISTS host;
            CREATE TABLE IF NOT EXISTS host.migration_step (
              module text NOT NULL, step text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (module, step));
            """);
        foreach (var step in StoreMigrator.Steps(module))
        {
            if (!step.Before)
                await script.WriteLineAsync(await step.SqlAsync(CancellationToken.None));
            await script.WriteLineAsync($"INSERT INTO host.migration_step (module, step) VALUES ('{module.Schema}', '{step.Name}');");
        }

        return script.ToString().ReplaceLineEndings("\n");
    }

    private static Task<string> TablesAsync(string connectionString) => CareSystem.ScalarAsync<string>(connectionString,
        "SELECT string_agg(oid::regclass::text, ' ' ORDER BY oid) FROM pg_class "
            + "WHERE relnamespace <> ALL (ARRAY['pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace])");

    private static async Task<string> SchemasAsync(string connectionString) =>
        string.Join('\n', await Task.WhenAll(ModuleOnDisk.All.Select(m => SchemaTests.DescribeAsync(connectionString, m.Schema))));

    private async Task RunAsync(string sql)
    {
        await using var command = _app.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
