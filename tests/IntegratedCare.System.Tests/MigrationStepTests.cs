using IntegratedCare.Shared;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Outbox;
using IntegratedCare.Testing;
using JasperFx;
using Marten;
using Npgsql;

namespace IntegratedCare.System.Tests;

/// <summary>The numbered SQL of a module that has nothing else: <c>Migrations/</c> of these tests.</summary>
public sealed class MigrationStepTests
{
    /// <summary>The difference is read on another connection: it must not wait for the step, and must see what it did.</summary>
    [Fact]
    public async Task A_step_before_changes_what_is_then_compared_with_the_declaration()
    {
        await using var database = await TestApp.CreateDatabaseAsync();
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using var connection = await source.OpenConnectionAsync();
        await connection.ExecuteAsync(
            "CREATE SCHEMA stepped; CREATE TABLE stepped.kept (id integer PRIMARY KEY, words integer NOT NULL); INSERT INTO stepped.kept VALUES (1, 5)", default);
        var options = new StoreOptions { DatabaseSchemaName = "stepped", AutoCreateSchemaObjects = AutoCreate.None };
        options.Connection(source);
        options.Storage.ExtendedSchemaObjects.Add(ModuleTables.Table("stepped", "kept").With("id integer not null", "words text not null").Key("id"));
        using var store = new DocumentStore(options);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var module = new SteppedModule();

        (await StoreMigrator.MigrateAsync(module, store, connection, patience.Token)).ShouldContain("0001_before_words_are_text");
        (await connection.ScalarAsync("SELECT words FROM stepped.kept", default)).ShouldBe("5 words");
        (await StoreMigrator.PendingAsync(module, store, connection, patience.Token)).ShouldBeEmpty();
        (await StoreMigrator.MigrateAsync(module, store, connection, patience.Token)).ShouldBeEmpty();
    }

    private sealed class SteppedModule : IModule
    {
        public string Name => "Stepped";
        public string Schema => "stepped";
        public Type Session => typeof(ModuleSession);
        public IReadOnlyList<ProblemType> Problems => [];

        public void AddReactions(ReactionList reactions)
        {
        }
    }
}
