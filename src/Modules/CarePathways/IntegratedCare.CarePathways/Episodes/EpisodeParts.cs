namespace IntegratedCare.CarePathways.Episodes;

/// <summary>The organisation and the role that hold the episode.</summary>
internal sealed record Baton(string Organisation, string Role);

/// <summary>A handover that waits for the receiver; until then the sender still holds the baton.</summary>
internal sealed record BatonOffer(string Organisation, string Role, DateTimeOffset OfferedAt);

internal sealed record TeamMember(string Organisation, string Role, string? Name, DateOnly From, DateOnly? To);

internal sealed record KeyWorker(string Name, string Role, string Organisation, DateOnly From);

/// <summary>An emergency admission of the person while the episode is open, in its latest version.</summary>
/// <param name="Cancelled">Kept so that an older version arriving late does not bring it back.</param>
internal sealed record Admission(string Source, string RecordId, long Version, bool Cancelled, DateTimeOffset Start, DateTimeOffset? End, string? Provider);

internal sealed record Breach(string Clock, int Number, DateTimeOffset DueAt, DateTimeOffset NoticedAt);

/// <param name="Before">The state before a death closed it, restored if the death is withdrawn; null when a person ended it.</param>
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
