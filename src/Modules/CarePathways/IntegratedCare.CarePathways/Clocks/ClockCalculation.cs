using IntegratedCare.CarePathways.Definitions;
using IntegratedCare.CarePathways.Episodes;
using IntegratedCare.Shared;

namespace IntegratedCare.CarePathways.Clocks;

/// <summary>
/// Computes an episode's clocks from its dated acts: an act recorded late or corrected gives the same result as one
/// recorded in time. Limits in days count calendar days in Europe/London and run out with the end of the last day.
/// </summary>
internal static class ClockCalculation
{
    /// <summary>The clocks of an episode, with the breaches that it has recorded.</summary>
    public static IReadOnlyList<ClockRun> Of(Episode episode, PathwayDefinition definition, DateTimeOffset now)
    {
        List<Stay> stays = [.. episode.Admissions.Where(a => !a.Cancelled).Select(a => new Stay(a.Start, a.End))];
        return
        [
            .. Compute(definition, DatedAct.Of(episode), stays, End(episode), now).Select(run => run with
            {
                BreachedAt = episode.Breaches.FirstOrDefault(b => b.Clock == run.Clock && b.Number == run.Number && b.DueAt == run.DueAt)?.NoticedAt,
            }),
        ];
    }

    /// <param name="acts">Every act that can start or stop a clock, in any order.</param>
    /// <param name="stays">Time in hospital after an emergency admission.</param>
    /// <param name="ended">When the episode ended, which stops every clock; null while it is open.</param>
    public static IReadOnlyList<ClockRun> Compute(
        PathwayDefinition definition, IReadOnlyCollection<DatedAct> acts, IReadOnlyCollection<Stay> stays, DateTimeOffset? ended, DateTimeOffset now)
    {
        var ordered = acts.OrderBy(a => a.Day).ThenBy(a => a.RecordedAt).ToList();
        return [.. definition.Clocks.SelectMany(rule => Runs(rule, ordered, stays, ended, now))];
    }

    /// <summary>A death recorded later stops the clocks at the start of its day.</summary>
    private static DateTimeOffset? End(Episode episode) => episode.Ending switch
    {
        null => null,
        { } e when e.On < LondonTime.DateOf(e.At) => LondonTime.StartOf(e.On),
        { } e => e.At,
    };

    private static IEnumerable<ClockRun> Runs(
        ClockRule rule, List<DatedAct> ordered, IReadOnlyCollection<Stay> stays, DateTimeOffset? ended, DateTimeOffset now)
    {
        var number = 0;
        DatedAct? start = null;
        DateOnly? agreed = null;
        foreach (var act in ordered)
        {
            if (start is not null && Matches(rule.Stop, act))
            {
                yield return Run(rule, ++number, start, agreed, act.At, stays, ended, now);
                start = null;
                if (!rule.Repeats)
                    yield break;
            }

            if (!Matches(rule.Start, act))
                continue;
            if (start is null)
            {
                // What was done before the clock could start (an assessment that still counts) stops it at once.
                if (!rule.Repeats && ordered.Exists(a => Matches(rule.Stop, a) && a.Day < act.Day))
                {
                    yield return Run(rule, ++number, act, null, act.At, stays, ended, now);
                    yield break;
                }

                start = act;
            }

            agreed = act.AgreedDue;
        }

        if (start is not null)
            yield return Run(rule, number + 1, start, agreed, null, stays, ended, now);
    }

    private static ClockRun Run(
        ClockRule rule, int number, DatedAct start, DateOnly? agreed, DateTimeOffset? stoppedAt, IReadOnlyCollection<Stay> stays, DateTimeOffset? ended,
        DateTimeOffset now)
    {
        // An act recorded on a later day has a date but no time: on the day of the start it counts as after the start.
        if (stoppedAt < start.At)
            stoppedAt = start.At;
        if (ended < start.At)
            ended = start.At;
        var stop = stoppedAt is { } s && (ended is null || s <= ended) ? stoppedAt : ended ?? stoppedAt;
        var until = stop ?? now;
        var pauses = rule.PausedWhile == ClockRule.InHospital ? stays : [];
        var paused = stop is null && pauses.Any(p => p.From <= now && (p.To is null || p.To > now));
        var limit = Limit.Parse(rule.Limit);
        DateTimeOffset due;
        if (limit.Days > 0)
        {
            var last = start.Day.AddDays(limit.Days + PausedDays(start.Day, LondonTime.DateOf(until), pauses));
            // A date agreed in the plan can only bring the clock forward.
            if (agreed is { } date && date < last && date >= start.Day)
                last = date;
            due = LondonTime.StartOf(last.AddDays(1));
        }
        else
        {
            due = start.At + limit.Elapsed + PausedTime(start.At, until, pauses);
        }

        return new ClockRun(rule.Id, number, start.At, paused ? null : due, stop, paused);
    }

    /// <summary>Nights in hospital between two days; a night in two overlapping stays counts once.</summary>
    private static int PausedDays(DateOnly from, DateOnly until, IReadOnlyCollection<Stay> stays)
    {
        var days = 0;
        var counted = from;
        foreach (var stay in stays.OrderBy(p => p.From))
        {
            var begin = Max(counted, LondonTime.DateOf(stay.From));
            var end = stay.To is { } to && LondonTime.DateOf(to) < until ? LondonTime.DateOf(to) : until;
            if (end <= begin)
                continue;
            days += end.DayNumber - begin.DayNumber;
            counted = end;
        }

        return days;
    }

    private static TimeSpan PausedTime(DateTimeOffset from, DateTimeOffset until, IReadOnlyCollection<Stay> stays)
    {
        var time = TimeSpan.Zero;
        var counted = from;
        foreach (var stay in stays.OrderBy(p => p.From))
        {
            var begin = stay.From > counted ? stay.From : counted;
            var end = stay.To is { } to && to < until ? to : until;
            if (end <= begin)
                continue;
            time += end - begin;
            counted = end;
        }

        return time;
    }

    private static DateOnly Max(DateOnly a, DateOnly b) => a > b ? a : b;

    private static bool Matches(IReadOnlyList<Work> triggers, DatedAct act) =>
        triggers.Any(t => t.Act == act.Act && (t.Kind is null || t.Kind == act.Kind));
}

/// <summary>A stay in hospital; <paramref name="To"/> is null while it lasts.</summary>
internal sealed record Stay(DateTimeOffset From, DateTimeOffset? To);

/// <summary>One run of a clock.</summary>
/// <param name="Number">First, second, ... run of this clock in its episode.</param>
/// <param name="DueAt">The first instant at which it is late; null while it is paused.</param>
/// <param name="BreachedAt">When its breach was noticed and published.</param>
internal sealed record ClockRun(
    string Clock, int Number, DateTimeOffset StartedAt, DateTimeOffset? DueAt, DateTimeOffset? StoppedAt, bool Paused, DateTimeOffset? BreachedAt = null)
{
    public bool IsLate(DateTimeOffset now) => DueAt is { } due && (StoppedAt ?? now) >= due;
}
