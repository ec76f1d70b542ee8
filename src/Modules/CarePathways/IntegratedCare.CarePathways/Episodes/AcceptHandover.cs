using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.CarePathways.Episodes;

/// <summary>The organisation that was offered the baton accepts it.</summary>
internal sealed class AcceptHandover(CarePathwaysSession session, EpisodeAccess access) : CareEndpoint<AcceptHandover.Request, OkVersioned<EpisodeView>>
{
    internal sealed record Request(string? Reason);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules() => RuleFor(r => r.Reason).OptionalText();
    }

    public override void Configure()
    {
        Post("/v1/care-pathways/episodes/{id:guid}/handover/accept");
        Access(CarePathwaysScopes.Write, [Purposes.DirectCare], personLevel: true, actingUser: true);
        ChangesVersion();
        BodyIsOptional();
    }

    public override async Task<OkVersioned<EpisodeView>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var (episode, definition) = await access.LoadForActAsync(Id, Part.Receiver, IfMatch, ct);
        var next = episode.AcceptBaton(definition, access.Actor, request.Reason, session.Now);
        return await EpisodeView.AnswerAsync(session, HttpContext, await session.SaveAsync(next, ct), ct);
    }
}
