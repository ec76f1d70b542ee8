using FluentValidation;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IntegratedCare.CarePathways.Features;

internal sealed class CloseEpisode : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/care-pathways/episodes/{id:guid}/close", HandleAsync)
        .Access(Scopes.CarePathwaysWrite, [Purposes.DirectCare], personLevel: true, actingUser: true)
        .WithSummary("The holder of the baton ends the episode with one of the definition's outcomes.");

    private static async Task<OkVersioned<EpisodeView>> HandleAsync(
        Guid id, CloseEpisodeRequest request, IfMatch ifMatch, HttpContext http, EpisodeDesk desk, CancellationToken ct)
    {
        var (episode, definition) = await desk.OpenAsync(id, ifMatch, Part.Holder, ct);
        episode.Close(definition, desk.Actor, request.Outcome!, request.Reason, desk.Now);
        return await desk.SaveAsync(http, episode, ct);
    }
}

/// <param name="Outcome">Such as <c>goals-met</c>.</param>
internal sealed record CloseEpisodeRequest(string? Outcome, string? Reason);

internal sealed class CloseEpisodeValidator : AbstractValidator<CloseEpisodeRequest>
{
    public CloseEpisodeValidator()
    {
        RuleFor(r => r.Outcome).RequiredCode();
        RuleFor(r => r.Reason).OptionalText();
    }
}
