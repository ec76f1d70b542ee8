using IntegratedCare.CarePathways.Definitions;
using IntegratedCare.CarePathways.Episodes;

namespace IntegratedCare.CarePathways.Meetings;

/// <param name="Missing">The quorum rules that were not met; empty when the meeting had its quorum.</param>
internal sealed record Meeting(
    Guid Id, DateOnly Date, IReadOnlyList<Attendance> Attendance, IReadOnlyList<string> Decisions, IReadOnlyList<MeetingTask> Tasks,
    bool Quorate, IReadOnlyList<string> Missing, DateTimeOffset RecordedAt);

internal sealed record Attendance(string Role, string? Name, string? Organisation);

internal sealed record MeetingTask(string Task, string Owner, string? Organisation, DateOnly? Due);

internal static class EpisodeMeetings
{
    public static Episode RecordMeeting(
        this Episode episode, PathwayDefinition definition, Actor by, DateOnly date, IReadOnlyList<Attendance> attendance, IReadOnlyList<string> decisions,
        IReadOnlyList<MeetingTask> tasks, string? why, DateTimeOffset now)
    {
        episode.RequireAllowed(definition, Acts.Meeting);
        Episode.RequireNotAfterToday(date, now);
        episode.RequireNotBeforeProposal(date);
        var missing = Quorum.Missing(definition.Quorum, attendance.Select(a => a.Role));
        return (episode with
        {
            Meetings = [.. episode.Meetings, new Meeting(Guid.CreateVersion7(), date, attendance, decisions, tasks, missing.Count == 0, missing, now)],
        })
            .AddHistory(Acts.Meeting, by, why, now)
            .Advance(definition, now);
    }
}
