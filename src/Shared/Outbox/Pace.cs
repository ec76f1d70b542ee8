namespace IntegratedCare.Shared.Outbox;

/// <summary>
/// Leaves capacity for requests: a reaction that is less than two seconds behind rests after a run, the longer the more reactions of this
/// host have something to do. More events gather meanwhile, and one large run costs less per event than many small ones.
/// </summary>
internal sealed class Pace
{
    private static readonly TimeSpan Behind = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan MinRest = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan MaxRest = TimeSpan.FromMilliseconds(800);
    private int _working;

    public Worker Join() => new(this);

    /// <summary>How long a reaction rests that has taken so long, for events of which the oldest is of this age.</summary>
    public TimeSpan Rest(TimeSpan worked, TimeSpan? age)
    {
        if (age >= Behind)
            return TimeSpan.Zero;
        var rest = worked * Math.Max(3, (4 * Volatile.Read(ref _working)) - 1);
        return rest < MinRest ? MinRest : rest > MaxRest ? MaxRest : rest;
    }

    /// <summary>A reaction, which has something to do or not.</summary>
    public sealed class Worker(Pace pace) : IDisposable
    {
        private bool _works;

        public void Start() => Set(true);

        public void Stop() => Set(false);

        public void Dispose() => Stop();

        private void Set(bool works)
        {
            if (works != _works)
                Interlocked.Add(ref pace._working, works ? 1 : -1);
            _works = works;
        }
    }
}
