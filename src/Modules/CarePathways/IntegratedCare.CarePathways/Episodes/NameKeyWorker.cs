using FluentValidation;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IntegratedCare.CarePathways.Features;

internal sealed class NameKeyWorker : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/care-pathways/episodes/{id:guid}/key-worker", HandleAsync)
        .Access(Scopes.CarePathwaysWrite, [Purposes.DirectCare], personLevel: true, actingUser: true)
        .WithSummary("Names the person's key worker; a person has at most one at a time. Their organisation joins the team.");

    private static async Task<OkVersioned<EpisodeView>> HandleAsync(
        Guid id, NameKeyWorkerRequest request, IfMatch ifMatch, HttpContext http, EpisodeDesk desk, CancellationToken ct)
    {
        var (episode, definition) = await desk.OpenAsync(id, ifMatch, Part.Team, ct);
        var kind = await desk.KindOfAsync(request.Organisation!, ct);
        episode.NameKeyWorker(definition, desk.Actor, request.Name!, request.Role!, request.Organisation!, kind, request.Reason, desk.Now);
        return await desk.SaveAsync(http, episode, ct);
    }
}

/// <param name="Organisation">ODS code of the organisation the key worker works for.</param>
internal sealed record NameKeyWorkerRequest(string? Name, string? Role, string? Organisation, string? Reason);

internal sealed class NameKeyWorkerValidator : AbstractValidator<NameKeyWorkerRequest>
{
    public NameKeyWorkerValidator()
    {
        RuleFor(r => r.Name).RequiredText(200);
        RuleFor(r => r.Role).RequiredCode();
        RuleFor(r => r.Organisation).RequiredOrganisation();
        RuleFor(r => r.Reason).OptionalText();
    }
}
