using FluentValidation;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IntegratedCare.CarePathways.Features;

internal sealed class DeclineEpisode : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/care-pathways/episodes/{id:guid}/decline", HandleAsync)
        .Access(Scopes.CarePathwaysWrite, [Purposes.DirectCare], personLevel: true, actingUser: true)
        .WithSummary("The practice does not take the person onto the pathway, and says why.");

    private static async Task<OkVersioned<EpisodeView>> HandleAsync(
        Guid id, DeclineEpisodeRequest request, IfMatch ifMatch, HttpContext http, EpisodeDesk desk, CancellationToken ct)
    {
        var (episode, definition) = await desk.OpenAsync(id, ifMatch, Part.Practice, ct);
        episode.Decline(definition, desk.Actor, request.Reason!, desk.Now);
        return await desk.SaveAsync(http, episode, ct);
    }
}

internal sealed record DeclineEpisodeRequest(string? Reason);

internal sealed class DeclineEpisodeValidator : AbstractValidator<DeclineEpisodeRequest>
{
    public DeclineEpisodeValidator() => RuleFor(r => r.Reason).RequiredText();
}
