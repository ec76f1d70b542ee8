using FluentValidation;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IntegratedCare.CarePathways.Features;

internal sealed class AddTeamMember : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/care-pathways/episodes/{id:guid}/team", HandleAsync)
        .Access(Scopes.CarePathwaysWrite, [Purposes.DirectCare], personLevel: true, actingUser: true)
        .WithSummary("The holder of the baton takes a member, and with them their organisation, into the team.");

    private static async Task<OkVersioned<EpisodeView>> HandleAsync(
        Guid id, AddTeamMemberRequest request, IfMatch ifMatch, HttpContext http, EpisodeDesk desk, CancellationToken ct)
    {
        var (episode, definition) = await desk.OpenAsync(id, ifMatch, Part.Holder, ct);
        var kind = await desk.KindOfAsync(request.Organisation!, ct);
        episode.AddToTeam(definition, desk.Actor, request.Organisation!, kind, request.Role!, request.Name, request.Reason, desk.Now);
        return await desk.SaveAsync(http, episode, ct);
    }
}

/// <param name="Name">The member's name, where the place is a person's and not the organisation's.</param>
internal sealed record AddTeamMemberRequest(string? Organisation, string? Role, string? Name, string? Reason);

internal sealed class AddTeamMemberValidator : AbstractValidator<AddTeamMemberRequest>
{
    public AddTeamMemberValidator()
    {
        RuleFor(r => r.Organisation).RequiredOrganisation();
        RuleFor(r => r.Role).RequiredCode();
        RuleFor(r => r.Name).OptionalText(200);
        RuleFor(r => r.Reason).OptionalText();
    }
}
