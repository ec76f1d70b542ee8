using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace IntegratedCare.EmbeddedPostgres.Tests;

public sealed class EmbeddedPostgresServerTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("integrated-care-pg-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task A_started_server_answers_on_loopback_and_leaves_no_process_when_stopped()
    {
        var server = await StartAsync();
        var process = ProcessId(server);
        await using (var connection = await OpenAsync(server))
        {
            (await AskAsync<string>(connection, "SHOW fsync")).ShouldBe("on");
            (await AskAsync<string>(connection, "SHOW listen_addresses")).ShouldBe("127.0.0.1");
            (await AskAsync<string>(connection, "SHOW unix_socket_directories")).ShouldBeEmpty();
            (await AskAsync<string>(connection, "SHOW password_encryption")).ShouldBe("scram-sha-256");
            connection.PostgreSqlVersion.Major.ShouldBeGreaterThanOrEqualTo(15);
        }

        server.Description.ShouldContain(server.DataFolder);
        server.Description.ShouldStartWith("PostgreSQL ");
        IsAlive(process).ShouldBeTrue();

        await server.DisposeAsync();

        await ShouldEndAsync(process);
    }

    [Fact]
    public async Task The_password_is_the_owners_alone_and_a_wrong_one_is_refused()
    {
        await using var server = await StartAsync();
        if (!OperatingSystem.IsWindows())
        {
            var secret = Path.Combine(Path.GetDirectoryName(server.DataFolder)!, "password");
            File.GetUnixFileMode(secret).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
            Directory.EnumerateFiles(Path.GetDirectoryName(secret)!, "password*").Count().ShouldBe(1);
        }

        var wrong = new NpgsqlConnectionStringBuilder(server.ConnectionString("postgres")) { Password = "guess", Pooling = false };
        await using var connection = new NpgsqlConnection(wrong.ConnectionString);
        (await Should.ThrowAsync<PostgresException>(connection.OpenAsync())).SqlState.ShouldBe(PostgresErrorCodes.InvalidPassword);
    }

    [Fact]
    public async Task A_second_start_keeps_data_and_port()
    {
        int port;
        await using (var first = await StartAsync())
        {
            await first.EnsureDatabaseAsync("care");
            await using var connection = await OpenAsync(first, "care");
            await AskAsync<object>(connection, "CREATE TABLE kept (a int); INSERT INTO kept VALUES (42)");
            port = connection.Port;
        }

        var clock = Stopwatch.StartNew();
        await using var second = await StartAsync();
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(20));
        await second.EnsureDatabaseAsync("care");
        await using var again = await OpenAsync(second, "care");
        (await AskAsync<int>(again, "SELECT a FROM kept")).ShouldBe(42);
        again.Port.ShouldBe(port);
    }

    [Fact]
    public async Task Two_starters_at_once_share_a_server_and_the_first_to_leave_does_not_stop_it()
    {
        var both = await Task.WhenAll(StartAsync(), StartAsync());
        var process = ProcessId(both[0]);
        ProcessId(both[1]).ShouldBe(process);

        await both[0].DisposeAsync();
        await using (var connection = await OpenAsync(both[1]))
        {
            (await AskAsync<int>(connection, "SELECT 1")).ShouldBe(1);
        }

        await both[1].DisposeAsync();
        await ShouldEndAsync(process);
    }

    [Fact]
    public async Task A_server_left_by_a_killed_host_is_adopted_and_stopped_by_the_next()
    {
        var killed = await StartAsync();
        var process = ProcessId(killed);
        killed.Abandon();
        IsAlive(process).ShouldBeTrue();

        var next = await StartAsync();
        ProcessId(next).ShouldBe(process);
        await next.DisposeAsync();

        await ShouldEndAsync(process);
    }

    [Fact]
    public async Task A_killed_server_is_recovered_with_its_committed_data()
    {
        var killed = await StartAsync();
        await using (var connection = await OpenAsync(killed))
        {
            await AskAsync<object>(connection, "CREATE TABLE kept (a int); INSERT INTO kept VALUES (42)");
        }

        var process = ProcessId(killed);
        killed.Abandon();
        await KillAsync(process);
        File.Exists(PidFile(killed)).ShouldBeTrue();

        await using var next = await StartAsync();
        ProcessId(next).ShouldNotBe(process);
        await using var again = await OpenAsync(next);
        (await AskAsync<int>(again, "SELECT a FROM kept")).ShouldBe(42);
    }

    [Fact]
    public async Task A_stale_pid_file_that_names_a_living_stranger_is_no_obstacle()
    {
        var first = await StartAsync();
        var file = PidFile(first);
        var lines = await File.ReadAllLinesAsync(file);
        await first.DisposeAsync();

        // As after a reboot: the old number now belongs to another process, here to this one.
        lines[0] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        await File.WriteAllLinesAsync(file, lines);

        await using var next = await StartAsync();
        ProcessId(next).ShouldNotBe(Environment.ProcessId);
        await using var connection = await OpenAsync(next);
        (await AskAsync<int>(connection, "SELECT 1")).ShouldBe(1);
    }

    [Fact]
    public async Task A_data_folder_half_made_by_a_killed_start_is_made_again()
    {
        var locator = BinaryLocator.ForThisMachine();
        string folder;
        await using (var first = await StartAsync())
        {
            folder = Path.GetDirectoryName(first.DataFolder)!;
        }

        Directory.Delete(Path.Combine(folder, "data"), recursive: true);
        Directory.CreateDirectory(Path.Combine(folder, "data.part"));
        await File.WriteAllTextAsync(Path.Combine(folder, "data.part", "PG_VERSION"), "half");

        await using var next = await EmbeddedPostgresServer.StartAsync(Options(), NullLogger.Instance, locator);
        await using var connection = await OpenAsync(next);
        (await AskAsync<int>(connection, "SELECT 1")).ShouldBe(1);
        Directory.Exists(Path.Combine(folder, "data.part")).ShouldBeFalse();
    }

    [Fact]
    public async Task Settings_reach_the_server_but_fsync_and_loopback_stay()
    {
        await using var server = await StartAsync(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["max_connections"] = "37",
            ["application_name"] = "it's a \\ name",
            ["fsync"] = "off",
            ["listen_addresses"] = "*",
        });
        await using var connection = await OpenAsync(server);
        (await AskAsync<string>(connection, "SHOW max_connections")).ShouldBe("37");
        (await AskAsync<string>(connection, "SHOW fsync")).ShouldBe("on");
        (await AskAsync<string>(connection, "SHOW listen_addresses")).ShouldBe("127.0.0.1");
        (await AskAsync<string>(connection, "SELECT reset_val FROM pg_settings WHERE name = 'application_name'")).ShouldBe("it's a \\ name");
    }

    [Fact]
    public async Task A_server_that_does_not_start_says_why()
    {
        var error = await Should.ThrowAsync<InvalidOperationException>(
            StartAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["shared_preload_libraries"] = "no_such_library" }));

        error.Message.ShouldContain("no_such_library");
        error.Message.ShouldContain("postgresql.log");
    }

    [Fact]
    public async Task A_database_asked_for_by_several_at_once_is_made_once()
    {
        await using var server = await StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => server.EnsureDatabaseAsync("care \"quoted\"")));
        await using var connection = await OpenAsync(server);
        (await AskAsync<long>(connection, "SELECT count(*) FROM pg_database WHERE datname = 'care \"quoted\"'")).ShouldBe(1);
    }

    private Task<EmbeddedPostgresServer> StartAsync(Dictionary<string, string>? settings = null) =>
        EmbeddedPostgresServer.StartAsync(settings is null ? Options() : Options() with { Settings = settings }, NullLogger.Instance);

    private EmbeddedPostgresOptions Options() => new() { DataRoot = _root };

    private static async Task<NpgsqlConnection> OpenAsync(EmbeddedPostgresServer server, string database = "postgres")
    {
        var connection = new NpgsqlConnection(server.ConnectionString(database) + ";Pooling=false");
        await connection.OpenAsync();
        return connection;
    }

    private static async Task<T?> AskAsync<T>(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (T?)await command.ExecuteScalarAsync();
    }

    private static string PidFile(EmbeddedPostgresServer server) => Path.Combine(server.DataFolder, "postmaster.pid");

    private static int ProcessId(EmbeddedPostgresServer server) =>
        int.Parse(File.ReadLines(PidFile(server)).First(), CultureInfo.InvariantCulture);

    private static async Task KillAsync(int processId)
    {
        using var process = Process.GetProcessById(processId);
        process.Kill();
        await ShouldEndAsync(processId);
    }

    /// <summary>A stopping server removes its pid file, which is what pg_ctl waits for, before its process has ended.</summary>
    private static async Task ShouldEndAsync(int processId)
    {
        var limit = TimeSpan.FromSeconds(30);
        for (var clock = Stopwatch.StartNew(); IsAlive(processId) && clock.Elapsed < limit; await Task.Delay(20))
        {
        }

        IsAlive(processId).ShouldBeFalse($"Process {processId} still runs after {limit.TotalSeconds:0} s.");
    }

    private static bool IsAlive(int processId)
    {
        if (OperatingSystem.IsLinux())
        {
            // A zombie that nobody has collected is dead.
            var status = $"/proc/{processId}/status";
            try
            {
                return File.Exists(status) && !File.ReadLines(status).Any(l => l.StartsWith("State:\tZ", StringComparison.Ordinal));
            }
            catch (IOException)
            {
                return false;
            }
        }

        try
        {
            using var process = Process.GetProcessById(processId);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
