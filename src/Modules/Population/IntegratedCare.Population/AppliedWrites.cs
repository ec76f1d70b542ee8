using System.Globalization;
using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Outbox;
using Microsoft.AspNetCore.Http;

namespace IntegratedCare.Population;

/// <summary>
/// Read your writes: a read waits, for a limited time, until writes acknowledged before it are applied. If some are not, the answer has the
/// lag in a header.
/// </summary>
internal sealed class AppliedWrites(UnappliedEvents unapplied, OutboxSignal signal, TimeProvider clock, TimeSpan maxWait)
{
    public static readonly TimeSpan DefaultMaxWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan MinPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan MaxPause = TimeSpan.FromMilliseconds(80);

    public async Task WaitAsync(HttpContext http, CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        var upTo = long.MaxValue;
        for (var pause = MinPause; ; pause = pause * 2 < MaxPause ? pause * 2 : MaxPause)
        {
            if (await unapplied.FindAsync(upTo, ct) is not { } found)
                return;
            upTo = found.UpTo;
            var left = maxWait - clock.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
            {
                SetLag(http, clock.GetUtcNow() - found.Oldest);
                return;
            }

            signal.Hurry("population");
            await Task.Delay(pause < left ? pause : left, ct);
        }
    }

    /// <summary>Set on refusals too: a person may not be found because of the lag.</summary>
    private static void SetLag(HttpContext http, TimeSpan lag) => http.Response.OnStarting(() =>
    {
        http.Response.Headers[ReadYourWrites.LagHeader] = Math.Max(1, (long)Math.Ceiling(lag.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return Task.CompletedTask;
    });
}
