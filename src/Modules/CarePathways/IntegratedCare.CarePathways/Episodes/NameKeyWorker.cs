using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.CarePathways.Episodes;

/// <summary>Names the person's key worker; a person has at most one at a time. Their organisation joins the team.</summary>
internal sealed class NameKeyWorker(CarePathwaysSession session, EpisodeAccess access) : CareEndpoint<NameKeyWorker.Request, OkVersioned<EpisodeView>>
{
    /// <param name="Organisation">ODS code of the organisation the key worker works for.</param>
    internal sealed record Request(string? Name, string? Role, string? Organisation, string? Reason);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Name).RequiredText(200);
            RuleFor(r => r.Role).RequiredCode();
            RuleFor(r => r.Organisation).RequiredOrganisation();
            RuleFor(r => r.Reason).OptionalText();
        }
    }

    public override void Configure()
    {
        Post("/v1/care-pathways/episodes/{id:guid}/key-worker");
        Access(CarePathwaysScopes.Write, [Purposes.DirectCare], personLevel: true, actingUser: true);
        ChangesVersion();
    }

    public override async Task<OkVersioned<EpisodeView>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var (episode, definition) = await access.LoadForActAsync(Id, Part.Team, IfMatch, ct);
        var kind = await access.KindOfAsync(request.Organisation!, ct);
        var next = episode.NameKeyWorker(definition, access.Actor, request.Name!, request.Role!, request.Organisation!, kind, request.Reason, session.Now);
        return await EpisodeView.AnswerAsync(session, HttpContext, await session.SaveAsync(next, ct), ct);
    }
}
