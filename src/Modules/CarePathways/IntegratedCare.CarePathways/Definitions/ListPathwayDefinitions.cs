using IntegratedCare.CarePathways.Domain;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace IntegratedCare.CarePathways.Features;

internal sealed class ListPathwayDefinitions : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/care-pathways/definitions", Handle)
        .Access(Scopes.CarePathwaysRead, Purposes.All)
        .WithSummary("The pathways, each in its latest version.");

    private static Ok<Page<PathwaySummary>> Handle([AsParameters] Paging paging, HttpContext http, PathwayCatalogue pathways)
    {
        var after = paging.Position(1)?[0];
        var rows = pathways.Latest.Where(d => after is null || string.CompareOrdinal(d.Id, after) > 0).Take(paging.Take + 1)
            .Select(d => new PathwaySummary(d.Id, d.Version, d.Title)).ToList();
        return paging.Answer(http, rows, d => [d.Id]);
    }
}

internal sealed record PathwaySummary(string Id, int Version, string Title);
