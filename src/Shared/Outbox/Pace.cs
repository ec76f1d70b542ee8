namespace IntegratedCare.Shared.Outbox;

/// <summary>
/// Leaves capacity for requests. Reactions take turns on half of the processors. One that is less than three seconds behind rests after a
/// run, the longer the more reactions of this host have something to do. More events gather meanwhile, and one large run costs less per
/// event than many small ones. Further behind it does not rest, and posts slow down instead.
/// </summary>
/// <param name="maxTurn">How long one waits for a turn, and how long one keeps it, at most; half a second if it is not said.</param>
internal sealed class Pace(TimeSpan? maxTurn = null)
{
    private static readonly TimeSpan Behind = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan MinRest = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan MaxRest = TimeSpan.FromMilliseconds(800);
    private readonly TimeSpan _maxTurn = maxTurn ?? TimeSpan.FromMilliseconds(500);
    private readonly SemaphoreSlim _turns = new(Math.Max(1, Environment.ProcessorCount / 2));
    private int _working;

    public Worker Join() => new(this);

    /// <summary>
    /// Waits for a turn to run. One that does not come in time is gone without, and one that is kept too long is given back by itself: a
    /// reaction that is slow, or waits for a lock, delays a run of another by half a second and no more.
    /// </summary>
    public async Task<Turn> TurnAsync(CancellationToken ct) => new(await _turns.WaitAsync(_maxTurn, ct) ? _turns : null, _maxTurn);

    /// <summary>How long a reaction rests that has taken so long, for events of which the oldest is of this age.</summary>
    public TimeSpan Rest(TimeSpan worked, TimeSpan? age)
    {
        if (age >= Behind)
            return TimeSpan.Zero;
        var rest = worked * Math.Max(3, (4 * Volatile.Read(ref _working)) - 1);
        return rest < MinRest ? MinRest : rest > MaxRest ? MaxRest : rest;
    }

    public sealed class Turn : IDisposable
    {
        private readonly Timer? _expiry;
        private SemaphoreSlim? _turns;

        /// <param name="turns">Where the turn is given back; null if there was none in time.</param>
        /// <param name="max">After how long it is given back by itself.</param>
        public Turn(SemaphoreSlim? turns, TimeSpan max)
        {
            _turns = turns;
            if (turns is not null)
                _expiry = new(_ => GiveBack(), null, max, Timeout.InfiniteTimeSpan);
        }

        public void Dispose()
        {
            _expiry?.Dispose();
            GiveBack();
        }

        private void GiveBack() => Interlocked.Exchange(ref _turns, null)?.Release();
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
