using System.Globalization;
using System.Xml;
using FluentValidation;
using IntegratedCare.CarePathways.Definitions;
using IntegratedCare.CarePathways.Episodes;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.CarePathways.Clocks;

/// <summary>Clocks of the episodes the caller may see, the most urgent first: running, paused, stopped, breached, or due-within:PT2H.</summary>
internal sealed class ListClocks(CarePathwaysSession session, EpisodeAccess episodes, PathwayCatalogue pathways)
    : CareEndpoint<ListClocks.Request, Ok<Page<ClockView>>>
{
    private const string DueWithin = "due-within:";

    /// <param name="State">One of running, paused, stopped, breached, or due-within: and an ISO 8601 duration up to a year, such as due-within:PT2H.</param>
    /// <param name="Pathway">Only clocks of this pathway.</param>
    /// <param name="Practice">Only clocks of this practice's persons, by ODS code.</param>
    internal sealed record Request(string? State, string? Pathway, string? Practice);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules()
        {
            RuleFor(r => r.State).Must(s => s is null || InState(s, DateTimeOffset.UnixEpoch) is not null)
                .WithMessage("One of running, paused, stopped, breached, or due-within: and an ISO 8601 duration up to a year, such as due-within:PT2H.");
            RuleFor(r => r.Pathway).OptionalPathway();
            RuleFor(r => r.Practice).OptionalOrganisation();
        }
    }

    public override void Configure()
    {
        Get("/v1/care-pathways/clocks");
        Access(CarePathwaysScopes.Read, [Purposes.DirectCare, Purposes.Operations], personLevel: true);
        Paged();
    }

    public override async Task<Ok<Page<ClockView>>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var now = session.Now;
        var filter = episodes.Visible();
        if (request.Pathway is { } pathway)
            filter.And($"d.pathway = {pathway}");
        if (request.Practice is { } practice)
            filter.And($"d.practice = {practice}");
        if (request.State is { } state)
            filter.And(InState(state, now)!);
        if (Paging.Position(4) is { } p)
        {
            if (!Instants.TryParse(p[0], out var due) || !Guid.TryParse(p[1], out var episode) || !FieldRules.IsCode(p[2])
                || !int.TryParse(p[3], CultureInfo.InvariantCulture, out var number))
                throw new RequestRefused(Problems.InvalidCursor, Problems.InvalidCursor.Explanation);
            filter.And($"(coalesce(c.due_at, {ClockTables.Never}), c.episode_id, c.clock, c.number) > ({due}, {episode}, {p[2]}, {number})");
        }

        var found = await session.ListClocksAsync(filter, Paging.Take + 1, ct);
        var shown = found.Take(Paging.Take).ToList();
        await session.AuditReadAsync(HttpContext, [.. shown.Select(r => r.Episode.PersonId).Distinct()], shown.Count, ct);
        return Paging.Answer(HttpContext,
            [.. found.Select(r => ClockView.Of(r.Clock, r.Episode, r.Holder, pathways.Of(r.Episode.Pathway, r.Episode.PathwayVersion), now))],
            v => [Instants.Format(v.DueAt ?? ClockTables.Never), v.EpisodeId.ToString(), v.Clock, v.Number.ToString(CultureInfo.InvariantCulture)]);
    }

    /// <summary>The SQL condition for clocks (<c>c</c>) in a state; null for an unknown state.</summary>
    private static FormattableString? InState(string state, DateTimeOffset now)
    {
        switch (state)
        {
            case "running":
                return $"c.stopped_at is null and not c.paused and c.due_at > {now}";
            case "paused":
                return $"c.stopped_at is null and c.paused";
            case "stopped":
                return $"c.stopped_at is not null";
            case "breached":
                return $"c.stopped_at is null and c.due_at <= {now}";
        }

        if (!state.StartsWith(DueWithin, StringComparison.Ordinal))
            return null;
        try
        {
            var within = XmlConvert.ToTimeSpan(state[DueWithin.Length..]);
            if (within <= TimeSpan.Zero || within > TimeSpan.FromDays(366))
                return null;
            return $"c.stopped_at is null and c.due_at > {now} and c.due_at <= {now + within}";
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            return null;
        }
    }
}
