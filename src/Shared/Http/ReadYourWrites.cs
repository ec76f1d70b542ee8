namespace IntegratedCare.Shared.Http;

/// <summary>Marks a read that waits, for a limited time, until writes acknowledged before it are applied; an answer without all of them says how far it lags.</summary>
public sealed class ReadYourWrites
{
    /// <summary>Seconds since the oldest write that is acknowledged but not applied; absent when none is missing.</summary>
    public const string LagHeader = "X-Applied-Lag";
}
