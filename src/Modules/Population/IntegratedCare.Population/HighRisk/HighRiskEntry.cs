using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Storage;

namespace IntegratedCare.Population.Domain.Risk;

internal enum HighRiskStatus
{
    /// <summary>A stratification run put the person forward; the practice has not decided.</summary>
    Proposed,

    /// <summary>On the practice's high-risk register.</summary>
    Confirmed,

    /// <summary>The practice said no; until a date nobody proposes the person again.</summary>
    Declined,

    /// <summary>Was on the register, and has left it.</summary>
    Ended,

    /// <summary>Was proposed, and fell out of the tier, left or died before the practice decided.</summary>
    Withdrawn,
}

/// <summary>One person's standing with one practice's high-risk register, from proposal to end.</summary>
internal sealed class HighRiskEntry : Aggregate
{
    private HighRiskEntry()
    {
    }

    /// <summary>Order of proposal; what lists are paged by.</summary>
    public long Seq { get; private set; }

    public Guid PersonId { get; private set; }
    public string Practice { get; private set; } = "";
    public HighRiskStatus Status { get; private set; }
    public string Tier { get; private set; } = "";
    public double Score { get; private set; }

    /// <summary>The codes of the features that made the score.</summary>
    public string[] Features { get; private set; } = [];

    /// <summary>The run whose score this is: the latest while proposed, the one decided on afterwards.</summary>
    public Guid RunId { get; private set; }

    public DateTimeOffset ProposedAt { get; private set; }
    public DateTimeOffset? DecidedAt { get; private set; }
    public string? DecidedBy { get; private set; }
    public DateOnly? ConfirmedOn { get; private set; }
    public DateOnly? EndedOn { get; private set; }
    public string? Reason { get; private set; }

    /// <summary>The first day on which the person may be proposed again.</summary>
    public DateOnly? DeclinedUntil { get; private set; }

    /// <summary>Puts the person on the register. A practice may also think better of a decline.</summary>
    /// <param name="from">The day of the decision, when it is recorded later.</param>
    public void Confirm(string by, DateOnly? from, DateTimeOffset now, DateOnly today)
    {
        if (from > today || from < today.AddYears(-1))
            throw new RuleViolation(PopulationProblems.HighRiskEntryState, "A person is on the register from today or an earlier day of the last year.");
        Require(Status is HighRiskStatus.Proposed or HighRiskStatus.Declined, "Only a proposed or declined person can be confirmed");
        Decide(HighRiskStatus.Confirmed, by, null, now);
        ConfirmedOn = from ?? today;
        DeclinedUntil = null;
    }

    public void Decline(string by, string reason, int days, DateTimeOffset now, DateOnly today)
    {
        Require(Status == HighRiskStatus.Proposed, "Only a proposed person can be declined");
        Decide(HighRiskStatus.Declined, by, reason, now);
        DeclinedUntil = today.AddDays(days);
    }

    public void End(string by, string reason, DateTimeOffset now, DateOnly today)
    {
        Require(Status == HighRiskStatus.Confirmed, "Only a confirmed person can leave the register");
        Decide(HighRiskStatus.Ended, by, reason, now);
        EndedOn = today;
    }

    private void Decide(HighRiskStatus status, string by, string? reason, DateTimeOffset now)
    {
        Status = status;
        DecidedBy = by;
        Reason = reason;
        DecidedAt = now;
    }

    private void Require(bool allowed, string rule)
    {
        if (!allowed)
            throw new RuleViolation(PopulationProblems.HighRiskEntryState, $"{rule}; this entry is {Status.ToString().ToLowerInvariant()}.");
    }
}
