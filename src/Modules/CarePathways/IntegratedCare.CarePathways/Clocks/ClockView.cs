using IntegratedCare.CarePathways.Definitions;
using IntegratedCare.CarePathways.Episodes;
using IntegratedCare.CarePathways.Events;

namespace IntegratedCare.CarePathways.Clocks;

internal enum ClockState
{
    Running,
    Paused,
    Stopped,
    Breached,
}

/// <param name="Number">First, second, ... run of this clock in its episode.</param>
/// <param name="DueAt">
/// The first instant at which it is late; null while it is paused. A limit in days runs out with the end of the last day in Europe/London.
/// </param>
/// <param name="Late">Whether it ran out before it stopped, or before now.</param>
/// <param name="BreachNoticedAt">When its breach was noticed and published.</param>
/// <param name="Holder">The organisation and role whose turn it is.</param>
internal sealed record ClockView(
    Guid EpisodeId, string Pathway, Guid PersonId, string Practice, string Clock, string Title, int Number, ClockState State, DateTimeOffset StartedAt,
    DateTimeOffset? DueAt, DateTimeOffset? StoppedAt, bool Late, DateTimeOffset? BreachNoticedAt, Baton Holder)
{
    public static ClockView Of(ClockRun c, EpisodeRef e, Baton holder, PathwayDefinition definition, DateTimeOffset now)
    {
        var late = c.IsLate(now);
        var state = c.StoppedAt is not null ? ClockState.Stopped : c.Paused ? ClockState.Paused : late ? ClockState.Breached : ClockState.Running;
        return new ClockView(e.EpisodeId, e.Pathway, e.PersonId, e.Practice, c.Clock, definition.Clocks.First(r => r.Id == c.Clock).Title, c.Number, state,
            c.StartedAt, c.DueAt, c.StoppedAt, late, c.BreachedAt, holder);
    }
}
