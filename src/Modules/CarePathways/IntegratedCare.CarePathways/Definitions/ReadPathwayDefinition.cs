using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.CarePathways.Definitions;

/// <summary>A pathway's definition: stages, work, clocks, quorum and outcomes. The latest version unless one is named.</summary>
internal sealed class ReadPathwayDefinition(PathwayCatalogue pathways) : CareEndpoint<ReadPathwayDefinition.Request, OkVersioned<PathwayDefinition>>
{
    /// <param name="Version">The latest unless named.</param>
    internal sealed record Request(int? Version);

    internal sealed class Rules : RequestRules<Request>;

    public override void Configure()
    {
        Get("/v1/care-pathways/definitions/{id}");
        Access(CarePathwaysScopes.Read, Purposes.All);
    }

    public override Task<OkVersioned<PathwayDefinition>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var definition = pathways.Find(Route<string>("id")!, request.Version) ?? throw Problems.Missing();
        return Task.FromResult(Answers.Ok(definition, definition.Version));
    }
}
