using FluentValidation;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IntegratedCare.CarePathways.Features;

internal sealed class AcceptHandover : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/care-pathways/episodes/{id:guid}/handover/accept", HandleAsync)
        .Access(Scopes.CarePathwaysWrite, [Purposes.DirectCare], personLevel: true, actingUser: true)
        .WithSummary("The organisation that was offered the baton takes it.");

    private static async Task<OkVersioned<EpisodeView>> HandleAsync(
        Guid id, AcceptHandoverRequest? request, IfMatch ifMatch, HttpContext http, EpisodeDesk desk, CancellationToken ct)
    {
        var (episode, definition) = await desk.OpenAsync(id, ifMatch, Part.Receiver, ct);
        episode.AcceptBaton(definition, desk.Actor, request?.Reason, desk.Now);
        return await desk.SaveAsync(http, episode, ct);
    }
}

internal sealed record AcceptHandoverRequest(string? Reason);

internal sealed class AcceptHandoverValidator : AbstractValidator<AcceptHandoverRequest>
{
    public AcceptHandoverValidator() => RuleFor(r => r.Reason).OptionalText();
}
