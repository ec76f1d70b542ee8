using FluentValidation;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IntegratedCare.CarePathways.Features;

internal sealed class AcceptEpisode : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/care-pathways/episodes/{id:guid}/accept", HandleAsync)
        .Access(Scopes.CarePathwaysWrite, [Purposes.DirectCare], personLevel: true, actingUser: true)
        .WithSummary("The practice takes the person onto the pathway, and may name the partner that works it with them.");

    private static async Task<OkVersioned<EpisodeView>> HandleAsync(
        Guid id, AcceptEpisodeRequest? request, IfMatch ifMatch, HttpContext http, EpisodeDesk desk, CancellationToken ct)
    {
        var (episode, definition) = await desk.OpenAsync(id, ifMatch, Part.Practice, ct);
        var kind = request?.Partner is { } partner ? await desk.KindOfAsync(partner, ct) : null;
        episode.Accept(definition, desk.Actor, request?.Partner, kind, request?.Reason, desk.Now);
        return await desk.SaveAsync(http, episode, ct);
    }
}

/// <param name="Partner">ODS code of the organisation whose clients may work on the episode with the practice.</param>
internal sealed record AcceptEpisodeRequest(string? Partner, string? Reason);

internal sealed class AcceptEpisodeValidator : AbstractValidator<AcceptEpisodeRequest>
{
    public AcceptEpisodeValidator()
    {
        RuleFor(r => r.Partner).OptionalOrganisation();
        RuleFor(r => r.Reason).OptionalText();
    }
}
