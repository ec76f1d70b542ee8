using IntegratedCare.Shared.Http;

namespace IntegratedCare.Population.HighRisk;

internal enum HighRiskStatus
{
    /// <summary>A stratification run put the person forward; the practice has not decided.</summary>
    Proposed,

    /// <summary>On the practice's high-risk register.</summary>
    Confirmed,

    /// <summary>The practice declined; until a date no run proposes the person again.</summary>
    Declined,

    /// <summary>Was on the register, and has left it.</summary>
    Ended,

    /// <summary>Was proposed, and left the tier or the practice, or died, before the practice decided.</summary>
    Withdrawn,
}

/// <summary>One person's entry in one practice's high-risk register, from proposal to end.</summary>
/// <param name="Version">Raised with each change; the entry's ETag.</param>
/// <param name="DeclinedUntil">The first day on which the person may be proposed again.</param>
internal sealed record HighRiskEntry(
    Guid Id, long Version, Guid PersonId, string Practice, HighRiskStatus Status, DateTimeOffset? DecidedAt, string? DecidedBy, DateOnly? ConfirmedOn,
    DateOnly? EndedOn, string? Reason, DateOnly? DeclinedUntil)
{
    /// <summary>Puts the person on the register. A practice may also confirm a person whom it declined.</summary>
    /// <param name="from">The day of the decision, when it is recorded later.</param>
    public HighRiskEntry Confirm(string by, DateOnly? from, DateTimeOffset now, DateOnly today)
    {
        if (from > today || from < today.AddYears(-1))
            throw new RuleViolation(PopulationProblems.HighRiskEntryState, "A person is on the register from today or an earlier day of the last year.");
        Require(Status is HighRiskStatus.Proposed or HighRiskStatus.Declined, "Only a proposed or declined person can be confirmed");
        return Decide(HighRiskStatus.Confirmed, by, null, now) with { ConfirmedOn = from ?? today, DeclinedUntil = null };
    }

    public HighRiskEntry Decline(string by, string reason, int days, DateTimeOffset now, DateOnly today)
    {
        Require(Status == HighRiskStatus.Proposed, "Only a proposed person can be declined");
        return Decide(HighRiskStatus.Declined, by, reason, now) with { DeclinedUntil = today.AddDays(days) };
    }

    public HighRiskEntry End(string by, string reason, DateTimeOffset now, DateOnly today)
    {
        Require(Status == HighRiskStatus.Confirmed, "Only a confirmed person can leave the register");
        return Decide(HighRiskStatus.Ended, by, reason, now) with { EndedOn = today };
    }

    private HighRiskEntry Decide(HighRiskStatus status, string by, string? reason, DateTimeOffset now) =>
        this with { Status = status, DecidedBy = by, Reason = reason, DecidedAt = now };

    private void Require(bool allowed, string rule)
    {
        if (!allowed)
            throw new RuleViolation(PopulationProblems.HighRiskEntryState, $"{rule}; this entry is {Status.ToString().ToLowerInvariant()}.");
    }
}
