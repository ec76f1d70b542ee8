namespace IntegratedCare.CarePathways.Domain;

/// <summary>What an episode holds beyond its columns. Immutable: every act replaces it.</summary>
internal sealed record EpisodeDocument(
    string Reason,
    string? Tier,
    Baton Baton,
    BatonOffer? Offer,
    string? Partner,
    IReadOnlyList<TeamMember> Team,
    KeyWorker? KeyWorker,
    IReadOnlyList<Assessment> Assessments,
    IReadOnlyList<Meeting> Meetings,
    IReadOnlyList<CarePlan> Plans,
    IReadOnlyList<PlanReview> Reviews,
    IReadOnlyList<Admission> Admissions,
    IReadOnlyList<Breach> Breaches,
    Ending? Ending,
    IReadOnlyList<HistoryEntry> History);

/// <summary>One organisation and one named role hold the episode at any moment.</summary>
internal sealed record Baton(string Organisation, string Role);

/// <summary>A handover that waits for the receiver; until then the sender still holds the baton.</summary>
internal sealed record BatonOffer(string Organisation, string Role, DateTimeOffset OfferedAt);

internal sealed record TeamMember(string Organisation, string Role, string? Name, DateOnly From, DateOnly? To);

internal sealed record KeyWorker(string Name, string Role, string Organisation, DateOnly From);

/// <param name="Corrects">The assessment that this one replaces.</param>
/// <param name="Order">When the first version of it was recorded: keeps its place among the acts of its day.</param>
internal sealed record Assessment(
    Guid Id, string Kind, DateOnly Date, string Findings, Assessor By, string Organisation, DateTimeOffset RecordedAt, Guid? Corrects, bool Corrected, DateTimeOffset Order);

internal sealed record Assessor(string Name, string Role, string? Registration);

/// <param name="Missing">The quorum rules that were not met; empty when the meeting had its quorum.</param>
internal sealed record Meeting(
    Guid Id, DateOnly Date, IReadOnlyList<Attendance> Attendance, IReadOnlyList<string> Decisions, IReadOnlyList<MeetingTask> Tasks,
    bool Quorate, IReadOnlyList<string> Missing, DateTimeOffset RecordedAt);

internal sealed record Attendance(string Role, string? Name, string? Organisation);

internal sealed record MeetingTask(string Task, string Owner, string? Organisation, DateOnly? Due);

internal sealed record CarePlan(
    int Version, DateOnly Date, IReadOnlyList<string> Goals, IReadOnlyList<PlanAction> Actions, IReadOnlyList<AnticipatoryStep> Anticipatory,
    IReadOnlyList<string> SelfCare, DateOnly ReviewDate, DateTimeOffset RecordedAt);

internal sealed record PlanAction(string Action, string Owner, string? Organisation, DateOnly? Due);

/// <summary>What to do if.</summary>
internal sealed record AnticipatoryStep(string If, string Then);

internal sealed record PlanReview(Guid Id, DateOnly Date, string Outcome, string? Note, DateOnly? NextReviewDate, int PlanVersion, DateTimeOffset RecordedAt);

/// <summary>An emergency admission of the person while the episode is open, as its source now records it.</summary>
/// <param name="Cancelled">Kept so that an older version arriving late does not bring it back.</param>
internal sealed record Admission(string Source, string RecordId, long Version, bool Cancelled, DateTimeOffset Start, DateTimeOffset? End, string? Provider);

internal sealed record Breach(string Clock, int Number, DateTimeOffset DueAt, DateTimeOffset NoticedAt);

/// <param name="Before">Where the episode stood, so that a withdrawn death can put it back; null when a person ended it.</param>
internal sealed record Ending(string Outcome, DateTimeOffset At, DateOnly On, EndedByDeath? Before);

internal sealed record EndedByDeath(EpisodeStatus Status, string Stage, BatonOffer? Offer);

/// <summary>Who did what, from which organisation, when and why.</summary>
internal sealed record HistoryEntry(string Act, DateTimeOffset At, Actor By, string? Why, string? FromStage, string? ToStage);

/// <param name="Organisation">Null when an event did it: then <paramref name="Name"/> is the event's.</param>
internal sealed record Actor(string? Organisation, string Name, string? Role, string? Registration)
{
    public static Actor Event(string name) => new(null, name, null, null);
}

internal enum EpisodeStatus
{
    Proposed,
    Active,
    Declined,
    Withdrawn,
    Closed,
}
