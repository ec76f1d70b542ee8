using IntegratedCare.CarePathways.Domain;
using IntegratedCare.CarePathways.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace IntegratedCare.CarePathways.Features;

internal sealed class ReadEpisodeClocks : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/care-pathways/episodes/{id:guid}/clocks", HandleAsync)
        .Access(Scopes.CarePathwaysRead, [Purposes.DirectCare, Purposes.Operations], personLevel: true)
        .WithSummary("Every run of the episode's clocks, and who holds the baton.");

    private static async Task<Ok<EpisodeClocks>> HandleAsync(Guid id, HttpContext http, EpisodeDesk desk, CarePathwaysDb db, PathwayCatalogue pathways, CancellationToken ct)
    {
        var episode = await desk.FindAsync(id, ct);
        await db.AuditReadAsync(http, [episode.PersonId], 1, ct);
        var definition = pathways.Of(episode);
        return TypedResults.Ok(new EpisodeClocks(
            [.. episode.ClockRows.OrderBy(c => c.StartedAt).ThenBy(c => c.Clock, StringComparer.Ordinal).Select(c => ClockView.Of(c, episode, definition, desk.Now))]));
    }
}

internal sealed record EpisodeClocks(IReadOnlyList<ClockView> Items);
