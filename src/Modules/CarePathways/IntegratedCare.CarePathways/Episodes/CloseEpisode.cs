using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.CarePathways.Episodes;

/// <summary>The holder of the baton ends the episode with one of the definition's outcomes.</summary>
internal sealed class CloseEpisode(CarePathwaysSession session, EpisodeAccess access) : CareEndpoint<CloseEpisode.Request, OkVersioned<EpisodeView>>
{
    /// <param name="Outcome">Such as <c>goals-met</c>.</param>
    internal sealed record Request(string? Outcome, string? Reason);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Outcome).RequiredCode();
            RuleFor(r => r.Reason).OptionalText();
        }
    }

    public override void Configure()
    {
        Post("/v1/care-pathways/episodes/{id:guid}/close");
        Access(CarePathwaysScopes.Write, [Purposes.DirectCare], personLevel: true, actingUser: true);
        ChangesVersion();
    }

    public override async Task<OkVersioned<EpisodeView>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var (episode, definition) = await access.LoadForActAsync(Id, Part.Holder, IfMatch, ct);
        var next = episode.Close(definition, access.Actor, request.Outcome!, request.Reason, session.Now);
        return await EpisodeView.AnswerAsync(session, HttpContext, await session.SaveAsync(next, ct), ct);
    }
}
