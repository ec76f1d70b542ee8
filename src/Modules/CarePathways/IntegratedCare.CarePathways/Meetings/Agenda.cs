using IntegratedCare.CarePathways.Clocks;
using IntegratedCare.CarePathways.Episodes;
using IntegratedCare.Shared;

namespace IntegratedCare.CarePathways.Meetings;

/// <summary>Why a person is on the agenda of the next multidisciplinary meeting.</summary>
internal enum AgendaReason
{
    /// <summary>No meeting with a quorum has discussed them yet.</summary>
    New,

    /// <summary>A clock runs out before the meeting after next.</summary>
    Due,

    /// <summary>A clock has run out.</summary>
    Breached,

    /// <summary>Admitted as an emergency since they were last discussed.</summary>
    Admitted,
}

internal static class Agenda
{
    /// <summary>Meetings are usually fortnightly: what runs out within this many days cannot wait for the one after.</summary>
    private const int DueWithinDays = 14;

    public static IReadOnlyList<AgendaReason> Reasons(Episode episode, IEnumerable<ClockRun> clocks, DateTimeOffset now)
    {
        if (episode.Status != EpisodeStatus.Active)
            return [];
        var reasons = new List<AgendaReason>();
        var running = clocks.Where(c => c.StoppedAt is null && c.DueAt is not null).Select(c => c.DueAt!.Value).ToList();
        if (LastDiscussed(episode) is null)
            reasons.Add(AgendaReason.New);
        if (running.Exists(due => due > now && due <= LondonTime.AddDays(now, DueWithinDays)))
            reasons.Add(AgendaReason.Due);
        if (running.Exists(due => due <= now))
            reasons.Add(AgendaReason.Breached);
        if (AdmittedSince(episode).Any())
            reasons.Add(AgendaReason.Admitted);
        return reasons;
    }

    /// <summary>Emergency admissions since the last meeting with a quorum, by the day of the meeting.</summary>
    public static IEnumerable<Admission> AdmittedSince(Episode episode)
    {
        var since = LastDiscussed(episode);
        return episode.Admissions.Where(a => !a.Cancelled && (since is null || LondonTime.DateOf(a.Start) >= since)).OrderBy(a => a.Start);
    }

    private static DateOnly? LastDiscussed(Episode episode) =>
        episode.Meetings.Where(m => m.Quorate).Select(m => (DateOnly?)m.Date).Max();
}
