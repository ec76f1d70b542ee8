using IntegratedCare.Shared.Events;

namespace IntegratedCare.Commissioning.Events;

/// <summary>A balanced journal was posted to a pooled fund's ledger.</summary>
public sealed record FundPosted(Guid FundId, string Fund, Guid JournalId, string Kind, string Reference, string Currency, decimal Amount,
    DateTimeOffset At) : IEvent
{
    public static string Name => "commissioning.fund-posted.v1";
    public string? Key => FundId.ToString();
}
