using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.CarePathways.Episodes;

/// <summary>The practice accepts the person onto the pathway, and may name a partner organisation.</summary>
internal sealed class AcceptEpisode(CarePathwaysSession session, EpisodeAccess access) : CareEndpoint<AcceptEpisode.Request, OkVersioned<EpisodeView>>
{
    /// <param name="Partner">ODS code of the organisation whose clients may work on the episode with the practice.</param>
    internal sealed record Request(string? Partner, string? Reason);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Partner).OptionalOrganisation();
            RuleFor(r => r.Reason).OptionalText();
        }
    }

    public override void Configure()
    {
        Post("/v1/care-pathways/episodes/{id:guid}/accept");
        Access(CarePathwaysScopes.Write, [Purposes.DirectCare], personLevel: true, actingUser: true);
        ChangesVersion();
        BodyIsOptional();
    }

    public override async Task<OkVersioned<EpisodeView>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var (episode, definition) = await access.LoadForActAsync(Id, Part.Practice, IfMatch, ct);
        var kind = request.Partner is { } partner ? await access.KindOfAsync(partner, ct) : null;
        var next = episode.Accept(definition, access.Actor, request.Partner, kind, request.Reason, session.Now);
        return await EpisodeView.AnswerAsync(session, HttpContext, await session.SaveAsync(next, ct), ct);
    }
}
