using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;

namespace IntegratedCare.Benchmarks;

/// <summary>What a stretch of load came to. Latencies are of single requests, in milliseconds; processor time is in seconds.</summary>
internal sealed record LoadResult(int Requests, double Seconds, double[] Latencies, Cpu Cpu)
{
    public double PerSecond => Requests / Seconds;

    public double P50 => Percentile(0.50);

    public double P99 => Percentile(0.99);

    /// <summary>Two stretches as one.</summary>
    public static LoadResult operator +(LoadResult one, LoadResult other) =>
        new(one.Requests + other.Requests, one.Seconds + other.Seconds, [.. one.Latencies.Concat(other.Latencies).Order()], one.Cpu + other.Cpu);

    private double Percentile(double share) =>
        Latencies.Length == 0 ? 0 : Latencies[Math.Min(Latencies.Length - 1, (int)Math.Ceiling(Latencies.Length * share) - 1)];
}

/// <summary>Keeps a number of requests on the way: the same for the product and for its floor.</summary>
internal static class LoadGenerator
{
    /// <summary>Each worker calls <paramref name="work"/> until the time is over or it answers false.</summary>
    public static async Task<LoadResult> RunAsync(int concurrency, TimeSpan longest, Func<int, Func<Task<bool>>> work, CpuMeter meter, CancellationToken ct)
    {
        var workers = Enumerable.Range(0, concurrency).Select(work).ToArray();
        var latencies = Enumerable.Range(0, concurrency).Select(_ => new List<long>(65_536)).ToArray();
        var cpu = meter.Read();
        var begin = Stopwatch.GetTimestamp();
        var end = longest == Timeout.InfiniteTimeSpan ? long.MaxValue : begin + (long)(longest.TotalSeconds * Stopwatch.Frequency);
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
        cpu = meter.Read() - cpu;
        double[] all = [.. latencies.SelectMany(l => l).Select(t => t * 1000.0 / Stopwatch.Frequency).Order()];
        return new LoadResult(all.Length, seconds, all, cpu);
    }

    /// <summary>Each worker takes the next item, until there is none.</summary>
    public static Task<LoadResult> RunAllAsync<T>(int concurrency, IReadOnlyList<T> items, Func<T, Task> work, CpuMeter meter, CancellationToken ct)
    {
        var next = -1;
        return RunAsync(concurrency, Timeout.InfiniteTimeSpan, _ => async () =>
        {
            var at = Interlocked.Increment(ref next);
            if (at >= items.Count)
                return false;
            await work(items[at]);
            return true;
        }, meter, ct);
    }

    /// <summary>One piece of work that does what <paramref name="requests"/> requests would.</summary>
    public static async Task<LoadResult> OnceAsync(int requests, Func<Task> work, CpuMeter meter)
    {
        GC.Collect();
        var cpu = meter.Read();
        var started = Stopwatch.GetTimestamp();
        await work();
        var took = Stopwatch.GetElapsedTime(started);
        return new LoadResult(requests, took.TotalSeconds, [took.TotalMilliseconds], meter.Read() - cpu);
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

    /// <returns>Where what was made can be read, if the answer says so.</returns>
    public static async Task<Uri?> PostAsync(HttpClient client, string path, ReadOnlyMemory<byte> body, string mediaType)
    {
        using var content = new ReadOnlyMemoryContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        using var response = await client.PostAsync(path, content);
        if (!response.IsSuccessStatusCode)
            throw new InvalidOperationException($"{path} answered {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
        return response.Headers.Location;
    }
}
