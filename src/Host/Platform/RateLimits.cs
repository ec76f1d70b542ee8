using System.Collections.Concurrent;
using System.Globalization;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Host.Platform;

/// <summary>
/// How many requests a client may make in a window, on this host. Generous by default: it stops a client that has run wild,
/// not one that loads a register.
/// </summary>
internal sealed class RateLimits(IConfiguration configuration, TimeProvider clock)
{
    private readonly int _most = configuration.GetValue("RateLimits:Requests", 500_000);
    private readonly long _window = configuration.GetValue("RateLimits:Window", TimeSpan.FromSeconds(10)).Ticks;
    private readonly ConcurrentDictionary<string, Count> _clients = new();

    public int Most => _most;

    /// <summary>Counts a request. What remains is below zero when it is one too many.</summary>
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
            if (count.Used <= _most)
                count.Used++;
            return (_most - count.Used, reset);
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
    /// <summary>After the access check, which settles who the client is.</summary>
    public static void UseRateLimits(this WebApplication app)
    {
        var limits = app.Services.GetRequiredService<RateLimits>();
        var most = limits.Most.ToString(CultureInfo.InvariantCulture);
        app.Use((http, next) =>
        {
            if (http.GetEndpoint()?.Metadata.GetMetadata<EndpointAccess>() is null)
                return next(http);
            var (remaining, reset) = limits.Take(http.RequestServices.GetRequiredService<AccessContext>().ClientId);
            var seconds = reset.ToString(CultureInfo.InvariantCulture);
            var headers = http.Response.Headers;
            headers["RateLimit-Limit"] = most;
            headers["RateLimit-Remaining"] = Math.Max(0, remaining).ToString(CultureInfo.InvariantCulture);
            headers["RateLimit-Reset"] = seconds;
            if (remaining >= 0)
                return next(http);
            headers.RetryAfter = seconds;
            return ProblemWriter.WriteAsync(http, Problems.TooManyRequests, null);
        });
    }
}
