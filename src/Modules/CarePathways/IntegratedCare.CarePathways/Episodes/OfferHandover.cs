using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.CarePathways.Episodes;

/// <summary>The holder offers the baton to another organisation, and holds it until that organisation accepts.</summary>
internal sealed class OfferHandover(CarePathwaysSession session, EpisodeAccess access) : CareEndpoint<OfferHandover.Request, OkVersioned<EpisodeView>>
{
    internal sealed record Request(string? Organisation, string? Role, string? Reason);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Organisation).RequiredOrganisation();
            RuleFor(r => r.Role).RequiredCode();
            RuleFor(r => r.Reason).OptionalText();
        }
    }

    public override void Configure()
    {
        Post("/v1/care-pathways/episodes/{id:guid}/handover");
        Access(CarePathwaysScopes.Write, [Purposes.DirectCare], personLevel: true, actingUser: true);
        ChangesVersion();
    }

    public override async Task<OkVersioned<EpisodeView>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var (episode, definition) = await access.LoadForActAsync(Id, Part.Holder, IfMatch, ct);
        var kind = await access.KindOfAsync(request.Organisation!, ct);
        var next = episode.OfferBaton(definition, access.Actor, request.Organisation!, kind, request.Role!, request.Reason, session.Now);
        return await EpisodeView.AnswerAsync(session, HttpContext, await session.SaveAsync(next, ct), ct);
    }
}
