using IntegratedCare.CarePathways.Definitions;
using IntegratedCare.CarePathways.Episodes;
using IntegratedCare.Shared;

namespace IntegratedCare.CarePathways.Clocks;

/// <summary>An act that can start or stop a clock.</summary>
/// <param name="Day">The day in Europe/London on which it was done, whenever it was recorded.</param>
/// <param name="At">The instant where it is known, else the beginning of the day.</param>
/// <param name="RecordedAt">Orders what was done on one day.</param>
/// <param name="AgreedDue">A date agreed for the next act, where one was.</param>
internal sealed record DatedAct(string Act, string? Kind, DateOnly Day, DateTimeOffset At, DateTimeOffset RecordedAt, DateOnly? AgreedDue = null)
{
    public static IReadOnlyList<DatedAct> Of(Episode episode) =>
    [
        .. episode.History.Where(h => h.Act == Acts.Accept).Select(h => new DatedAct(h.Act, null, LondonTime.DateOf(h.At), h.At, h.At)),
        .. episode.Assessments.Where(a => !a.Corrected).Select(a => Done(Acts.Assessment, a.Kind, a.Date, a.RecordedAt) with { RecordedAt = a.Order }),
        .. episode.Meetings.Where(m => m.Quorate).Select(m => Done(Acts.Meeting, null, m.Date, m.RecordedAt)),
        .. episode.Plans.Select(p => Done(Acts.Plan, null, p.Date, p.RecordedAt) with { AgreedDue = p.ReviewDate }),
        .. episode.Reviews.Select(r => Done(Acts.Review, null, r.Date, r.RecordedAt) with { AgreedDue = r.NextReviewDate }),
    ];

    /// <summary>An act of which the day is known, and the instant only if it was recorded on that day.</summary>
    public static DatedAct Done(string act, string? kind, DateOnly date, DateTimeOffset recorded) =>
        new(act, kind, date, LondonTime.DateOf(recorded) == date ? recorded : LondonTime.StartOf(date), recorded);
}
