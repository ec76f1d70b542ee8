using IntegratedCare.Shared.Outbox;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace IntegratedCare.Shared.Documents;

/// <summary>Brings all modules' schemas up to date, and says what stands in the way.</summary>
public sealed partial class ModuleMigrator(IEnumerable<ModuleStoreEntry> stores, NpgsqlDataSource source, TimeProvider clock, ILogger<ModuleMigrator> log)
{
    private DateTimeOffset _currentUntil = DateTimeOffset.MinValue;

    /// <summary>The release that this code is: recorded by each migration, so that an older one refuses the database afterwards.</summary>
    public static Version Release { get; } = typeof(ModuleMigrator).Assembly.GetName().Version!;

    /// <summary>Applies what is pending. Hosts that start together take turns.</summary>
    /// <exception cref="MigrationRefused">The database is not one that this release can bring up to date; nothing was changed.</exception>
    public async Task MigrateAsync(CancellationToken ct = default)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await ExecuteAsync(connection, "SELECT pg_advisory_lock(hashtext('integrated-care-migrate'))");
        try
        {
            if (await RefusalAsync(connection, ct) is { } refusal)
                throw new MigrationRefused(refusal);
            foreach (var (module, store) in stores)
            {
                foreach (var change in await StoreMigrator.MigrateAsync(module, store(), connection, ct))
                    LogApplied(log, module.Schema, change);
            }

            await RecordReleaseAsync(connection, ct);
            await EnsurePartitionsAsync(connection, ct);
        }
        finally
        {
            await ExecuteAsync(connection, "SELECT pg_advisory_unlock(hashtext('integrated-care-migrate'))");
        }
    }

    /// <summary>Why this release must not touch the database at all, in one line; null when it may.</summary>
    public async Task<string?> RefusalAsync(CancellationToken ct = default)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        return await RefusalAsync(connection, ct);
    }

    /// <summary>What waits to be migrated, as <c>schema: table or step</c>.</summary>
    public async Task<IReadOnlyList<string>> PendingAsync(CancellationToken ct = default)
    {
        var pending = new List<string>();
        await using var connection = await source.OpenConnectionAsync(ct);
        foreach (var (module, store) in stores)
            pending.AddRange(await StoreMigrator.PendingAsync(module, store(), connection, ct));
        return pending;
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

    /// <summary>Makes the outboxes' partitions of the days to come.</summary>
    public async Task EnsurePartitionsAsync(CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await ExecuteAsync(connection, "SELECT pg_advisory_lock(hashtext('integrated-care-migrate'))");
        try
        {
            await EnsurePartitionsAsync(connection, ct);
        }
        finally
        {
            await ExecuteAsync(connection, "SELECT pg_advisory_unlock(hashtext('integrated-care-migrate'))");
        }
    }

    private async Task EnsurePartitionsAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        foreach (var (module, _) in stores)
            await OutboxPartitions.EnsureAsync(connection, module.Schema, DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime), ct);
    }

    private async Task<string?> RefusalAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using (var old = new NpgsqlCommand(
            "SELECT EXISTS (SELECT FROM pg_class WHERE relname = '__migrations' AND relnamespace = ANY(SELECT to_regnamespace(s) FROM unnest($1) AS s))", connection)
        {
            Parameters = { new() { Value = stores.Select(s => s.Module.Schema).ToArray() } },
        })
        {
            if (await old.ExecuteScalarAsync(ct) is true)
            {
                return "This database was made by an unreleased version of IntegratedCare and cannot be carried over; nothing was changed. "
                    + "Name an empty database in ConnectionStrings:Default, or drop this one.";
            }
        }

        await using var there = new NpgsqlCommand("SELECT to_regclass('host.release') IS NOT NULL", connection);
        if (await there.ExecuteScalarAsync(ct) is not true)
            return null;
        await using var newest = new NpgsqlCommand("SELECT version FROM host.release ORDER BY string_to_array(version, '.')::int[] DESC LIMIT 1", connection);
        return await newest.ExecuteScalarAsync(ct) is string version && Version.Parse(version) > Release
            ? $"This database was last migrated by release {version}, which is newer than this one ({Release}); nothing was changed. Run that release or a later one."
            : null;
    }

    private static async Task RecordReleaseAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            CREATE TABLE IF NOT EXISTS host.release (version text PRIMARY KEY, migrated_at timestamptz NOT NULL DEFAULT now());
            """, connection);
        await command.ExecuteNonQueryAsync(ct);
        await using var insert = new NpgsqlCommand("INSERT INTO host.release (version) VALUES ($1) ON CONFLICT DO NOTHING", connection)
        {
            Parameters = { new() { Value = Release.ToString() } },
        };
        await insert.ExecuteNonQueryAsync(ct);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Applied {Change} to {Schema}")]
    private static partial void LogApplied(ILogger log, string schema, string change);
}
