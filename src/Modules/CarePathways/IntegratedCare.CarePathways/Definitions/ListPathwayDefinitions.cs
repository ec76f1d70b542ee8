using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.CarePathways.Definitions;

/// <summary>The pathways, each in its latest version.</summary>
internal sealed class ListPathwayDefinitions(PathwayCatalogue pathways) : CareEndpoint<Ok<Page<PathwaySummary>>>
{
    public override void Configure()
    {
        Get("/v1/care-pathways/definitions");
        Access(CarePathwaysScopes.Read, Purposes.All);
        Paged();
    }

    protected override Task<Ok<Page<PathwaySummary>>> HandleAsync(CancellationToken ct)
    {
        var after = Paging.Position(1)?[0];
        var rows = pathways.Latest.Where(d => after is null || string.CompareOrdinal(d.Id, after) > 0).Take(Paging.Take + 1)
            .Select(d => new PathwaySummary(d.Id, d.Version, d.Title)).ToList();
        return Task.FromResult(Paging.Answer(HttpContext, rows, d => [d.Id]));
    }
}

internal sealed record PathwaySummary(string Id, int Version, string Title);
