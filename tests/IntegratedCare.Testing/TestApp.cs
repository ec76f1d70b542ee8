using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using IntegratedCare.Host;
using IntegratedCare.Host.Auth;
using IntegratedCare.Host.Verbs;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Events;
using IntegratedCare.Shared.Outbox;
using IntegratedCare.Shared.Documents;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace IntegratedCare.Testing;

/// <summary>The whole host on a database of its own, listening on a free port. Use as <c>IClassFixture&lt;TestApp&gt;</c>.</summary>
public class TestApp : IAsyncLifetime
{
    private TestDatabase _database = null!;
    private WebApplication _app = null!;

    /// <summary>The clock the host runs on: real until a test moves it.</summary>
    public TestClock Clock { get; } = new();

    public string ConnectionString => _database.ConnectionString;

    public Uri Url { get; private set; } = null!;

    public IServiceProvider Services => _app.Services;

    /// <summary>Settings a fixture wants otherwise.</summary>
    protected virtual IEnumerable<KeyValuePair<string, string?>> Settings => [];

    /// <summary>Services a fixture adds, such as a reaction that only a test has.</summary>
    protected virtual void Configure(IServiceCollection services)
    {
    }

    public async ValueTask InitializeAsync()
    {
        _database = await CreateDatabaseAsync();
        _app = Build(_database.ConnectionString, b =>
        {
            b.Configuration.AddInMemoryCollection(Settings);
            Configure(b.Services);
        });
        if (await ServeVerb.StartAsync(_app, NullLogger.Instance, CancellationToken.None) is { } fault)
            throw new InvalidOperationException(fault);
        Url = new Uri(_app.Urls.First());
    }

    /// <summary>A fresh, migrated database for tests that start hosts of their own.</summary>
    public static Task<TestDatabase> CreateDatabaseAsync() => TestDatabase.CreateAsync(MigrateAsync, $"host_{SchemaHash()}");

    /// <summary>Brings a database up to this release, as the verb does.</summary>
    public static async Task MigrateAsync(string connectionString)
    {
        await using var app = new TestApp().Build(connectionString, _ => { });
        await app.Services.GetRequiredService<IntegratedCare.Host.Platform.Database>().OpenAsync(CancellationToken.None);
        await app.Services.GetRequiredService<ModuleMigrator>().MigrateAsync();
        NpgsqlConnection.ClearAllPools();
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        await _database.DisposeAsync();
    }

    /// <summary>
    /// A client with the demo client's token and, where given, a purpose and an acting user. The token lives by the real clock, as the bearer
    /// handler does.
    /// </summary>
    public HttpClient ClientFor(string demoClient, string? purpose = null, string? actingUser = null)
    {
        var client = DemoClients.Find(demoClient) ?? throw new ArgumentException($"No demo client {demoClient}.");
        var issuer = _app.Services.GetRequiredService<DevelopmentIssuer>();
        var http = new HttpClient { BaseAddress = Url };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer",
            issuer.Issue(client, client.Scopes, at: TimeProvider.System.GetUtcNow()));
        if (purpose is not null)
            http.DefaultRequestHeaders.Add("X-Purpose-Of-Use", purpose);
        if (actingUser is not null)
            http.DefaultRequestHeaders.Add("X-Acting-User", actingUser);
        return http;
    }

    /// <summary>Waits until every outbox is empty. A parked or failing event ends the wait with its error.</summary>
    public async Task DrainOutboxAsync(TimeSpan? most = null)
    {
        var queries = _app.Services.GetRequiredService<OutboxQueries>();
        using var timeout = new CancellationTokenSource(most ?? TimeSpan.FromSeconds(60));
        while (true)
        {
            var backlog = await queries.BacklogAsync(timeout.Token);
            if (backlog.Any(b => b.Parked + b.Retrying > 0))
                throw new InvalidOperationException("An event was not applied: " + await RetryErrorsAsync());
            if (backlog.All(b => b.Waiting == 0))
                return;
            await Task.Delay(15, timeout.Token);
        }
    }

    /// <summary>Publishes events as the modules they are named after would.</summary>
    public async Task PublishAsync<TEvent>(params IReadOnlyList<TEvent> events) where TEvent : IEvent
    {
        var schema = EventRoute.ProducerOf(TEvent.Name);
        await using var connection = await Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync();
        await OutboxWriter.WriteAsync(connection, schema, [.. events.Select(e => OutboxMessage.Of(e, Clock.GetUtcNow()))], CancellationToken.None);
        Services.GetRequiredService<OutboxSignal>().Raise(schema);
    }

    public async Task<T> ScalarAsync<T>(string sql, params object[] values)
    {
        await using var command = Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Makes a change twice, so that both have read the document before either can write it; the two statuses, sorted.</summary>
    public async Task<int[]> TwiceAtOnceAsync(string table, Guid document, Func<Task<int>> change)
    {
        await using var connection = await Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync();
        await using var holder = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync($"SELECT 1 FROM {table} WHERE id = $1 FOR UPDATE", CancellationToken.None, document);
        Task<int>[] changes = [change(), change()];
        while (!changes.Any(c => c.IsCompleted) && await ScalarAsync<long>(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND strpos(query, $1) > 0",
            table.Split('.')[1].Replace("mt_doc_", "", StringComparison.Ordinal)) < changes.Length)
            await Task.Delay(10);
        await holder.RollbackAsync();
        return [.. (await Task.WhenAll(changes)).Order()];
    }

    /// <summary>The statuses of so many equal requests that are sent at once, sorted.</summary>
    public static async Task<int[]> ManyAtOnceAsync(int count, Func<Task<HttpResponseMessage>> send) => [.. (await Task.WhenAll(Enumerable.Range(0, count)
        .Select(async _ =>
        {
            using var answer = await send();
            return (int)answer.StatusCode;
        }))).Order()];

    private async Task<string> RetryErrorsAsync()
    {
        var errors = new StringBuilder();
        foreach (var module in Services.GetServices<IModule>())
        {
            await using var command = Services.GetRequiredService<NpgsqlDataSource>()
                .CreateCommand($"SELECT handler, error FROM {module.Schema}.delivery_retry");
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
                errors.Append($"{reader.GetString(0)}: {(reader.IsDBNull(1) ? "held" : reader.GetString(1))}\n");
        }

        return errors.ToString();
    }

    private WebApplication Build(string connectionString, Action<WebApplicationBuilder> adjust) =>
        PlatformHost.Build(["--environment", "Development"], builder =>
    {
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:Default"] = connectionString,
            ["Urls"] = "http://127.0.0.1:0",
            ["Outbox:FirstDelay"] = "00:00:00.050",
            // Most tests begin with an empty register.
            ["Auth:BootstrapClients"] = string.Join(' ', DemoClients.All.Select(c => c.Id)),
            // Tests read what they have just posted, on machines that are busy.
            ["Population:ReadsWaitAtMost"] = "00:00:20",
            ["Logging:LogLevel:Default"] = "Warning",
            ["Logging:LogLevel:Microsoft.Hosting.Lifetime"] = "Warning",
        });
        builder.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(Clock));
        adjust(builder);
    });

    /// <summary>Changes with the modules' code, where tables and documents are declared, so that no test runs on a stale template.</summary>
    private static string SchemaHash()
    {
        using var sha = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        foreach (var assembly in ModuleAssemblies().OrderBy(a => a.GetName().Name))
            sha.AppendData(assembly.ManifestModule.ModuleVersionId.ToByteArray());
        return Convert.ToHexStringLower(sha.GetHashAndReset().AsSpan(0, 6));
    }

    private static IEnumerable<System.Reflection.Assembly> ModuleAssemblies() =>
        typeof(PlatformHost).Assembly.GetReferencedAssemblies().Where(a => a.Name!.StartsWith("IntegratedCare", StringComparison.Ordinal))
            .Select(System.Reflection.Assembly.Load);
}

/// <summary>The real clock, until a test moves it forward or back.</summary>
public sealed class TestClock : TimeProvider
{
    private TimeSpan _offset;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _offset;

    public void SetTo(DateTimeOffset now) => _offset = now - base.GetUtcNow();

    public void Advance(TimeSpan by) => _offset += by;
}

public static class TestHttp
{
    /// <summary>Reads JSON, and shows the body when the status is not the one expected.</summary>
    public static async Task<JsonElement> JsonAsync(this HttpResponseMessage response, int expected)
    {
        var text = await response.Content.ReadAsStringAsync();
        if ((int)response.StatusCode != expected)
            throw new Shouldly.ShouldAssertException($"Expected {expected}, got {(int)response.StatusCode} from {response.RequestMessage?.Method} "
                + $"{response.RequestMessage?.RequestUri}: {text}");
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement.Clone();
    }

    /// <summary>The status of a change against a version.</summary>
    public static async Task<int> ChangeAsync(this HttpClient client, HttpMethod method, string path, object? body, string ifMatch)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body, options: SharedJson.Wire) };
        request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        using var response = await client.SendAsync(request);
        return (int)response.StatusCode;
    }

    public static async Task<JsonElement> PostAsync(this HttpClient client, string path, object? body, int expected, string? ifMatch = null,
        string? mediaType = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = body is string text
                ? new StringContent(text, Encoding.UTF8, mediaType ?? "application/json")
                : JsonContent.Create(body, options: SharedJson.Wire),
        };
        if (mediaType is not null)
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        if (ifMatch is not null)
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        using var response = await client.SendAsync(request);
        return await response.JsonAsync(expected);
    }

    public static async Task<JsonElement> GetAsync(this HttpClient client, string path, int expected)
    {
        using var response = await client.GetAsync(path);
        return await response.JsonAsync(expected);
    }
}
