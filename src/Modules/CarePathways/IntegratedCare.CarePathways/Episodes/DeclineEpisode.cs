using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.CarePathways.Episodes;

/// <summary>The practice declines to take the person onto the pathway, with a reason.</summary>
internal sealed class DeclineEpisode(CarePathwaysSession session, EpisodeAccess access) : CareEndpoint<DeclineEpisode.Request, OkVersioned<EpisodeView>>
{
    internal sealed record Request(string? Reason);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules() => RuleFor(r => r.Reason).RequiredText();
    }

    public override void Configure()
    {
        Post("/v1/care-pathways/episodes/{id:guid}/decline");
        Access(CarePathwaysScopes.Write, [Purposes.DirectCare], personLevel: true, actingUser: true);
        ChangesVersion();
    }

    public override async Task<OkVersioned<EpisodeView>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var (episode, definition) = await access.LoadForActAsync(Id, Part.Practice, IfMatch, ct);
        var next = episode.Decline(definition, access.Actor, request.Reason!, session.Now);
        return await EpisodeView.AnswerAsync(session, HttpContext, await session.SaveAsync(next, ct), ct);
    }
}
