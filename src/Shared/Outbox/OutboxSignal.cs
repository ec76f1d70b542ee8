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

    /// <summary>Asks that what is committed be delivered without waiting for more: somebody waits for its effect.</summary>
    public void Hurry(string schema)
    {
        if (!_waiters.TryGetValue(schema, out var waiters))
            return;
        foreach (var waiter in waiters)
            waiter.Hurry();
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
        private readonly SemaphoreSlim _set = new(0, 1);
        private readonly SemaphoreSlim _hurry = new(0, 1);

        public void Set() => Release(_set);

        public void Hurry()
        {
            Release(_hurry);
            Set();
        }

        /// <summary>True when set, false when the time ran out.</summary>
        public Task<bool> WaitAsync(TimeSpan limit, CancellationToken ct) => _set.WaitAsync(limit, ct);

        /// <summary>True when there is a hurry, false when the time ran out.</summary>
        public Task<bool> HurriedAsync(TimeSpan limit, CancellationToken ct) => _hurry.WaitAsync(limit, ct);

        private static void Release(SemaphoreSlim semaphore)
        {
            if (semaphore.CurrentCount > 0)
                return;
            try
            {
                semaphore.Release();
            }
            catch (SemaphoreFullException)
            {
                // Another thread released it first: one is enough.
            }
        }
    }
}
