using System.Xml;
using IntegratedCare.CarePathways.Domain;
using IntegratedCare.CarePathways.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace IntegratedCare.CarePathways.Features;

internal sealed class ListClocks : IEndpoint
{
    /// <summary>Stands for no due time in the order: after every other.</summary>
    private static readonly DateTimeOffset Never = new(9000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/care-pathways/clocks", HandleAsync)
        .Access(Scopes.CarePathwaysRead, [Purposes.DirectCare, Purposes.Operations], personLevel: true)
        .WithSummary("Clocks of the episodes the caller may see, the most urgent first: running, paused, stopped, breached, or due-within:PT2H.");

    private static async Task<Ok<Page<ClockView>>> HandleAsync(
        string? state, string? pathway, string? practice, [AsParameters] Paging paging, HttpContext http, EpisodeDesk desk, CarePathwaysDb db, PathwayCatalogue pathways, CancellationToken ct)
    {
        var now = desk.Now;
        var episodes = desk.Visible().AsNoTracking();
        if (pathway is not null)
            episodes = TextRules.IsCode(pathway) ? episodes.Where(e => e.Pathway == pathway) : throw Problems.Invalid("/pathway", "A pathway's id, such as high-risk-patient-programme.");
        if (practice is not null)
            episodes = TextRules.IsOrganisation(practice) ? episodes.Where(e => e.Practice == practice) : throw Problems.Invalid("/practice", "An ODS code.");

        var rows = InState(db.Clocks.AsNoTracking(), state, now).Join(episodes, c => c.EpisodeId, e => e.Id, (c, e) => new { Clock = c, Episode = e });
        if (paging.Position(4) is { } p)
        {
            if (!Instants.TryParse(p[0], out var due) || !Guid.TryParse(p[1], out var episode) || !TextRules.IsCode(p[2]) || !int.TryParse(p[3], out var number))
                throw new RequestRefused(Problems.InvalidCursor, Problems.InvalidCursor.Explanation);
            var clock = p[2];
            rows = rows.Where(r => EF.Functions.GreaterThan(
                ValueTuple.Create(r.Clock.DueAt ?? Never, r.Clock.EpisodeId, r.Clock.Clock, r.Clock.Number), ValueTuple.Create(due, episode, clock, number)));
        }

        var found = await rows.OrderBy(r => r.Clock.DueAt ?? Never).ThenBy(r => r.Clock.EpisodeId).ThenBy(r => r.Clock.Clock).ThenBy(r => r.Clock.Number)
            .Take(paging.Take + 1).ToListAsync(ct);
        await db.AuditReadAsync(http, [.. found.Take(paging.Take).Select(r => r.Episode.PersonId).Distinct()], Math.Min(found.Count, paging.Take), ct);
        return paging.Answer(http, found.ConvertAll(r => ClockView.Of(r.Clock, r.Episode, pathways.Of(r.Episode), now)),
            v => [Instants.Format(v.DueAt ?? Never), v.EpisodeId.ToString(), v.Clock, v.Number.ToString()]);
    }

    private static IQueryable<ClockRow> InState(IQueryable<ClockRow> clocks, string? state, DateTimeOffset now)
    {
        const string DueWithin = "due-within:";
        switch (state)
        {
            case null:
                return clocks;
            case "running":
                return clocks.Where(c => c.StoppedAt == null && !c.Paused && c.DueAt > now);
            case "paused":
                return clocks.Where(c => c.StoppedAt == null && c.Paused);
            case "stopped":
                return clocks.Where(c => c.StoppedAt != null);
            case "breached":
                return clocks.Where(c => c.StoppedAt == null && c.DueAt <= now);
        }

        if (state.StartsWith(DueWithin, StringComparison.Ordinal))
        {
            try
            {
                var within = XmlConvert.ToTimeSpan(state[DueWithin.Length..]);
                if (within > TimeSpan.Zero && within <= TimeSpan.FromDays(366))
                {
                    var until = now + within;
                    return clocks.Where(c => c.StoppedAt == null && c.DueAt > now && c.DueAt <= until);
                }
            }
            catch (Exception e) when (e is FormatException or OverflowException)
            {
            }
        }

        throw Problems.Invalid("/state", "One of running, paused, stopped, breached, or due-within: and an ISO 8601 duration up to a year, such as due-within:PT2H.");
    }
}

internal enum ClockState
{
    Running,
    Paused,
    Stopped,
    Breached,
}

/// <param name="Number">First, second, ... run of this clock in its episode.</param>
/// <param name="DueAt">The first instant at which it is late; null while it is paused. A limit in days runs out with the end of the last day in Europe/London.</param>
/// <param name="Late">Whether it ran out before it stopped, or before now.</param>
/// <param name="BreachNoticedAt">When its running out was noticed and told.</param>
/// <param name="Holder">The organisation and role whose turn it is.</param>
internal sealed record ClockView(
    Guid EpisodeId, string Pathway, Guid PersonId, string Practice, string Clock, string Title, int Number, ClockState State, DateTimeOffset StartedAt, DateTimeOffset? DueAt,
    DateTimeOffset? StoppedAt, bool Late, DateTimeOffset? BreachNoticedAt, Baton Holder)
{
    public static ClockView Of(ClockRow c, Episode e, PathwayDefinition definition, DateTimeOffset now)
    {
        var late = c.DueAt is { } due && (c.StoppedAt ?? now) >= due;
        var state = c.StoppedAt is not null ? ClockState.Stopped : c.Paused ? ClockState.Paused : late ? ClockState.Breached : ClockState.Running;
        return new ClockView(e.Id, e.Pathway, e.PersonId, e.Practice, c.Clock, definition.Clocks.First(r => r.Id == c.Clock).Title, c.Number, state, c.StartedAt, c.DueAt,
            c.StoppedAt, late, c.BreachedAt, e.Document.Baton);
    }
}
