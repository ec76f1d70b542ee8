using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using IntegratedCare.Host.Auth;

namespace IntegratedCare.Testing;

/// <summary>The host as a process of its own, to be killed without warning.</summary>
public sealed class HostProcess : IAsyncDisposable
{
    private readonly Process _process;
    // Those who post at once ask for their clients at once.
    private readonly ConcurrentDictionary<string, string> _tokens = [];

    private HostProcess(Process process, Uri url) => (_process, Url) = (process, url);

    public Uri Url { get; }

    /// <summary>Starts a host on a database and waits until it is ready.</summary>
    public static async Task<HostProcess> StartAsync(string connectionString, int? port = null)
    {
        var url = new Uri($"http://127.0.0.1:{port ?? FreePort()}");
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList =
            {
                Path.Combine(AppContext.BaseDirectory, "IntegratedCare.Host.dll"), "serve", "--environment=Development", $"--Urls={url}",
                $"--ConnectionStrings:Default={connectionString}", "--Logging:LogLevel:Default=Warning",
                $"--Auth:BootstrapClients={string.Join(' ', DemoClients.All.Select(c => c.Id))}", "--Outbox:FirstDelay=00:00:00.100",
                    "--Population:ReadsWaitAtMost=00:00:20",
            },
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = Process.Start(start)!;
        var said = new ConcurrentQueue<string>();
        process.OutputDataReceived += (_, line) => said.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => said.Enqueue(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var http = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromSeconds(5) };
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < TimeSpan.FromSeconds(90);)
        {
            if (process.HasExited)
                throw new InvalidOperationException($"The host ended at once: {string.Join('\n', said)}");
            try
            {
                using var response = await http.GetAsync("/health/ready");
                if (response.IsSuccessStatusCode)
                    return new HostProcess(process, url);
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException or SocketException)
            {
                // Not listening yet.
            }

            await Task.Delay(50);
        }

        process.Kill(entireProcessTree: true);
        throw new TimeoutException($"The host was not ready in time: {string.Join('\n', said)}");
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>SIGKILL: no handler runs, nothing is flushed.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: false);
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGSTOP: the process stands still, its connections open, until <see cref="ThawAsync"/>.</summary>
    public Task FreezeAsync() => SignalAsync("-STOP");

    public Task ThawAsync() => SignalAsync("-CONT");

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [signal, _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    public async Task<HttpClient> ClientAsync(string demoClient, string? purpose = null, string? actingUser = null)
    {
        var client = new HttpClient { BaseAddress = Url, Timeout = TimeSpan.FromSeconds(20) };
        if (!_tokens.TryGetValue(demoClient, out var token))
        {
            using var form = new FormUrlEncodedContent(new Dictionary<string, string>
            {
                ["grant_type"] = "client_credentials",
                ["client_id"] = demoClient,
                ["client_secret"] = demoClient + "-secret"
            });
            using var issuer = new HttpClient { BaseAddress = Url, Timeout = TimeSpan.FromSeconds(20) };
            using var response = await issuer.PostAsync("/connect/token", form);
            if (!response.IsSuccessStatusCode)
                throw new HttpRequestException($"No token: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
            token = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("access_token").GetString()!;
            _tokens[demoClient] = token;
        }

        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (purpose is not null)
            client.DefaultRequestHeaders.Add("X-Purpose-Of-Use", purpose);
        if (actingUser is not null)
            client.DefaultRequestHeaders.Add("X-Acting-User", actingUser);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }
}
