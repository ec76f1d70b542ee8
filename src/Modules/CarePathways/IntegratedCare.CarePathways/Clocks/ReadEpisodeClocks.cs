using IntegratedCare.CarePathways.Definitions;
using IntegratedCare.CarePathways.Episodes;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.CarePathways.Clocks;

/// <summary>Every run of the episode's clocks, and who holds the baton.</summary>
internal sealed class ReadEpisodeClocks(CarePathwaysSession session, EpisodeAccess episodes, PathwayCatalogue pathways) : CareEndpoint<Ok<EpisodeClocks>>
{
    public override void Configure()
    {
        Get("/v1/care-pathways/episodes/{id:guid}/clocks");
        Access(CarePathwaysScopes.Read, [Purposes.DirectCare, Purposes.Operations], personLevel: true);
    }

    protected override async Task<Ok<EpisodeClocks>> HandleAsync(CancellationToken ct)
    {
        var episode = await episodes.LoadAsync(Id, ct);
        var clocks = (await session.ClocksOfAsync([episode.Id], ct))[episode.Id];
        await session.AuditReadAsync(HttpContext, [episode.PersonId], 1, ct);
        var (definition, now) = (pathways.Of(episode), session.Now);
        return TypedResults.Ok(new EpisodeClocks(
        [
            .. clocks.OrderBy(c => c.StartedAt).ThenBy(c => c.Clock, StringComparer.Ordinal)
                .Select(c => ClockView.Of(c, episode.Ref, episode.Baton, definition, now)),
        ]));
    }
}

internal sealed record EpisodeClocks(IReadOnlyList<ClockView> Items);
