using FluentValidation;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IntegratedCare.CarePathways.Features;

internal sealed class OfferHandover : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/care-pathways/episodes/{id:guid}/handover", HandleAsync)
        .Access(Scopes.CarePathwaysWrite, [Purposes.DirectCare], personLevel: true, actingUser: true)
        .WithSummary("The holder offers the baton to another organisation, and holds it until that organisation accepts.");

    private static async Task<OkVersioned<EpisodeView>> HandleAsync(
        Guid id, OfferHandoverRequest request, IfMatch ifMatch, HttpContext http, EpisodeDesk desk, CancellationToken ct)
    {
        var (episode, definition) = await desk.OpenAsync(id, ifMatch, Part.Holder, ct);
        var kind = await desk.KindOfAsync(request.Organisation!, ct);
        episode.OfferBaton(definition, desk.Actor, request.Organisation!, kind, request.Role!, request.Reason, desk.Now);
        return await desk.SaveAsync(http, episode, ct);
    }
}

internal sealed record OfferHandoverRequest(string? Organisation, string? Role, string? Reason);

internal sealed class OfferHandoverValidator : AbstractValidator<OfferHandoverRequest>
{
    public OfferHandoverValidator()
    {
        RuleFor(r => r.Organisation).RequiredOrganisation();
        RuleFor(r => r.Role).RequiredCode();
        RuleFor(r => r.Reason).OptionalText();
    }
}
