using System.Collections.Concurrent;
using System.Globalization;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Host.Platform;

/// <summary>
/// The number of requests a client may make in a window, on this host. The default stops a client that runs in a loop, not one that
/// loads a register.
/// </summary>
internal sealed class RateLimits(IConfiguration configuration, TimeProvider clock)
{
    private readonly int _max = configuration.GetValue("RateLimits:Requests", 500_000);
    private readonly long _window = configuration.GetValue("RateLimits:Window", TimeSpan.FromSeconds(10)).Ticks;
    private readonly ConcurrentDictionary<string, Count> _clients = new();

    public int Max => _max;

    /// <summary>Counts a request. Remaining is below zero when it exceeds the limit.</summary>
    public (int Remaining, int ResetSeconds) Take(string client)
    {
        var now = clock.GetUtcNow().UtcTicks;
        var window = now / _window;
        var reset = (int)Math.Ceiling(((window + 1) * _window - now) / (double)TimeSpan.TicksPerSecond);
        var count = _clients.GetOrAdd(client, static _ => new Count());
        lock (count)
        {
            if (count.Window != window)
                (count.Window, count.Used) = (window, 0);
            if (count.Used <= _max)
                count.Used++;
            return (_max - count.Used, reset);
        }
    }

    private sealed class Count
    {
        public long Window;
        public int Used;
    }
}

internal static class RateLimitMiddleware
{
    /// <summary>Runs after the access check, which identifies the client.</summary>
    public static void UseRateLimits(this WebApplication app)
    {
        var limits = app.Services.GetRequiredService<RateLimits>();
        var max = limits.Max.ToString(CultureInfo.InvariantCulture);
        app.Use((http, next) =>
        {
            if (http.GetEndpoint()?.Metadata.GetMetadata<EndpointAccess>() is null)
                return next(http);
            var (remaining, reset) = limits.Take(http.RequestServices.GetRequiredService<AccessContext>().ClientId);
            var seconds = reset.ToString(CultureInfo.InvariantCulture);
            var headers = http.Response.Headers;
            headers["RateLimit-Limit"] = max;
            headers["RateLimit-Remaining"] = Math.Max(0, remaining).ToString(CultureInfo.InvariantCulture);
            headers["RateLimit-Reset"] = seconds;
            if (remaining >= 0)
                return next(http);
            headers.RetryAfter = seconds;
            return ProblemWriter.WriteAsync(http, Problems.TooManyRequests, null);
        });
    }
}
