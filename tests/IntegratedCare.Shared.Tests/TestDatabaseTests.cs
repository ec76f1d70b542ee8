using IntegratedCare.Testing;
using Npgsql;

namespace IntegratedCare.Shared.Tests;

public sealed class TestDatabaseTests
{
    [Fact]
    public async Task Databases_of_one_template_are_migrated_once_and_do_not_see_each_other()
    {
        var key = $"test-database-{Guid.CreateVersion7():n}";
        var migrations = 0;
        async Task MigrateAsync(string connectionString)
        {
            Interlocked.Increment(ref migrations);
            await RunAsync(connectionString, "CREATE TABLE t (a int)");
        }

        var made = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => TestDatabase.CreateAsync(MigrateAsync, key)));
        try
        {
            migrations.ShouldBe(1);
            await RunAsync(made[0].ConnectionString, "INSERT INTO t VALUES (1)");
            (await RunAsync(made[0].ConnectionString, "SELECT count(*) FROM t")).ShouldBe(1L);
            (await RunAsync(made[1].ConnectionString, "SELECT count(*) FROM t")).ShouldBe(0L);
            (await RunAsync(made[1].ConnectionString, "SHOW fsync")).ShouldBe("on");
        }
        finally
        {
            foreach (var database in made)
            {
                await database.DisposeAsync();
            }
        }

        (await Should.ThrowAsync<PostgresException>(RunAsync(made[0].ConnectionString, "SELECT 1")))
            .SqlState.ShouldBe(PostgresErrorCodes.InvalidCatalogName);
    }

    [Fact]
    public async Task A_failed_migration_leaves_no_template_behind()
    {
        var key = $"test-database-{Guid.CreateVersion7():n}";
        await Should.ThrowAsync<PostgresException>(TestDatabase.CreateAsync(c => RunAsync(c, "CREATE TABLE t (a int); SELECT 1 / 0"), key));

        await using var database = await TestDatabase.CreateAsync(c => RunAsync(c, "CREATE TABLE t (a int)"), key);

        (await RunAsync(database.ConnectionString, "SELECT count(*) FROM t")).ShouldBe(0L);
    }

    private static async Task<object?> RunAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
