using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using IntegratedCare.EmbeddedPostgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace IntegratedCare.Testing;

/// <summary>
/// A database of a test's own, copied from a migrated template. All test processes of a user share one embedded
/// server, with <c>fsync</c> on, or the server that <c>INTEGRATED_CARE_TEST_POSTGRES</c> points to.
/// </summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private const long CatalogueLock = 7_203_114_860_553_918;
    private static readonly TimeSpan TemplateLife = TimeSpan.FromDays(2);
    private static readonly TimeSpan DatabaseLife = TimeSpan.FromHours(6);
    private static readonly SemaphoreSlim Gate = new(1, 1);
    private static readonly HashSet<string> Ready = new(StringComparer.Ordinal);
    // Never disposed of here: the server leaves by itself when the test process ends.
    private static EmbeddedPostgresServer? embedded;
    private static string? maintenance;

    private readonly string _name;

    private TestDatabase(string name)
    {
        _name = name;
        ConnectionString = To(name);
    }

    public string ConnectionString { get; }

    /// <param name="migrate">Brings the empty database behind the connection string up to date; run once per template.</param>
    /// <param name="templateKey">Names the template; must change when the migrations do (a hash of them).</param>
    public static async Task<TestDatabase> CreateAsync(Func<string, Task> migrate, string templateKey)
    {
        var template = "template_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(templateKey)))[..24];
        await Gate.WaitAsync();
        try
        {
            maintenance ??= await ServerAsync();
            if (Ready.Add(template))
            {
                try
                {
                    await EnsureTemplateAsync(template, migrate);
                }
                catch
                {
                    Ready.Remove(template);
                    throw;
                }
            }
        }
        finally
        {
            Gate.Release();
        }

        var name = $"test_{Guid.CreateVersion7():n}";
        await using var connection = new NpgsqlConnection(maintenance);
        await connection.OpenAsync();
        await RunAsync(connection, $"CREATE DATABASE {name} TEMPLATE {template}");
        return new TestDatabase(name);
    }

    public async ValueTask DisposeAsync()
    {
        await using (var own = new NpgsqlConnection(ConnectionString))
        {
            NpgsqlConnection.ClearPool(own);
        }

        await using var connection = new NpgsqlConnection(maintenance);
        await connection.OpenAsync();
        await RunAsync(connection, $"DROP DATABASE IF EXISTS {_name} WITH (FORCE)");
    }

    private static async Task<string> ServerAsync()
    {
        if (Environment.GetEnvironmentVariable("INTEGRATED_CARE_TEST_POSTGRES") is { Length: > 0 } given)
        {
            return new NpgsqlConnectionStringBuilder(given) { Database = "postgres", Pooling = false }.ConnectionString;
        }

        var temporary = ServerUser.Current().ClosedFolder(Path.GetTempPath()) is null ? Path.GetTempPath() : "/tmp";
        embedded = await EmbeddedPostgresServer.StartAsync(
            new EmbeddedPostgresOptions
            {
                DataRoot = Path.Combine(temporary, $"integrated-care-tests-{Environment.UserName}"),
                Settings = new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    ["max_connections"] = "300",
                    ["shared_buffers"] = "256MB",
                },
            },
            NullLogger.Instance);
        return new NpgsqlConnectionStringBuilder(embedded.ConnectionString("postgres")) { Pooling = false }.ConnectionString;
    }

    private static string To(string database) =>
        new NpgsqlConnectionStringBuilder(maintenance) { Database = database, Pooling = true, MaxPoolSize = 40 }.ConnectionString;

    private static async Task EnsureTemplateAsync(string template, Func<string, Task> migrate)
    {
        await using var connection = new NpgsqlConnection(maintenance);
        await connection.OpenAsync();
        // Test processes take turns; the lock goes with the connection.
        await RunAsync(connection, $"SELECT pg_advisory_lock({CatalogueLock})");
        await DropLeftoversAsync(connection, keep: template);
        if (!await ExistsAsync(connection, template))
        {
            // Made under another name: a template that exists is whole.
            var making = template + "_part";
            await RunAsync(connection, $"DROP DATABASE IF EXISTS {making} WITH (FORCE)");
            await RunAsync(connection, $"CREATE DATABASE {making}");
            var target = new NpgsqlConnectionStringBuilder(To(making)) { Pooling = false }.ConnectionString;
            await migrate(target);
            // Nobody may be connected to a template that is being copied.
            NpgsqlConnection.ClearAllPools();
            await RunAsync(connection, $"ALTER DATABASE {making} ALLOW_CONNECTIONS false");
            await RunAsync(connection, $"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{making}'");
            await RunAsync(connection, $"ALTER DATABASE {making} RENAME TO {template}");
        }

        await RunAsync(connection, $"COMMENT ON DATABASE {template} IS '{TimeProvider.System.GetUtcNow():O}'");
    }

    /// <summary>Databases of test runs that were killed, and templates of migrations long gone.</summary>
    private static async Task DropLeftoversAsync(NpgsqlConnection connection, string keep)
    {
        var now = TimeProvider.System.GetUtcNow();
        var stale = new List<string>();
        await using (var list = new NpgsqlCommand(
            "SELECT datname, coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname LIKE 'test\\_%' OR datname LIKE 'template\\_%'",
            connection))
        await using (var reader = await list.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                var (name, comment) = (reader.GetString(0), reader.GetString(1));
                // A version 7 UUID begins with its time.
                var born = name.StartsWith("test_", StringComparison.Ordinal)
                    && long.TryParse(name.AsSpan("test_".Length, Math.Min(12, name.Length - "test_".Length)), NumberStyles.HexNumber,
                        CultureInfo.InvariantCulture, out var milliseconds)
                        ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
                        : now;
                var used = DateTimeOffset.TryParse(comment, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : now;
                if (now - born > DatabaseLife || (name != keep && now - used > TemplateLife))
                {
                    stale.Add(name);
                }
            }
        }

        foreach (var name in stale)
        {
            await RunAsync(connection, $"DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)");
        }
    }

    private static async Task<bool> ExistsAsync(NpgsqlConnection connection, string database)
    {
        await using var command = new NpgsqlCommand("SELECT 1 FROM pg_database WHERE datname = $1", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = database });
        return await command.ExecuteScalarAsync() is not null;
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 120 };
        await command.ExecuteNonQueryAsync();
    }
}
