namespace IntegratedCare.Shared.Http;

/// <summary>Marks a read that waits only so long for what was acknowledged before it, and then says by how much its answer lags.</summary>
public sealed class MayLag
{
    /// <summary>Seconds since the oldest of what is acknowledged but not applied; absent when nothing is missing.</summary>
    public const string Header = "X-Applied-Lag";
}
