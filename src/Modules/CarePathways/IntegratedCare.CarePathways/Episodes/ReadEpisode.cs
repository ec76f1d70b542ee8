using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IntegratedCare.CarePathways.Features;

internal sealed class ReadEpisode : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/care-pathways/episodes/{id:guid}", HandleAsync)
        .Access(Scopes.CarePathwaysRead, [Purposes.DirectCare, Purposes.Operations], personLevel: true)
        .WithSummary("One episode: stage, baton, team, assessments, meetings, plan, reviews, admissions and history.");

    private static async Task<OkVersioned<EpisodeView>> HandleAsync(Guid id, HttpContext http, EpisodeDesk desk, CancellationToken ct) =>
        await desk.ShowAsync(http, await desk.FindAsync(id, ct), ct);
}
