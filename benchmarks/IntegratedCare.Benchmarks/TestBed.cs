using IntegratedCare.EmbeddedPostgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace IntegratedCare.Benchmarks;

/// <summary>
/// One PostgreSQL of the benchmark's own, in the temporary folder, with the settings the product gives it; gone afterwards.
/// Every host and the floors have a database of their own on it.
/// </summary>
internal sealed class TestBed : IAsyncDisposable
{
    private const string FloorDatabase = "bench_floor";

    private readonly EmbeddedPostgresServer _server;
    private readonly string _root;
    private readonly PostgresProcesses _postgres;

    private TestBed(EmbeddedPostgresServer server, string root, PostgresProcesses postgres)
    {
        _server = server;
        _root = root;
        _postgres = postgres;
        Meter = new CpuMeter(() => Environment.CpuUsage.TotalTime, postgres);
        FloorSource = SourceOf(server, FloorDatabase);
    }

    /// <summary>For floors without a process of their own: the benchmark itself does what the host would.</summary>
    public CpuMeter Meter { get; }

    public NpgsqlDataSource FloorSource { get; }

    public static async Task<TestBed> StartAsync(CancellationToken ct)
    {
        var root = Path.Combine(Path.GetTempPath(), $"integrated-care-benchmarks-{Environment.ProcessId}");
        Directory.CreateDirectory(root);
        var server = await EmbeddedPostgresServer.StartAsync(new EmbeddedPostgresOptions { DataRoot = root }, NullLogger.Instance, ct);
        await server.EnsureDatabaseAsync(FloorDatabase, ct);
        var bed = new TestBed(server, root, await PostgresProcesses.OfServerAsync(server.ConnectionString("postgres"), ct));
        await Floor.CreateTablesAsync(bed.FloorSource, ct);
        return bed;
    }

    /// <summary>A host on a database of its own, with the organisations and places registered and nobody in it.</summary>
    public async Task<Product> HostAsync(Build build, string database, CancellationToken ct) =>
        await Product.CreateAsync(await ServeAsync(build, database, ct), SourceOf(_server, database), ct);

    /// <summary>The bare process of a host.</summary>
    public async Task<ChildProcess> ServeAsync(Build build, string database, CancellationToken ct)
    {
        await _server.EnsureDatabaseAsync(database, ct);
        return await ChildProcess.StartAsync(
            url => [build.Path, "serve", "--environment=Development", $"--Urls={url}", "--Logging:LogLevel:Default=Warning"],
            _server.ConnectionString(database), "/health/ready", _postgres, ct);
    }

    /// <summary>The bare endpoint.</summary>
    public Task<ChildProcess> FloorAsync(CancellationToken ct) => ChildProcess.StartAsync(
        url => [Path.Combine(AppContext.BaseDirectory, "IntegratedCare.Benchmarks.dll"), "floor", url.ToString()],
        _server.ConnectionString(FloorDatabase), "/", _postgres, ct);

    /// <summary>A database that is no longer needed would still be vacuumed, on somebody else's time.</summary>
    public async Task DropAsync(string database, CancellationToken ct)
    {
        await using var drop = FloorSource.CreateCommand($"DROP DATABASE {database} WITH (FORCE)");
        await drop.ExecuteNonQueryAsync(ct);
    }

    public async ValueTask DisposeAsync()
    {
        await FloorSource.DisposeAsync();
        await _server.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    private static NpgsqlDataSource SourceOf(EmbeddedPostgresServer server, string database) =>
        NpgsqlDataSource.Create(server.ConnectionString(database) + ";Maximum Pool Size=20");
}
