using FluentValidation;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.CarePathways.Episodes;

/// <summary>Episodes that the caller's organisation is the practice of or works in; the system operator sees all.</summary>
internal sealed class ListEpisodes(CarePathwaysSession session, EpisodeAccess access) : CareEndpoint<ListEpisodes.Request, Ok<Page<EpisodeSummary>>>
{
    /// <param name="Pathway">Only episodes on this pathway.</param>
    /// <param name="Status">One of proposed, active, declined, withdrawn, closed.</param>
    /// <param name="Practice">Only episodes of this practice's persons, by ODS code.</param>
    /// <param name="Person">Only episodes of this person.</param>
    internal sealed record Request(string? Pathway, string? Status, string? Practice, Guid? Person);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Pathway).OptionalPathway();
            RuleFor(r => r.Status).Must(s => s is null || StatusOf(s) is not null).WithMessage("One of proposed, active, declined, withdrawn, closed.");
            RuleFor(r => r.Practice).OptionalOrganisation();
        }
    }

    public override void Configure()
    {
        Get("/v1/care-pathways/episodes");
        Access(CarePathwaysScopes.Read, [Purposes.DirectCare, Purposes.Operations], personLevel: true);
        Paged();
    }

    public override async Task<Ok<Page<EpisodeSummary>>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var filter = access.Visible();
        if (request.Pathway is { } pathway)
            filter.And($"d.pathway = {pathway}");
        if (request.Status is { } status)
            filter.And($"d.status = {StatusOf(status)}");
        if (request.Practice is { } practice)
            filter.And($"d.practice = {practice}");
        if (request.Person is { } person)
            filter.And($"d.person_id = {person}");
        if (Paging.Id() is { } after)
            filter.And($"d.id > {after}");

        var rows = await session.SelectAsync<Episode>($"{filter.ForDocuments} order by d.id limit {Paging.Take + 1}", ct, filter.Values);
        var known = await session.OrganisationsAsync(rows.Select(e => e.Practice), ct);
        var shown = rows.Take(Paging.Take).ToList();
        await session.AuditReadAsync(HttpContext, [.. shown.Select(e => e.PersonId).Distinct()], shown.Count, ct);
        return Paging.Answer(HttpContext,
            [.. rows.Select(e => EpisodeSummary.Of(e, known.GetValueOrDefault(e.Practice)?.DisplayName))], e => [e.Id.ToString()]);
    }

    /// <summary>The status as episodes are stored with it.</summary>
    private static string? StatusOf(string text) => Enum.GetNames<EpisodeStatus>().FirstOrDefault(name => name.ToLowerInvariant() == text);
}

internal sealed record EpisodeSummary(
    Guid Id, long Version, string Pathway, int PathwayVersion, Guid PersonId, string Practice, string? PracticeName, string? Locality, EpisodeStatus Status,
    string Stage, string? Tier, Baton Baton, KeyWorker? KeyWorker, DateTimeOffset ProposedAt, DateTimeOffset? DueAt, string? Outcome)
{
    public static EpisodeSummary Of(Episode e, string? practiceName) => new(
        e.Id, e.Version, e.Pathway, e.PathwayVersion, e.PersonId, e.Practice, practiceName, e.Locality, e.Status, e.Stage, e.Tier, e.Baton,
        e.KeyWorker, e.ProposedAt, e.DueAt, e.Ending?.Outcome);
}
