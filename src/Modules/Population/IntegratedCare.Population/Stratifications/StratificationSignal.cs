namespace IntegratedCare.Population.Features.Risk;

/// <summary>Says on this host that a run waits; other hosts find it by looking.</summary>
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
            // Raised already: one is enough.
        }
    }

    public Task<bool> WaitAsync(TimeSpan most, CancellationToken ct) => _waiting.WaitAsync(most, ct);
}
