using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace IntegratedCare.EmbeddedPostgres;

/// <summary>
/// A real PostgreSQL, run for the hosts of this machine on a data folder of its own. Hosts that start on the same data
/// root share one server; the last to leave stops it. The data stays.
/// </summary>
/// <remarks>
/// Layout under the data root: <c>postgresql/start.lock</c> serialises starting and stopping;
/// <c>postgresql/18/</c> holds one major version: <c>data</c>, <c>log</c>, <c>password</c>, <c>port</c> and
/// <c>sharers.lock</c>, which each host holds shared while it uses the server. Whoever gets it exclusively is alone.
/// </remarks>
public sealed class EmbeddedPostgresServer : IAsyncDisposable
{
    private const string Superuser = "integrated_care";
    private static readonly TimeSpan LockLimit = TimeSpan.FromMinutes(8);

    private readonly Cluster _cluster;
    private readonly int _port;
    private readonly string _password;
    private readonly FileLock _share;
    private readonly ILogger _logger;
    private int _left;

    private EmbeddedPostgresServer(Cluster cluster, int port, string password, string version, FileLock share, ILogger logger)
    {
        _cluster = cluster;
        _port = port;
        _password = password;
        _share = share;
        _logger = logger;
        Description = $"PostgreSQL {version} from {cluster.Binaries.Folder}, data in {cluster.Data}, port {port}";
        AppDomain.CurrentDomain.ProcessExit += OnProcessExit;
    }

    /// <summary>Version, binaries, data folder and port, for the log.</summary>
    public string Description { get; }

    internal string DataFolder => _cluster.Data;

    /// <summary>Starts the server, or joins the one that already runs on this data root.</summary>
    /// <exception cref="NoPostgresException">No binaries on the machine and none to fetch.</exception>
    /// <exception cref="InvalidOperationException">The server does not start; the message ends with its log.</exception>
    public static Task<EmbeddedPostgresServer> StartAsync(EmbeddedPostgresOptions options, ILogger logger, CancellationToken ct = default) =>
        StartAsync(options, logger, BinaryLocator.ForThisMachine(), ct);

    internal static async Task<EmbeddedPostgresServer> StartAsync(
        EmbeddedPostgresOptions options, ILogger logger, BinaryLocator locator, CancellationToken ct = default)
    {
        var user = ServerUser.Current();
        var wanted = options.ResolveDataRoot();
        Directory.CreateDirectory(wanted);
        var root = Native.RealPath(wanted);
        var home = Path.Combine(root, "postgresql");
        Directory.CreateDirectory(home);
        user.LetIn(root);
        user.LetIn(home);
        if (user.ClosedFolder(root) is { } closed)
        {
            throw new InvalidOperationException(
                $"PostgreSQL does not run as root, and the user {user.Name} cannot enter {closed}: "
                + "choose a data root elsewhere, or start the host as an ordinary user.");
        }

        await using var alone = await FileLock.ExclusiveAsync(Path.Combine(home, "start.lock"), LockLimit, ct);
        var binaries = await locator.FindAsync(options.Road, root, Clusters(home), user, logger, ct);
        var cluster = new Cluster(binaries, user, Path.Combine(home, binaries.Major.ToString(CultureInfo.InvariantCulture)));
        Directory.CreateDirectory(cluster.Folder);
        user.LetIn(cluster.Folder);
        if (Clusters(home) is [var other, ..] && other != binaries.Major && !Directory.Exists(cluster.Data))
        {
            logger.LogWarning(
                "Starting empty on PostgreSQL {Major}: the data kept so far belongs to PostgreSQL {Other} and stays with it",
                binaries.Major,
                other);
        }

        var share = FileLock.TryShared(cluster.Sharers)
            ?? throw new IOException($"Cannot lock {cluster.Sharers}: is the data root of another user?");
        try
        {
            var password = await cluster.EnsureCreatedAsync(Superuser, logger, ct);
            var (port, version) = await cluster.JoinAsync(p => ConnectionString(p, password, "postgres"), logger, ct)
                ?? await cluster.StartAsync(options, p => ConnectionString(p, password, "postgres"), ct);
            if (options.Port is { } asked && asked != port)
            {
                logger.LogWarning("Sharing the server that already runs on port {Port}, not {Asked}", port, asked);
            }

            var server = new EmbeddedPostgresServer(cluster, port, password, version, share, logger);
            logger.LogInformation("{Description}", server.Description);
            return server;
        }
        catch
        {
            share.Dispose();
            throw;
        }
    }

    /// <summary>Connection string to one database of the server, over loopback.</summary>
    public string ConnectionString(string database) => ConnectionString(_port, _password, database);

    /// <summary>Creates the database unless it exists.</summary>
    public async Task EnsureDatabaseAsync(string database, CancellationToken ct = default)
    {
        await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false");
        await connection.OpenAsync(ct);
        await using var exists = new NpgsqlCommand("SELECT 1 FROM pg_database WHERE datname = $1", connection);
        exists.Parameters.Add(new NpgsqlParameter { Value = database });
        if (await exists.ExecuteScalarAsync(ct) is not null)
        {
            return;
        }

        try
        {
            await using var create = new NpgsqlCommand($"CREATE DATABASE \"{database.Replace("\"", "\"\"", StringComparison.Ordinal)}\"", connection);
            await create.ExecuteNonQueryAsync(ct);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.DuplicateDatabase or PostgresErrorCodes.UniqueViolation)
        {
            // Another host was first.
        }
    }

    /// <summary>Leaves the server, and stops it when nobody else uses it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _left, 1) != 0)
        {
            return;
        }

        AppDomain.CurrentDomain.ProcessExit -= OnProcessExit;
        NpgsqlConnection.ClearAllPools();
        var start = Path.Combine(Path.GetDirectoryName(_cluster.Folder)!, "start.lock");
        await using var alone = await FileLock.ExclusiveAsync(start, LockLimit, CancellationToken.None);
        await _share.DisposeAsync();
        if (await LastAsync())
        {
            await _cluster.StopAsync(_logger);
        }
    }

    /// <summary>As if this process had been killed: the lock is gone, the server runs on.</summary>
    internal void Abandon()
    {
        _left = 1;
        AppDomain.CurrentDomain.ProcessExit -= OnProcessExit;
        _share.Dispose();
    }

    private static string ConnectionString(int port, string password, string database) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = port,
        Username = Superuser,
        Password = password,
        Database = database,
        // Loopback: nothing to encrypt, and no search for a Kerberos library.
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
    }.ConnectionString;

    /// <summary>Major versions with data, most recently used first.</summary>
    private static List<int> Clusters(string home) =>
        [.. Directory.EnumerateDirectories(home)
            .Where(d => File.Exists(Path.Combine(d, "data", "PG_VERSION")))
            .OrderByDescending(d => File.GetLastWriteTimeUtc(Path.Combine(d, "data", "global", "pg_control")))
            .Select(d => int.TryParse(Path.GetFileName(d), CultureInfo.InvariantCulture, out var major) ? major : 0)
            .Where(major => major > 0)];

    private async Task<bool> LastAsync()
    {
        // A process being started anywhere in this one holds a copy of every lock for an instant.
        for (var attempt = 0; attempt < 5; attempt++)
        {
            if (FileLock.TryExclusive(_cluster.Sharers) is { } last)
            {
                last.Dispose();
                return true;
            }

            await Task.Delay(20);
        }

        return false;
    }

    /// <summary>The process ends without having disposed of us: ask the server to stop and do not wait for it.</summary>
    private void OnProcessExit(object? sender, EventArgs e)
    {
        if (Interlocked.Exchange(ref _left, 1) != 0)
        {
            return;
        }

        try
        {
            using var alone = FileLock.TryExclusive(Path.Combine(Path.GetDirectoryName(_cluster.Folder)!, "start.lock"));
            _share.Dispose();
            if (alone is not null && FileLock.TryExclusive(_cluster.Sharers) is { } last)
            {
                last.Dispose();
                _cluster.AskToStop();
            }
        }
        catch (IOException)
        {
            // The next host adopts the server.
        }
    }
}

/// <summary>One data folder and what runs on it. Every method but <see cref="AskToStop"/> wants the start lock held.</summary>
internal sealed class Cluster(PostgresBinaries binaries, ServerUser user, string folder)
{
    private const int Patience = 120;

    public PostgresBinaries Binaries => binaries;

    public string Folder => folder;

    public string Data => Path.Combine(folder, "data");

    public string Log => Path.Combine(folder, "log", "postgresql.log");

    public string Sharers => Path.Combine(folder, "sharers.lock");

    private string PidFile => Path.Combine(Data, "postmaster.pid");

    /// <summary>Makes the data folder on first use.</summary>
    /// <returns>The superuser's password.</returns>
    public async Task<string> EnsureCreatedAsync(string superuser, ILogger logger, CancellationToken ct)
    {
        var secret = Path.Combine(folder, "password");
        if (Directory.Exists(Data))
        {
            return (await File.ReadAllTextAsync(secret, ct)).Trim();
        }

        // Made aside and moved in place whole: a start cut short leaves no half-made data.
        logger.LogInformation("Creating the data folder {Data}", Data);
        var making = Data + ".part";
        if (Directory.Exists(making))
        {
            Directory.Delete(making, recursive: true);
        }

        Directory.CreateDirectory(making);
        user.Own(making, folder: true);
        var log = Path.GetDirectoryName(Log)!;
        Directory.CreateDirectory(log);
        user.Own(log, folder: true);

        var password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        await WriteSecretAsync(secret, password);
        var handover = secret + ".initdb";
        await WriteSecretAsync(handover, password);
        user.Own(handover, folder: false);
        try
        {
            string[] common =
            [
                "-D", making, "--username", superuser, "--pwfile", handover, "--auth", "scram-sha-256", "--encoding", "UTF8",
            ];
            // Byte order sorts alike whatever the system's libraries; C.UTF-8 knows the case of accented letters.
            string[][] locales = OperatingSystem.IsLinux() ? [["--locale=C", "--lc-ctype=C.UTF-8"], ["--locale=C"]] : [["--locale=C"]];
            var made = new CommandResult(-1, "");
            foreach (var locale in locales)
            {
                made = await ServerProcess.RunAsync(user, folder, binaries.InitDb, [.. common, .. locale], TimeSpan.FromMinutes(2), ct);
                if (made.ExitCode == 0 || !made.Output.Contains("locale", StringComparison.OrdinalIgnoreCase))
                {
                    break;
                }
            }

            if (made.ExitCode != 0)
            {
                throw new InvalidOperationException($"initdb failed: {made.LastLines}");
            }
        }
        finally
        {
            File.Delete(handover);
        }

        await File.AppendAllTextAsync(Path.Combine(making, "postgresql.conf"), "\ninclude = 'integrated-care.conf'\n", ct);
        Directory.Move(making, Data);
        return password;
    }

    /// <summary>Joins the server that runs on the data, be it another host's or one left by a killed host.</summary>
    /// <returns>Null when none runs; then nothing of a former one is in the way.</returns>
    public async Task<(int Port, string Version)?> JoinAsync(Func<int, string> connection, ILogger logger, CancellationToken ct)
    {
        var clock = Stopwatch.StartNew();
        while (ReadPidFile() is { } running)
        {
            if (!ServerProcess.IsServerOn(running.ProcessId, Data))
            {
                break;
            }

            if (running is { Status: "ready", Port: > 0 } && await VersionAtAsync(connection(running.Port), ct) is { } version)
            {
                return (running.Port, version);
            }

            // Starting, recovering or on its way out.
            if (clock.Elapsed.TotalSeconds > Patience)
            {
                throw new InvalidOperationException(
                    $"A PostgreSQL server (process {running.ProcessId}) runs on {Data} and does not answer. {LogTail()}");
            }

            await Task.Delay(50, ct);
        }

        if (!File.Exists(PidFile))
        {
            return null;
        }

        logger.LogWarning("Recovering {Data} from a server that was killed", Data);
        // Children of a killed server end by themselves; until then the data is theirs.
        for (clock.Restart(); await ServerProcess.AnyServerOnAsync(user, Data, ct); await Task.Delay(50, ct))
        {
            if (clock.Elapsed.TotalSeconds > Patience)
            {
                throw new InvalidOperationException($"Children of a killed PostgreSQL server still work on {Data}.");
            }
        }

        // PostgreSQL itself would take any living process with the old number for its server, after a reboot for instance.
        File.Delete(PidFile);
        return null;
    }

    public async Task<(int Port, string Version)> StartAsync(EmbeddedPostgresOptions options, Func<int, string> connection, CancellationToken ct)
    {
        var remembered = Path.Combine(folder, "port");
        var before = File.Exists(remembered) ? await File.ReadAllTextAsync(remembered, ct) : "";
        var port = options.Port ?? (int.TryParse(before, CultureInfo.InvariantCulture, out var last) && IsFree(last) ? last : FreePort());
        for (var attempt = 1; ; attempt++)
        {
            await WriteSettingsAsync(options, port, ct);
            RollLog();
            var logStart = File.Exists(Log) ? new FileInfo(Log).Length : 0;
            // pg_ctl puts the server in a session of its own, so that Ctrl-C in the terminal is not for it.
            var started = await ServerProcess.RunAsync(
                user,
                folder,
                binaries.Control,
                ["start", "-w", "-t", Patience.ToString(CultureInfo.InvariantCulture), "-D", Data, "-l", Log, "-o", "-c fsync=on"],
                TimeSpan.FromSeconds(Patience + 30),
                ct);
            if (started.ExitCode == 0 && await VersionAtAsync(connection(port), ct) is { } version)
            {
                await File.WriteAllTextAsync(remembered, port.ToString(CultureInfo.InvariantCulture), ct);
                return (port, version);
            }

            var tail = LogTail(logStart);
            if (started.ExitCode != 0 && options.Port is null && attempt < 5 && tail.Contains("could not bind", StringComparison.Ordinal))
            {
                port = FreePort();
                continue;
            }

            throw new InvalidOperationException(
                $"PostgreSQL {binaries.Version} from {binaries.Folder} did not start on port {port}: {started.LastLines} {tail}");
        }
    }

    public async Task StopAsync(ILogger logger)
    {
        if (ReadPidFile() is not { } running || !ServerProcess.IsServerOn(running.ProcessId, Data))
        {
            return;
        }

        try
        {
            var stopped = await ServerProcess.RunAsync(
                user, folder, binaries.Control, ["stop", "-m", "fast", "-w", "-t", "60", "-D", Data], TimeSpan.FromSeconds(90));
            if (stopped.ExitCode != 0 && File.Exists(PidFile))
            {
                logger.LogWarning("PostgreSQL did not stop: {Reason}", stopped.LastLines);
            }
        }
        catch (Exception e) when (e is Win32Exception or TimeoutException)
        {
            logger.LogWarning(e, "PostgreSQL did not stop");
        }
    }

    public void AskToStop()
    {
        if (ReadPidFile() is not { } running || !ServerProcess.IsServerOn(running.ProcessId, Data))
        {
            return;
        }

        if (OperatingSystem.IsWindows())
        {
            using var stop = Process.Start(new ProcessStartInfo(binaries.Control, ["stop", "-m", "fast", "-W", "-D", Data]) { CreateNoWindow = true });
        }
        else
        {
            // What `pg_ctl stop -m fast` sends: SIGINT.
            _ = Native.Kill(running.ProcessId, 2);
        }
    }

    private static bool IsFree(int port)
    {
        if (port is <= 0 or > 65535)
        {
            return false;
        }

        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task WriteSecretAsync(string path, string secret)
    {
        File.Delete(path);
        var how = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            how.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        await using var file = new FileStream(path, how);
        await file.WriteAsync(Encoding.ASCII.GetBytes(secret + "\n"));
    }

    /// <summary>The version of the server that answers there, if it is the one on our data.</summary>
    private async Task<string?> VersionAtAsync(string connectionString, CancellationToken ct)
    {
        try
        {
            await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false;Timeout=5");
            await connection.OpenAsync(ct);
            await using var command = new NpgsqlCommand("SELECT current_setting('data_directory')", connection);
            var serves = (string?)await command.ExecuteScalarAsync(ct);
            return serves is not null && Native.RealPath(serves) == Data ? connection.PostgreSqlVersion.ToString(2) : null;
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or SocketException)
        {
            return null;
        }
    }

    private async Task WriteSettingsAsync(EmbeddedPostgresOptions options, int port, CancellationToken ct)
    {
        var settings = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
        {
            ["max_connections"] = "200",
            ["timezone"] = "UTC",
            ["log_timezone"] = "UTC",
        };
        foreach (var (name, value) in options.Settings)
        {
            settings[name] = value;
        }

        settings["listen_addresses"] = "127.0.0.1";
        settings["port"] = port.ToString(CultureInfo.InvariantCulture);
        settings["unix_socket_directories"] = "";
        settings["logging_collector"] = "off";
        settings["fsync"] = "on";
        settings["full_page_writes"] = "on";

        var text = new StringBuilder("# Written anew at every start.\n");
        foreach (var (name, value) in settings)
        {
            if (!name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.'))
            {
                throw new ArgumentException($"'{name}' is no name of a PostgreSQL setting.", nameof(options));
            }

            var quoted = value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal).ReplaceLineEndings(" ");
            text.Append(CultureInfo.InvariantCulture, $"{name} = '{quoted}'\n");
        }

        var path = Path.Combine(Data, "integrated-care.conf");
        await File.WriteAllTextAsync(path, text.ToString(), ct);
        user.Own(path, folder: false);
    }

    private void RollLog()
    {
        if (File.Exists(Log) && new FileInfo(Log).Length > 16 * 1024 * 1024)
        {
            File.Move(Log, Log + ".1", overwrite: true);
        }
    }

    private string LogTail(long from = 0)
    {
        try
        {
            using var file = new FileStream(Log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            file.Position = Math.Max(from, file.Length - 4000);
            using var reader = new StreamReader(file);
            return $"The end of {Log}:\n{reader.ReadToEnd().TrimEnd()}";
        }
        catch (IOException)
        {
            return "";
        }
    }

    private (int ProcessId, int Port, string Status)? ReadPidFile()
    {
        try
        {
            var lines = File.ReadAllLines(PidFile);
            // Written line by line while the server starts.
            return (
                lines.Length > 0 && int.TryParse(lines[0], CultureInfo.InvariantCulture, out var id) ? Math.Abs(id) : 0,
                lines.Length > 3 && int.TryParse(lines[3], CultureInfo.InvariantCulture, out var port) ? port : 0,
                lines.Length > 7 ? lines[7].Trim() : "");
        }
        catch (IOException)
        {
            return null;
        }
    }
}
