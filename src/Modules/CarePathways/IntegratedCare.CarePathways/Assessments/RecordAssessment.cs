using FluentValidation;
using IntegratedCare.CarePathways.Domain;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IntegratedCare.CarePathways.Features;

internal sealed class RecordAssessment : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/care-pathways/episodes/{id:guid}/assessments", HandleAsync)
        .Access(Scopes.CarePathwaysWrite, [Purposes.DirectCare], personLevel: true, actingUser: true)
        .WithSummary("Records an assessment on the day it was made, or corrects one; clocks are computed from that day.");

    private static async Task<OkVersioned<EpisodeView>> HandleAsync(
        Guid id, RecordAssessmentRequest request, IfMatch ifMatch, HttpContext http, EpisodeDesk desk, CancellationToken ct)
    {
        var (episode, definition) = await desk.OpenAsync(id, ifMatch, Part.Team, ct);
        var actor = desk.Actor;
        var assessor = request.By is { } by ? new Assessor(by.Name!, by.Role!, by.Registration) : new Assessor(actor.Name, actor.Role!, actor.Registration);
        episode.RecordAssessment(definition, actor, request.Kind!, request.Date!.Value, request.Findings!, assessor, request.Corrects, request.Reason, desk.Now);
        return await desk.SaveAsync(http, episode, ct);
    }
}

/// <param name="Kind">One of the definition's kinds, such as <c>nursing</c>.</param>
/// <param name="Date">The day in Europe/London on which it was made.</param>
/// <param name="By">Who made it; the acting user unless named.</param>
/// <param name="Corrects">The assessment that was recorded wrongly and is replaced by this.</param>
internal sealed record RecordAssessmentRequest(string? Kind, DateOnly? Date, string? Findings, AssessorInput? By, Guid? Corrects, string? Reason);

internal sealed record AssessorInput(string? Name, string? Role, string? Registration);

internal sealed class RecordAssessmentValidator : AbstractValidator<RecordAssessmentRequest>
{
    public RecordAssessmentValidator()
    {
        RuleFor(r => r.Kind).RequiredCode();
        RuleFor(r => r.Date).RequiredDate();
        RuleFor(r => r.Findings).RequiredText(20_000);
        RuleFor(r => r.Reason).OptionalText();
        When(r => r.By is not null, () =>
        {
            RuleFor(r => r.By!.Name).RequiredText(200);
            RuleFor(r => r.By!.Role).RequiredText(100);
            RuleFor(r => r.By!.Registration).OptionalText(50);
        });
    }
}
