using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Outbox;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace IntegratedCare.Shared.Storage;

/// <summary>
/// A migration that is a SQL file: <c>Storage/Migrations/&lt;id&gt;.sql</c> beside it, where the id is the argument of its
/// <c>[Migration]</c> attribute. The first one of a module creates the shared tables before its own.
/// </summary>
public abstract class SqlMigration : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        var id = ((MigrationAttribute)GetType().GetCustomAttributes(typeof(MigrationAttribute), false)[0]).Id;
        var assembly = GetType().Assembly;
        var resource = assembly.GetManifestResourceNames().Single(n => n.EndsWith($".Migrations.{id}.sql", StringComparison.Ordinal));
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
        migrationBuilder.Sql(reader.ReadToEnd());
    }
}

/// <summary>Applies and inspects the migrations of all modules.</summary>
public sealed partial class ModuleMigrator(IEnumerable<IModule> modules, IEnumerable<ModuleStoreEntry> stores, NpgsqlDataSource source, IServiceScopeFactory scopes, TimeProvider clock, ILogger<ModuleMigrator> log)
{
    private DateTimeOffset _currentUntil = DateTimeOffset.MinValue;

    public async Task MigrateAsync(CancellationToken ct = default)
    {
        await MigrateModulesAsync(ct);
        await EnsurePartitionsAsync(DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime), ct);
    }

    private async Task MigrateModulesAsync(CancellationToken ct)
    {
        foreach (var (module, store) in stores)
        {
            await using var connection = await source.OpenConnectionAsync(ct);
            await using (var command = new NpgsqlCommand("SELECT pg_advisory_lock(hashtext('integrated-care-migrate'))", connection))
                await command.ExecuteNonQueryAsync(ct);
            try
            {
                foreach (var change in await StoreMigrator.MigrateAsync(module, store(), connection, ct))
                    LogApplied(log, module.Schema, change);
            }
            finally
            {
                await using var command = new NpgsqlCommand("SELECT pg_advisory_unlock(hashtext('integrated-care-migrate'))", connection);
                await command.ExecuteNonQueryAsync(CancellationToken.None);
            }
        }

        foreach (var module in modules.Where(m => m.Session.IsSubclassOf(typeof(ModuleDbContext))))
        {
            await using var scope = scopes.CreateAsyncScope();
            var db = (ModuleDbContext)scope.ServiceProvider.GetRequiredService(module.Session);
            var connection = await db.NpgsqlAsync(ct);
            // Hosts that start together take turns.
            await using (var command = new NpgsqlCommand("SELECT pg_advisory_lock(hashtext('integrated-care-migrate'))", connection))
                await command.ExecuteNonQueryAsync(ct);
            try
            {
                var pending = (await db.Database.GetPendingMigrationsAsync(ct)).ToList();
                if (pending.Count == 0)
                    continue;
                await using (var command = new NpgsqlCommand(await SharedTablesAsync(module.Schema), connection))
                    await command.ExecuteNonQueryAsync(ct);
                await db.Database.MigrateAsync(ct);
                foreach (var migration in pending)
                    LogApplied(log, module.Schema, migration);
            }
            finally
            {
                await using var command = new NpgsqlCommand("SELECT pg_advisory_unlock(hashtext('integrated-care-migrate'))", connection);
                await command.ExecuteNonQueryAsync(CancellationToken.None);
            }
        }
    }

    /// <summary>Makes the outboxes' partitions of the days to come.</summary>
    public async Task EnsurePartitionsAsync(DateOnly today, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using (var command = new NpgsqlCommand("SELECT pg_advisory_lock(hashtext('integrated-care-migrate'))", connection))
            await command.ExecuteNonQueryAsync(ct);
        try
        {
            foreach (var module in modules)
                await OutboxPartitions.EnsureAsync(connection, module.Schema, today, ct);
        }
        finally
        {
            await using var command = new NpgsqlCommand("SELECT pg_advisory_unlock(hashtext('integrated-care-migrate'))", connection);
            await command.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }

    /// <summary>As <see cref="PendingAsync"/>, asked at most once a minute once nothing waits: a schema that is up to date stays so.</summary>
    public async Task<IReadOnlyList<string>> KnownPendingAsync(CancellationToken ct)
    {
        if (clock.GetUtcNow() < _currentUntil)
            return [];
        var pending = await PendingAsync(ct);
        if (pending.Count == 0)
            _currentUntil = clock.GetUtcNow().AddMinutes(1);
        return pending;
    }

    /// <summary>The migrations that wait, as <c>schema: id</c>.</summary>
    public async Task<IReadOnlyList<string>> PendingAsync(CancellationToken ct = default)
    {
        var pending = new List<string>();
        foreach (var (module, store) in stores)
        {
            await using var connection = await source.OpenConnectionAsync(ct);
            pending.AddRange(await StoreMigrator.PendingAsync(module, store(), connection, ct));
        }

        foreach (var module in modules.Where(m => m.Session.IsSubclassOf(typeof(ModuleDbContext))))
        {
            await using var scope = scopes.CreateAsyncScope();
            var db = (ModuleDbContext)scope.ServiceProvider.GetRequiredService(module.Session);
            pending.AddRange((await db.Database.GetPendingMigrationsAsync(ct)).Select(m => $"{module.Schema}: {m}"));
        }

        return pending;
    }

    internal static async Task<string> SharedTablesAsync(string schema)
    {
        using var reader = new StreamReader(typeof(ModuleMigrator).Assembly.GetManifestResourceStream("IntegratedCare.Shared.Storage.SharedTables.sql")!);
        return (await reader.ReadToEndAsync()).Replace("{schema}", schema);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Applied migration {Migration} to {Schema}")]
    private static partial void LogApplied(ILogger log, string schema, string migration);
}

public static class ModuleDbRegistration
{
    public static IServiceCollection AddModuleDb<TDb>(this IServiceCollection services, IModule module) where TDb : ModuleDbContext
    {
        services.AddDbContext<TDb>((provider, options) => options
            .UseNpgsql(provider.GetRequiredService<NpgsqlDataSource>(), npgsql => npgsql.MigrationsHistoryTable("__migrations", module.Schema))
            // Migrations are SQL files without a model snapshot; a test compares the two databases instead.
            .ConfigureWarnings(w => w.Ignore(RelationalEventId.PendingModelChangesWarning)));
        services.AddSingleton<ModuleStorage<TDb>>();
        return services;
    }
}
