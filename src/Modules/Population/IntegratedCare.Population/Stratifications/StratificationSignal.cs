namespace IntegratedCare.Population.Stratifications;

/// <summary>Wakes the worker of this host when a run is requested; those of other hosts poll.</summary>
internal sealed class StratificationSignal
{
    private readonly SemaphoreSlim _waiting = new(0, 1);

    public void Raise()
    {
        try
        {
            _waiting.Release();
        }
        catch (SemaphoreFullException)
        {
            // Raised already.
        }
    }

    public Task<bool> WaitAsync(TimeSpan max, CancellationToken ct) => _waiting.WaitAsync(max, ct);
}
