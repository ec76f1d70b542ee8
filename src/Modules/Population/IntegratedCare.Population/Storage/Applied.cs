using IntegratedCare.Shared.Storage;
using Npgsql;

namespace IntegratedCare.Population.Storage;

/// <summary>Lets a read see what was acknowledged before it: waits, briefly, until those events are applied.</summary>
internal sealed class Applied(ModuleStorage<PopulationDb> storage, TimeProvider clock)
{
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(5);

    public async Task WaitAsync(CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        long? upTo = null;
        while (true)
        {
            await using (var command = storage.Source.CreateCommand("SELECT max(seq), min(seq) FROM population.outbox WHERE name LIKE 'population.%-received.v1' OR name LIKE 'population.%-changed.v1'"))
            {
                await using var reader = await command.ExecuteReaderAsync(ct);
                await reader.ReadAsync(ct);
                if (await reader.IsDBNullAsync(0, ct))
                    return;
                upTo ??= reader.GetInt64(0);
                if (reader.GetInt64(1) > upTo)
                    return;
            }

            if (clock.GetElapsedTime(started) > Most)
                return;
            await Task.Delay(10, ct);
        }
    }
}
