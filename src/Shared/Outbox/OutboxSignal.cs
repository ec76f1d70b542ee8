using System.Collections.Concurrent;

namespace IntegratedCare.Shared.Outbox;

/// <summary>Wakes this host's dispatcher of a schema. The dispatcher that stands by passes the word on with NOTIFY.</summary>
public sealed class OutboxSignal
{
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _waiting = new();

    public void Raise(string schema)
    {
        var semaphore = Of(schema);
        if (semaphore.CurrentCount == 0)
        {
            try
            {
                semaphore.Release();
            }
            catch (SemaphoreFullException)
            {
                // Another thread raised it first: one is enough.
            }
        }
    }

    /// <summary>True when raised, false when the time ran out.</summary>
    public Task<bool> WaitAsync(string schema, TimeSpan most, CancellationToken ct) => Of(schema).WaitAsync(most, ct);

    private SemaphoreSlim Of(string schema) => _waiting.GetOrAdd(schema, _ => new SemaphoreSlim(0, 1));
}
