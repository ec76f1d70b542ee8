using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;

namespace IntegratedCare.Benchmarks;

/// <summary>A running host and what is needed to talk to it.</summary>
internal sealed class Product : IAsyncDisposable
{
    private readonly HttpClient _operator;

    private Product(ChildProcess process, NpgsqlDataSource source)
    {
        Process = process;
        Source = source;
        _operator = LoadGenerator.Client(process.Url, "", 4);
        _operator.DefaultRequestHeaders.Add("X-Purpose-Of-Use", "operations");
    }

    public ChildProcess Process { get; }

    /// <summary>The host's database, for what no endpoint answers: see <see cref="ProductTables"/>.</summary>
    public NpgsqlDataSource Source { get; }

    public string VendorToken { get; private set; } = "";

    public static async Task<Product> CreateAsync(ChildProcess process, NpgsqlDataSource source, CancellationToken ct)
    {
        var product = new Product(process, source);
        await product.RenewTokensAsync(ct);
        await product.RegisterPlacesAsync(ct);
        await product.WaitUntilAppliedAsync(ct);
        return product;
    }

    /// <summary>Tokens are good for an hour, which is less than a long run.</summary>
    public async Task RenewTokensAsync(CancellationToken ct)
    {
        VendorToken = await TokenAsync("demo-vendor", ct);
        _operator.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await TokenAsync("demo-operator", ct));
    }

    /// <summary>A client of a demo organisation.</summary>
    public async Task<HttpClient> ClientAsync(string client, int connections, CancellationToken ct) =>
        LoadGenerator.Client(Process.Url, await TokenAsync(client, ct), connections);

    /// <summary>Registers an organisation; again is harmless.</summary>
    public Task RegisterAsync(string code, string kind, CancellationToken ct) =>
        RegisterAsync("organisations", new { code, name = $"Benchmark {kind} {code}", kind }, ct);

    public Task LoadPersonsAsync(ReadOnlyMemory<byte> ndjson) => LoadGenerator.PostAsync(_operator, "/v1/population/persons", ndjson, "application/x-ndjson");

    public async Task<Backlog> BacklogAsync(CancellationToken ct)
    {
        using var response = await _operator.GetAsync("/v1/operations/outbox", ct);
        response.EnsureSuccessStatusCode();
        using var json = await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(ct), default, ct);
        var outboxes = json.RootElement.EnumerateArray().ToList();
        long Sum(string member) => outboxes.Sum(m => m.GetProperty(member).GetInt64());
        return new Backlog(Sum("waiting"), Sum("retrying"), Sum("parked"), outboxes.Max(m => m.GetProperty("oldestSeconds").GetDouble()));
    }

    /// <summary>Waits until every outbox is empty; the seconds that took. Looks seldom: a look is the host's work too, and its time is measured.</summary>
    public async Task<double> WaitUntilAppliedAsync(CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        while (await BacklogAsync(ct) is { } backlog && backlog.Waiting + backlog.Retrying + backlog.Parked > 0)
        {
            if (backlog.Parked > 0)
                throw new InvalidOperationException($"The outbox has parked rows: {backlog}");
            if (Stopwatch.GetElapsedTime(started) > TimeSpan.FromMinutes(10))
                throw new TimeoutException($"The outbox does not empty: {backlog}");
            await Task.Delay(100, ct);
        }

        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>
    /// Waits until what follows a load of persons is over too: the register is counted at leisure after the outbox is empty. The seconds
    /// that took.
    /// </summary>
    public async Task<double> WaitUntilCountedAsync(CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await ProductTables.RegisterIsCountedAsync(Source, ct))
            await Task.Delay(200, ct);
        await WaitUntilAppliedAsync(ct);
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>A load, and what it leaves in the outboxes until they are empty.</summary>
    public async Task<Measured> MeasureAsync(Func<Task<LoadResult>> load, CancellationToken ct)
    {
        var cpu = Process.Meter.Read();
        var loaded = await load();
        var waited = await WaitUntilAppliedAsync(ct);
        return new Measured(loaded, waited, Process.Meter.Read() - cpu);
    }

    /// <summary>
    /// A load of events. An acknowledgement alone is no proof: once the outboxes are empty, each of the events sent is there, and
    /// has been applied by each module that uses it.
    /// </summary>
    public async Task<Measured> MeasureEventsAsync(int perRequest, Func<Task<LoadResult>> load, CancellationToken ct)
    {
        var before = await ProductTables.CountAsync(Source, ct);
        var measured = await MeasureAsync(load, ct);
        var (sent, after) = (measured.Load.Requests * (long)perRequest, await ProductTables.CountAsync(Source, ct));
        if (after != before.With(sent))
            throw new InvalidOperationException($"{sent} events were acknowledged; before them {before}, after them {after}.");
        return measured;
    }

    public async Task CheckPersonsAsync(int sent, CancellationToken ct)
    {
        if (await ProductTables.CountAsync(Source, ct) is var kept && kept.Persons != sent)
            throw new InvalidOperationException($"Of {sent} persons sent {kept.Persons} are registered.");
    }

    public async ValueTask DisposeAsync()
    {
        _operator.Dispose();
        await Source.DisposeAsync();
        await Process.DisposeAsync();
    }

    private async Task<string> TokenAsync(string client, CancellationToken ct)
    {
        using var http = new HttpClient { BaseAddress = Process.Url };
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials",
            ["client_id"] = client,
            ["client_secret"] = client + "-secret",
        });
        using var response = await http.PostAsync("/connect/token", form, ct);
        response.EnsureSuccessStatusCode();
        using var json = await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(ct), default, ct);
        return json.RootElement.GetProperty("access_token").GetString()!;
    }

    private async Task RegisterPlacesAsync(CancellationToken ct)
    {
        await RegisterAsync("RZ1", "acute-trust", ct);
        var practices = Enumerable.Range(0, InventedPerson.Practices).Select(InventedPerson.PracticeCode).ToList();
        foreach (var practice in practices)
            await RegisterAsync(practice, "general-practice", ct);
        await RegisterAsync("places", new { code = "BENCH", name = "Benchmark system", level = "system" }, ct);
        await RegisterAsync("places", new { code = "BENCH-PLACE", name = "Benchmark place", level = "place", parent = "BENCH" }, ct);
        for (var l = 0; l < 4; l++)
        {
            var own = practices.Where((_, n) => n % 4 == l).Select(practice => new { practice }).ToArray();
            var locality = new { code = $"BENCH-L{l + 1}", name = $"Locality {l + 1}", level = "locality", parent = "BENCH-PLACE", practices = own };
            await RegisterAsync("places", locality, ct);
        }
    }

    private async Task RegisterAsync(string what, object body, CancellationToken ct)
    {
        using var response = await _operator.PostAsJsonAsync($"/v1/population/{what}", body, ct);
        response.EnsureSuccessStatusCode();
    }
}

/// <summary>What waits in the outboxes of all modules together.</summary>
internal sealed record Backlog(long Waiting, long Retrying, long Parked, double OldestSeconds);
