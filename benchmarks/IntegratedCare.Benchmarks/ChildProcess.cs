using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace IntegratedCare.Benchmarks;

/// <summary>From the start of a process until it is ready, and the processor time of that stretch, in seconds.</summary>
internal sealed record Start(double Seconds, Cpu Cpu);

/// <summary>Memory that a process has now (VmRSS) and the most it has had (VmHWM), in megabytes.</summary>
internal sealed record Memory(double Now, double Most);

/// <summary>A server in a process of its own, ready when it answers.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private readonly Process _process;

    private ChildProcess(Process process, Uri url, PostgresProcesses postgres)
    {
        _process = process;
        Url = url;
        Meter = new CpuMeter(() => Refreshed().TotalProcessorTime, postgres);
    }

    public Uri Url { get; }

    public CpuMeter Meter { get; }

    public Start Started { get; private set; } = new(0, default);

    public Memory Memory
    {
        get
        {
            const double megabyte = 1024 * 1024;
            var now = Refreshed();
            return new Memory(now.WorkingSet64 / megabyte, now.PeakWorkingSet64 / megabyte);
        }
    }

    public static async Task<ChildProcess> StartAsync(
        Func<Uri, IEnumerable<string>> arguments, string connectionString, string readyPath, PostgresProcesses postgres, CancellationToken ct)
    {
        var url = new Uri($"http://127.0.0.1:{FreePort()}");
        var start = new ProcessStartInfo("dotnet", arguments(url)) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["ConnectionStrings__Default"] = connectionString;
        var clock = Stopwatch.StartNew();
        var process = Process.Start(start)!;
        var said = new ConcurrentQueue<string>();
        void Hear(object _, DataReceivedEventArgs line)
        {
            said.Enqueue(line.Data ?? "");
            while (said.Count > 50)
                said.TryDequeue(out string? _);
        }

        process.OutputDataReceived += Hear;
        process.ErrorDataReceived += Hear;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var child = new ChildProcess(process, url, postgres);
        try
        {
            var cpu = new Cpu(0, postgres.CpuSeconds());
            using var http = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromSeconds(5) };
            while (clock.Elapsed < TimeSpan.FromSeconds(120))
            {
                if (process.HasExited)
                    throw new InvalidOperationException($"The process ended at once: {string.Join('\n', said)}");
                try
                {
                    using var response = await http.GetAsync(readyPath, ct);
                    if (response.IsSuccessStatusCode)
                    {
                        child.Started = new Start(clock.Elapsed.TotalSeconds, child.Meter.Read() - cpu);
                        return child;
                    }
                }
                catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !ct.IsCancellationRequested))
                {
                    // Not listening yet.
                }

                await Task.Delay(20, ct);
            }

            throw new TimeoutException($"Not ready in time: {string.Join('\n', said)}");
        }
        catch
        {
            await child.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private Process Refreshed()
    {
        _process.Refresh();
        return _process;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
