using IntegratedCare.Shared.Outbox;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace IntegratedCare.Shared.Documents;

/// <summary>Brings all modules' schemas up to date, or reports what prevents it.</summary>
public sealed partial class ModuleMigrator(IEnumerable<ModuleStoreEntry> stores, NpgsqlDataSource source, TimeProvider clock, ILogger<ModuleMigrator> log)
{
    private DateTimeOffset _currentUntil = DateTimeOffset.MinValue;

    /// <summary>The release of this code: recorded by each migration, so that an older release refuses the database.</summary>
    public static Version Release { get; } = typeof(ModuleMigrator).Assembly.GetName().Version!;

    /// <summary>Applies what is pending. Hosts that start together take turns.</summary>
    /// <exception cref="MigrationRefused">The database is not one that this release can bring up to date; nothing was changed.</exception>
    public async Task MigrateAsync(CancellationToken ct = default)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await connection.ExecuteAsync("SELECT pg_advisory_lock(hashtext('integrated-care-migrate'))", CancellationToken.None);
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
            await connection.ExecuteAsync("SELECT pg_advisory_unlock(hashtext('integrated-care-migrate'))", CancellationToken.None);
        }
    }

    /// <summary>Why this release refuses the database, in one line; null when it does not.</summary>
    public async Task<string?> RefusalAsync(CancellationToken ct = default)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        return await RefusalAsync(connection, ct);
    }

    /// <summary>The pending changes, as <c>schema: table or step</c>.</summary>
    public async Task<IReadOnlyList<string>> PendingAsync(CancellationToken ct = default)
    {
        var pending = new List<string>();
        await using var connection = await source.OpenConnectionAsync(ct);
        foreach (var (module, store) in stores)
            pending.AddRange(await StoreMigrator.PendingAsync(module, store(), connection, ct));
        if (await connection.ScalarAsync("SELECT to_regclass('host.pseudonym_key') IS NULL", ct) is true)
            pending.Add("host: pseudonym_key");
        return pending;
    }

    /// <summary>As <see cref="PendingAsync"/>, but an empty result is kept for one minute.</summary>
    public async Task<IReadOnlyList<string>> KnownPendingAsync(CancellationToken ct)
    {
        if (clock.GetUtcNow() < _currentUntil)
            return [];
        var pending = await PendingAsync(ct);
        if (pending.Count == 0)
            _currentUntil = clock.GetUtcNow().AddMinutes(1);
        return pending;
    }

    /// <summary>Creates the outbox partitions of the next days.</summary>
    public async Task EnsurePartitionsAsync(CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await connection.ExecuteAsync("SELECT pg_advisory_lock(hashtext('integrated-care-migrate'))", CancellationToken.None);
        try
        {
            await EnsurePartitionsAsync(connection, ct);
        }
        finally
        {
            await connection.ExecuteAsync("SELECT pg_advisory_unlock(hashtext('integrated-care-migrate'))", CancellationToken.None);
        }
    }

    private async Task EnsurePartitionsAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        foreach (var (module, _) in stores)
            await OutboxPartitions.EnsureAsync(connection, module.Schema, DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime), ct);
    }

    private async Task<string?> RefusalAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        if (await connection.ScalarAsync(
            "SELECT EXISTS (SELECT FROM pg_class WHERE relname = '__migrations' AND relnamespace = ANY(SELECT to_regnamespace(s) FROM unnest($1) AS s))",
            ct, [stores.Select(s => s.Module.Schema).ToArray()]) is true)
        {
            return "This database was made by an unreleased version of IntegratedCare and cannot be carried over; nothing was changed. "
                + "Name an empty database in ConnectionStrings:Default, or drop this one.";
        }

        if (await connection.ScalarAsync("SELECT to_regclass('host.release') IS NOT NULL", ct) is not true)
            return null;
        const string Newest = "SELECT version FROM host.release ORDER BY string_to_array(version, '.')::int[] DESC LIMIT 1";
        return await connection.ScalarAsync(Newest, ct) is string version && Version.Parse(version) > Release
            ? $"This database was last migrated by release {version}, which is newer than this one ({Release}); nothing was changed. Run that release or a "
                + "later one."
            : null;
    }

    private static async Task RecordReleaseAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await connection.ExecuteAsync(
            """
            CREATE TABLE IF NOT EXISTS host.release (version text PRIMARY KEY, migrated_at timestamptz NOT NULL DEFAULT now());
            CREATE TABLE IF NOT EXISTS host.pseudonym_key (one boolean PRIMARY KEY DEFAULT true CHECK (one), fingerprint text NOT NULL);
            """, ct);
        await connection.ExecuteAsync("INSERT INTO host.release (version) VALUES ($1) ON CONFLICT DO NOTHING", ct, Release.ToString());
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Applied {Change} to {Schema}")]
    private static partial void LogApplied(ILogger log, string schema, string change);
}
