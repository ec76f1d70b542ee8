using System.Collections.Concurrent;

namespace IntegratedCare.Shared.Outbox;

/// <summary>Wakes the waiters for a schema's outbox on this host. Other hosts are woken by NOTIFY.</summary>
public sealed class OutboxSignal
{
    private readonly ConcurrentDictionary<string, ConcurrentBag<Waiter>> _waiters = new();

    /// <summary>Wakes the waiters after a commit in a schema.</summary>
    public void Raise(string schema)
    {
        if (!_waiters.TryGetValue(schema, out var waiters))
            return;
        foreach (var waiter in waiters)
            waiter.Set();
    }

    internal Waiter Subscribe(string schema)
    {
        var waiter = new Waiter();
        _waiters.GetOrAdd(schema, _ => []).Add(waiter);
        return waiter;
    }

    /// <summary>Keeps one signal until it is waited for.</summary>
    internal sealed class Waiter
    {
        private readonly SemaphoreSlim _semaphore = new(0, 1);

        public void Set()
        {
            if (_semaphore.CurrentCount > 0)
                return;
            try
            {
                _semaphore.Release();
            }
            catch (SemaphoreFullException)
            {
                // Another thread set it first: one is enough.
            }
        }

        /// <summary>True when set, false when the time ran out.</summary>
        public Task<bool> WaitAsync(TimeSpan limit, CancellationToken ct) => _semaphore.WaitAsync(limit, ct);
    }
}
