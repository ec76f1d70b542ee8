namespace IntegratedCare.Shared.Http;

/// <summary>
/// Marks a read that waits, for a limited time, until writes acknowledged before it are applied; if some are not, the answer has
/// <see cref="LagHeader"/>.
/// </summary>
public sealed class ReadYourWrites
{
    /// <summary>Seconds since the oldest write that is acknowledged but not applied; absent when none is missing.</summary>
    public const string LagHeader = "X-Applied-Lag";
}
