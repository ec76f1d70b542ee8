using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;

namespace IntegratedCare.Benchmarks;

/// <summary>What a stretch of load came to. Latencies are of single requests, in milliseconds.</summary>
internal sealed record LoadResult(int Requests, double Seconds, double[] Latencies)
{
    public double PerSecond => Requests / Seconds;

    public double P50 => Percentile(0.50);

    public double P99 => Percentile(0.99);

    private double Percentile(double share) => Latencies.Length == 0 ? 0 : Latencies[Math.Min(Latencies.Length - 1, (int)Math.Ceiling(Latencies.Length * share) - 1)];
}

/// <summary>Keeps a number of requests on the way: the same for the product and for its floor.</summary>
internal static class LoadGenerator
{
    /// <summary>Each worker calls <paramref name="work"/> until the time is over or it answers false.</summary>
    public static async Task<LoadResult> RunAsync(int concurrency, TimeSpan most, Func<int, Func<Task<bool>>> work, CancellationToken ct)
    {
        var workers = Enumerable.Range(0, concurrency).Select(work).ToArray();
        var latencies = Enumerable.Range(0, concurrency).Select(_ => new List<long>(65_536)).ToArray();
        var begin = Stopwatch.GetTimestamp();
        var end = most == Timeout.InfiniteTimeSpan ? long.MaxValue : begin + (long)(most.TotalSeconds * Stopwatch.Frequency);
        await Task.WhenAll(workers.Select((one, w) => Task.Run(async () =>
        {
            for (var started = Stopwatch.GetTimestamp(); started < end; started = Stopwatch.GetTimestamp())
            {
                ct.ThrowIfCancellationRequested();
                if (!await one())
                    return;
                latencies[w].Add(Stopwatch.GetTimestamp() - started);
            }
        }, ct)));
        var seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        double[] all = [.. latencies.SelectMany(l => l).Select(t => t * 1000.0 / Stopwatch.Frequency).Order()];
        return new LoadResult(all.Length, seconds, all);
    }

    public static HttpClient Client(Uri url, string token, int connections)
    {
        var client = new HttpClient(new SocketsHttpHandler
        {
            MaxConnectionsPerServer = connections,
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
        })
        {
            BaseAddress = url,
            DefaultRequestVersion = HttpVersion.Version11,
            Timeout = TimeSpan.FromMinutes(10),
        };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    public static async Task PostAsync(HttpClient client, string path, ReadOnlyMemory<byte> body, string mediaType)
    {
        using var content = new ReadOnlyMemoryContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        using var response = await client.PostAsync(path, content);
        if (!response.IsSuccessStatusCode)
            throw new InvalidOperationException($"{path} answered {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
    }
}
