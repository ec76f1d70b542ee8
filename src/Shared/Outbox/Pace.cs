namespace IntegratedCare.Shared.Outbox;

/// <summary>
/// Leaves capacity for requests. Reactions take turns on half of the processors. One that is less than two seconds
/// behind rests after a run, the longer the more reactions of this host have something to do. More events gather meanwhile, and one large
/// run costs less per event than many small ones.
/// </summary>
internal sealed class Pace
{
    private static readonly TimeSpan Behind = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan MinRest = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan MaxRest = TimeSpan.FromMilliseconds(800);
    private static readonly TimeSpan MaxWait = TimeSpan.FromMilliseconds(500);
    private readonly SemaphoreSlim _turns = new(Math.Max(1, Environment.ProcessorCount / 2));
    private int _working;

    public Worker Join() => new(this);

    /// <summary>Waits for a turn to run; after half a second it goes on without, so that a slow reaction delays the others by no more.</summary>
    public async Task<Turn> TurnAsync(CancellationToken ct) => new(await _turns.WaitAsync(MaxWait, ct) ? _turns : null);

    /// <summary>How long a reaction rests that has taken so long, for events of which the oldest is of this age.</summary>
    public TimeSpan Rest(TimeSpan worked, TimeSpan? age)
    {
        if (age >= Behind)
            return TimeSpan.Zero;
        var rest = worked * Math.Max(3, (4 * Volatile.Read(ref _working)) - 1);
        return rest < MinRest ? MinRest : rest > MaxRest ? MaxRest : rest;
    }

    /// <param name="turns">Where the turn is given back; null if there was none in time.</param>
    public readonly struct Turn(SemaphoreSlim? turns) : IDisposable
    {
        public void Dispose() => turns?.Release();
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
