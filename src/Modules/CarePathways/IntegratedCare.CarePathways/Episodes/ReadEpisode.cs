using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.CarePathways.Episodes;

/// <summary>One episode: stage, baton, team, assessments, meetings, plan, reviews, admissions and history.</summary>
internal sealed class ReadEpisode(CarePathwaysSession session, EpisodeAccess access) : CareEndpoint<OkVersioned<EpisodeView>>
{
    public override void Configure()
    {
        Get("/v1/care-pathways/episodes/{id:guid}");
        Access(CarePathwaysScopes.Read, [Purposes.DirectCare, Purposes.Operations], personLevel: true);
    }

    protected override async Task<OkVersioned<EpisodeView>> HandleAsync(CancellationToken ct) =>
        await EpisodeView.AnswerAsync(session, HttpContext, await access.LoadAsync(Id, ct), ct);
}
