using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using IntegratedCare.EmbeddedPostgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace IntegratedCare.Benchmarks;

/// <summary>One PostgreSQL of the benchmark's own, in the temporary folder, with the settings the product gives it; gone afterwards.</summary>
internal sealed class TestBed : IAsyncDisposable
{
    private readonly EmbeddedPostgresServer _server;
    private readonly string _root;

    private TestBed(EmbeddedPostgresServer server, string root) => (_server, _root) = (server, root);

    public static async Task<TestBed> StartAsync(CancellationToken ct)
    {
        var root = Path.Combine(Path.GetTempPath(), $"integrated-care-benchmarks-{Environment.ProcessId}");
        Directory.CreateDirectory(root);
        return new TestBed(await EmbeddedPostgresServer.StartAsync(new EmbeddedPostgresOptions { DataRoot = root }, NullLogger.Instance, ct), root);
    }

    /// <summary>A host on a database of its own, with the organisations and places registered and nobody in it.</summary>
    public async Task<Product> HostAsync(string database, CancellationToken ct)
    {
        await _server.EnsureDatabaseAsync(database, ct);
        var connection = _server.ConnectionString(database);
        var host = Path.Combine(AppContext.BaseDirectory, "IntegratedCare.Host.dll");
        var process = await ChildProcess.StartAsync(url => [host, "serve", "--environment=Development", $"--Urls={url}", "--Logging:LogLevel:Default=Warning"], connection, "/health/ready", ct);
        var product = await Product.CreateAsync(process, NpgsqlDataSource.Create(connection + ";Maximum Pool Size=20"), ct);
        await Floor.CreateTablesAsync(product.Source, ct);
        return product;
    }

    /// <summary>The bare endpoint, on the same database.</summary>
    public Task<ChildProcess> FloorAsync(string database, CancellationToken ct) =>
        ChildProcess.StartAsync(url => [Path.Combine(AppContext.BaseDirectory, "IntegratedCare.Benchmarks.dll"), "floor", url.ToString()], _server.ConnectionString(database), "/", ct);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }
}

/// <summary>The running host and what is needed to talk to it.</summary>
internal sealed class Product : IAsyncDisposable
{
    private readonly HttpClient _operator;

    private Product(ChildProcess process, NpgsqlDataSource source, string vendorToken, HttpClient @operator)
    {
        Process = process;
        Source = source;
        VendorToken = vendorToken;
        _operator = @operator;
    }

    public ChildProcess Process { get; }

    public NpgsqlDataSource Source { get; }

    public string VendorToken { get; }

    public HttpClient Vendor(int connections) => LoadGenerator.Client(Process.Url, VendorToken, connections);

    /// <summary>A client of a demo organisation.</summary>
    public async Task<HttpClient> ClientAsync(string client, int connections, CancellationToken ct) =>
        LoadGenerator.Client(Process.Url, await TokenAsync(Process.Url, client, ct), connections);

    public static async Task<Product> CreateAsync(ChildProcess process, NpgsqlDataSource source, CancellationToken ct)
    {
        var vendor = await TokenAsync(process.Url, "demo-vendor", ct);
        var @operator = LoadGenerator.Client(process.Url, await TokenAsync(process.Url, "demo-operator", ct), 4);
        @operator.DefaultRequestHeaders.Add("X-Purpose-Of-Use", "operations");
        var product = new Product(process, source, vendor, @operator);
        await product.RegisterPlacesAsync(ct);
        await product.DrainAsync(ct);
        return product;
    }

    /// <summary>Registers an organisation; again is harmless.</summary>
    public Task RegisterAsync(string code, string kind, CancellationToken ct) => RegisterAsync("organisations", new { code, name = $"Benchmark {kind} {code}", kind }, ct);

    public Task LoadPersonsAsync(ReadOnlyMemory<byte> ndjson) => LoadGenerator.PostAsync(_operator, "/v1/population/persons", ndjson, "application/x-ndjson");

    public async Task<Backlog> BacklogAsync(CancellationToken ct)
    {
        using var response = await _operator.GetAsync("/v1/operations/outbox", ct);
        response.EnsureSuccessStatusCode();
        using var json = await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(ct), default, ct);
        var modules = json.RootElement.EnumerateArray().ToList();
        long Sum(string member) => modules.Sum(m => m.GetProperty(member).GetInt64());
        return new Backlog(Sum("waiting"), Sum("retrying"), Sum("parked"), modules.Max(m => m.GetProperty("oldestSeconds").GetDouble()));
    }

    /// <summary>Waits until every module's outbox is empty; the seconds that took.</summary>
    public async Task<double> DrainAsync(CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        while (await BacklogAsync(ct) is { } backlog && backlog.Waiting + backlog.Retrying + backlog.Parked > 0)
        {
            if (backlog.Parked > 0)
                throw new InvalidOperationException($"The outbox has parked rows: {backlog}");
            if (Stopwatch.GetElapsedTime(started) > TimeSpan.FromMinutes(10))
                throw new TimeoutException($"The outbox does not empty: {backlog}");
            await Task.Delay(20, ct);
        }

        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>What is kept by now, in the table that acknowledges and in each that follows it.</summary>
    public async Task<Kept> KeptAsync(CancellationToken ct)
    {
        await using var count = Source.CreateCommand(
            "SELECT (SELECT count(*) FROM population.person), (SELECT count(*) FROM population.event), (SELECT count(*) FROM population.record), (SELECT count(*) FROM metrics.fact), (SELECT count(*) FROM contracts.cost_fact)");
        count.CommandTimeout = 300;
        await using var reader = await count.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return new Kept(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4));
    }

    /// <summary>An acknowledgement alone is no proof: once the outbox is empty, each of the <paramref name="sent"/> events is there, and has been applied by each module that uses it.</summary>
    public async Task CheckEventsAsync(Kept before, long sent, CancellationToken ct)
    {
        var after = await KeptAsync(ct);
        if (after != before with { Events = before.Events + sent, Records = before.Records + sent, Facts = before.Facts + sent, CostFacts = before.CostFacts + sent })
            throw new InvalidOperationException($"{sent} events were acknowledged; before them {before}, after them {after}.");
    }

    /// <summary>Waits until what follows a load of persons is over too: the register is counted at leisure after the outbox is empty. The seconds that took.</summary>
    public async Task<double> SettleAsync(CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        await using var uncounted = Source.CreateCommand("SELECT EXISTS (SELECT FROM population.register_dirty)");
        while (await uncounted.ExecuteScalarAsync(ct) is true)
            await Task.Delay(200, ct);
        await DrainAsync(ct);
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    public async ValueTask DisposeAsync()
    {
        _operator.Dispose();
        await Source.DisposeAsync();
        await Process.DisposeAsync();
    }

    private static async Task<string> TokenAsync(Uri url, string client, CancellationToken ct)
    {
        using var http = new HttpClient { BaseAddress = url };
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["grant_type"] = "client_credentials", ["client_id"] = client, ["client_secret"] = client + "-secret" });
        using var response = await http.PostAsync("/connect/token", form, ct);
        response.EnsureSuccessStatusCode();
        using var json = await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(ct), default, ct);
        return json.RootElement.GetProperty("access_token").GetString()!;
    }

    private async Task RegisterPlacesAsync(CancellationToken ct)
    {
        await RegisterAsync("RZ1", "acute-trust", ct);
        for (var n = 0; n < InventedPerson.Practices; n++)
            await RegisterAsync(InventedPerson.PracticeCode(n), "general-practice", ct);
        await RegisterAsync("places", new { code = "BENCH", name = "Benchmark system", level = "system" }, ct);
        await RegisterAsync("places", new { code = "BENCH-PLACE", name = "Benchmark place", level = "place", parent = "BENCH" }, ct);
        for (var l = 0; l < 4; l++)
        {
            var practices = Enumerable.Range(0, InventedPerson.Practices).Where(n => n % 4 == l).Select(n => new { practice = InventedPerson.PracticeCode(n) }).ToArray();
            await RegisterAsync("places", new { code = $"BENCH-L{l + 1}", name = $"Locality {l + 1}", level = "locality", parent = "BENCH-PLACE", practices }, ct);
        }
    }

    private async Task RegisterAsync(string what, object body, CancellationToken ct)
    {
        using var response = await _operator.PostAsJsonAsync($"/v1/population/{what}", body, ct);
        response.EnsureSuccessStatusCode();
    }
}

/// <summary>Rows of persons, events, records, Metrics' facts and Contracts' cost facts.</summary>
internal sealed record Kept(long Persons, long Events, long Records, long Facts, long CostFacts);

/// <summary>What waits in the outboxes of all modules together.</summary>
internal sealed record Backlog(long Waiting, long Retrying, long Parked, double OldestSeconds);
