using System.Globalization;
using IntegratedCare.Population.Reactions;
using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Storage;
using Microsoft.AspNetCore.Http;
using Npgsql;

namespace IntegratedCare.Population.Storage;

/// <summary>Lets a read see what was acknowledged before it: waits, briefly, until those events are applied. An answer that could not wait for them says so.</summary>
/// <param name="most">The longest wait.</param>
internal sealed class Applied(ModuleStorage<PopulationDb> storage, TimeProvider clock, TimeSpan most)
{
    public static readonly TimeSpan UsualMost = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(80);
    private static readonly string[] ToApply = [EventsReceived.Name, PersonsChanged.Name, MembershipsChanged.Name];

    public async Task WaitAsync(HttpContext http, CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        var upTo = long.MaxValue;
        for (var pause = ShortestPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            DateTimeOffset oldest;
            await using (var command = storage.Source.CreateCommand("SELECT max(seq), min(occurred_at) FROM population.outbox WHERE name = ANY($1) AND seq <= $2"))
            {
                command.With(ToApply, upTo);
                await using var reader = await command.ExecuteReaderAsync(ct);
                await reader.ReadAsync(ct);
                if (await reader.IsDBNullAsync(0, ct))
                    return;
                upTo = reader.GetInt64(0);
                oldest = reader.GetFieldValue<DateTimeOffset>(1);
            }

            var left = most - clock.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
            {
                SayLag(http, clock.GetUtcNow() - oldest);
                return;
            }

            await Task.Delay(pause < left ? pause : left, ct);
        }
    }

    /// <summary>On whatever is answered in the end: that a person is not found may be due to the lag, too.</summary>
    private static void SayLag(HttpContext http, TimeSpan lag) => http.Response.OnStarting(() =>
    {
        http.Response.Headers[MayLag.Header] = Math.Max(1, (long)Math.Ceiling(lag.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return Task.CompletedTask;
    });
}
