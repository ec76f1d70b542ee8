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

internal sealed class ListEpisodes : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/care-pathways/episodes", HandleAsync)
        .Access(Scopes.CarePathwaysRead, [Purposes.DirectCare, Purposes.Operations], personLevel: true)
        .WithSummary("Episodes that the caller's organisation is the practice of or works in; the system operator sees all.");

    private static async Task<Ok<Page<EpisodeSummary>>> HandleAsync(
        string? pathway, string? status, string? practice, Guid? person, [AsParameters] Paging paging, HttpContext http, EpisodeDesk desk, CarePathwaysDb db, CancellationToken ct)
    {
        var episodes = desk.Visible().AsNoTracking();
        if (pathway is not null)
            episodes = TextRules.IsCode(pathway) ? episodes.Where(e => e.Pathway == pathway) : throw Problems.Invalid("/pathway", "A pathway's id, such as high-risk-patient-programme.");
        if (status is not null)
        {
            var wanted = Enum.GetValues<EpisodeStatus>().Where(s => s.ToString().ToLowerInvariant() == status).ToList() is [var one]
                ? one : throw Problems.Invalid("/status", "One of proposed, active, declined, withdrawn, closed.");
            episodes = episodes.Where(e => e.Status == wanted);
        }

        if (practice is not null)
            episodes = TextRules.IsOrganisation(practice) ? episodes.Where(e => e.Practice == practice) : throw Problems.Invalid("/practice", "An ODS code.");
        if (person is { } personId)
            episodes = episodes.Where(e => e.PersonId == personId);
        if (paging.Id() is { } after)
            episodes = episodes.Where(e => e.Id > after);

        var rows = await episodes.OrderBy(e => e.Id).Take(paging.Take + 1).ToListAsync(ct);
        var names = await desk.NamesAsync(rows.Select(e => e.Practice), ct);
        var shown = rows.Take(paging.Take).ToList();
        await db.AuditReadAsync(http, [.. shown.Select(e => e.PersonId).Distinct()], shown.Count, ct);
        return paging.Answer(http, rows.ConvertAll(e => EpisodeSummary.Of(e, names.GetValueOrDefault(e.Practice))), e => [e.Id.ToString()]);
    }
}

internal sealed record EpisodeSummary(
    Guid Id, long Version, string Pathway, int PathwayVersion, Guid PersonId, string Practice, string? PracticeName, string? Locality, EpisodeStatus Status, string Stage,
    string? Tier, Baton Baton, KeyWorker? KeyWorker, DateTimeOffset ProposedAt, DateTimeOffset? DueAt, string? Outcome)
{
    public static EpisodeSummary Of(Episode e, string? practiceName) => new(
        e.Id, e.Version, e.Pathway, e.PathwayVersion, e.PersonId, e.Practice, practiceName, e.Locality, e.Status, e.Stage, e.Document.Tier, e.Document.Baton,
        e.Document.KeyWorker, e.ProposedAt, e.DueAt, e.Document.Ending?.Outcome);
}
