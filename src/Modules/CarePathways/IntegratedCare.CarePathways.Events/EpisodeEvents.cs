using IntegratedCare.Shared.Events;

namespace IntegratedCare.CarePathways.Events;

/// <summary>The episode that an event is about, with its person, pathway and practice.</summary>
public sealed record EpisodeRef(Guid EpisodeId, string Pathway, int PathwayVersion, Guid PersonId, string Practice, string? Locality);

public sealed record EpisodeProposed(EpisodeRef Episode, string Reason, DateTimeOffset At) : IEvent
{
    public static string Name => "care-pathways.episode-proposed.v1";
    public string? Key => Episode.EpisodeId.ToString();
}

public sealed record EpisodeAccepted(EpisodeRef Episode, string Organisation, DateTimeOffset At) : IEvent
{
    public static string Name => "care-pathways.episode-accepted.v1";
    public string? Key => Episode.EpisodeId.ToString();
}

public sealed record StageChanged(EpisodeRef Episode, string From, string To, DateTimeOffset At) : IEvent
{
    public static string Name => "care-pathways.stage-changed.v1";
    public string? Key => Episode.EpisodeId.ToString();
}

public sealed record AssessmentRecorded(EpisodeRef Episode, Guid AssessmentId, string Kind, string Organisation, DateTimeOffset At) : IEvent
{
    public static string Name => "care-pathways.assessment-recorded.v1";
    public string? Key => Episode.EpisodeId.ToString();
}

/// <summary>A care plan was created, changed or reviewed.</summary>
/// <param name="Anticipatory">Whether the plan has an anticipatory part: what to do if.</param>
/// <param name="CurrentFrom">Date (Europe/London) of creation or latest review: the plan counts as current for 12 months from it.</param>
/// <param name="EndedOn">When the plan stopped being in force, if it has.</param>
public sealed record PlanChanged(
    EpisodeRef Episode,
    int PlanVersion,
    bool Anticipatory,
    DateOnly CurrentFrom,
    DateOnly? EndedOn,
    DateTimeOffset At) : IEvent
{
    public static string Name => "care-pathways.plan-changed.v1";
    public string? Key => Episode.EpisodeId.ToString();
}

public sealed record ClockBreached(EpisodeRef Episode, string Clock, DateTimeOffset DueAt, DateTimeOffset At) : IEvent
{
    public static string Name => "care-pathways.clock-breached.v1";
    public string? Key => Episode.EpisodeId.ToString();
}

public sealed record EpisodeClosed(EpisodeRef Episode, string Outcome, DateTimeOffset At) : IEvent
{
    public static string Name => "care-pathways.episode-closed.v1";
    public string? Key => Episode.EpisodeId.ToString();
}

/// <summary>The organisations that take part in an episode have changed.</summary>
/// <param name="Organisations">The practice, the holder, the partner and the team, by ODS code; empty once the episode has ended.</param>
public sealed record EpisodePartnersChanged(EpisodeRef Episode, IReadOnlyList<string> Organisations, DateTimeOffset At) : IEvent
{
    public static string Name => "care-pathways.episode-partners-changed.v1";
    public string? Key => Episode.EpisodeId.ToString();
}
