using IntegratedCare.CarePathways.Domain;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IntegratedCare.CarePathways.Features;

internal sealed class ReadPathwayDefinition : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/care-pathways/definitions/{id}", Handle)
        .Access(Scopes.CarePathwaysRead, Purposes.All)
        .WithSummary("A pathway's definition: stages, work, clocks, quorum and outcomes. The latest version unless one is named.");

    private static OkVersioned<PathwayDefinition> Handle(string id, int? version, PathwayCatalogue pathways) =>
        pathways.Find(id, version) is { } definition ? Answers.Ok(definition, definition.Version) : throw Problems.Missing();
}
