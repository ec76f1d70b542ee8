using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.CarePathways.Episodes;

/// <summary>The holder of the baton adds a member, and with them their organisation, to the team.</summary>
internal sealed class AddTeamMember(CarePathwaysSession session, EpisodeAccess access) : CareEndpoint<AddTeamMember.Request, OkVersioned<EpisodeView>>
{
    /// <param name="Name">The member's name; left out where the organisation as a whole joins.</param>
    internal sealed record Request(string? Organisation, string? Role, string? Name, string? Reason);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Organisation).RequiredOrganisation();
            RuleFor(r => r.Role).RequiredCode();
            RuleFor(r => r.Name).OptionalText(200);
            RuleFor(r => r.Reason).OptionalText();
        }
    }

    public override void Configure()
    {
        Post("/v1/care-pathways/episodes/{id:guid}/team");
        Access(CarePathwaysScopes.Write, [Purposes.DirectCare], personLevel: true, actingUser: true);
        ChangesVersion();
    }

    public override async Task<OkVersioned<EpisodeView>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var (episode, definition) = await access.LoadForActAsync(Id, Part.Holder, IfMatch, ct);
        var kind = await access.KindOfAsync(request.Organisation!, ct);
        var next = episode.AddTeamMember(definition, access.Actor, request.Organisation!, kind, request.Role!, request.Name, request.Reason, session.Now);
        return await EpisodeView.AnswerAsync(session, HttpContext, await session.SaveAsync(next, ct), ct);
    }
}
