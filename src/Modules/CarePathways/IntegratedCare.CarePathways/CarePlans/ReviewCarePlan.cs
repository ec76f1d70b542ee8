using FluentValidation;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IntegratedCare.CarePathways.Features;

internal sealed class ReviewCarePlan : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/care-pathways/episodes/{id:guid}/reviews", HandleAsync)
        .Access(Scopes.CarePathwaysWrite, [Purposes.DirectCare], personLevel: true, actingUser: true)
        .WithSummary("Records a review of the care plan; the review clock starts anew.");

    private static async Task<OkVersioned<EpisodeView>> HandleAsync(
        Guid id, ReviewCarePlanRequest request, IfMatch ifMatch, HttpContext http, EpisodeDesk desk, CancellationToken ct)
    {
        var (episode, definition) = await desk.OpenAsync(id, ifMatch, Part.Team, ct);
        episode.Review(definition, desk.Actor, request.Date ?? desk.Today, request.Outcome!, request.Note, request.NextReviewDate, desk.Now);
        return await desk.SaveAsync(http, episode, ct);
    }
}

/// <param name="Date">The day of the review; today unless given.</param>
/// <param name="Outcome">One of the definition's review outcomes, such as <c>continue</c>.</param>
/// <param name="NextReviewDate">Tailored to the person; the definition's interval applies when none is agreed.</param>
internal sealed record ReviewCarePlanRequest(DateOnly? Date, string? Outcome, string? Note, DateOnly? NextReviewDate);

internal sealed class ReviewCarePlanValidator : AbstractValidator<ReviewCarePlanRequest>
{
    public ReviewCarePlanValidator()
    {
        RuleFor(r => r.Date).PossibleDate();
        RuleFor(r => r.Outcome).RequiredCode();
        RuleFor(r => r.Note).OptionalText(20_000);
        RuleFor(r => r.NextReviewDate).PossibleDate();
    }
}
