using FluentValidation;
using IntegratedCare.CarePathways.Domain;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IntegratedCare.CarePathways.Features;

internal sealed class RecordCarePlan : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/care-pathways/episodes/{id:guid}/plan", HandleAsync)
        .Access(Scopes.CarePathwaysWrite, [Purposes.DirectCare], personLevel: true, actingUser: true)
        .WithSummary("Records the care plan, or its next version: earlier ones are kept.");

    private static async Task<OkVersioned<EpisodeView>> HandleAsync(
        Guid id, RecordCarePlanRequest request, IfMatch ifMatch, HttpContext http, EpisodeDesk desk, CancellationToken ct)
    {
        var (episode, definition) = await desk.OpenAsync(id, ifMatch, Part.Team, ct);
        episode.RecordPlan(definition, desk.Actor, request.Date ?? desk.Today,
            [.. request.Goals!.Select(g => g!)],
            [.. (request.Actions ?? []).Select(a => new PlanAction(a.Action!, a.Owner!, a.Organisation, a.Due))],
            [.. (request.Anticipatory ?? []).Select(a => new AnticipatoryStep(a.If!, a.Then!))],
            [.. (request.SelfCare ?? []).Select(s => s!)],
            request.ReviewDate!.Value, request.Reason, desk.Now);
        return await desk.SaveAsync(http, episode, ct);
    }
}

/// <param name="Date">The day the plan was agreed; today unless given.</param>
/// <param name="Goals">In the person's own words.</param>
/// <param name="Anticipatory">What to do if: a plan that has any counts as an anticipatory care plan.</param>
/// <param name="ReviewDate">The tailored date of the first review.</param>
internal sealed record RecordCarePlanRequest(
    DateOnly? Date, IReadOnlyList<string?>? Goals, IReadOnlyList<ActionInput>? Actions, IReadOnlyList<AnticipatoryInput>? Anticipatory, IReadOnlyList<string?>? SelfCare,
    DateOnly? ReviewDate, string? Reason);

internal sealed record ActionInput(string? Action, string? Owner, string? Organisation, DateOnly? Due);

internal sealed record AnticipatoryInput(string? If, string? Then);

internal sealed class RecordCarePlanValidator : AbstractValidator<RecordCarePlanRequest>
{
    public RecordCarePlanValidator()
    {
        RuleFor(r => r.Date).PossibleDate();
        RuleFor(r => r.Goals).NotEmpty().WithMessage("At least one goal, in the person's own words.").AtMost();
        RuleForEach(r => r.Goals).RequiredText();
        RuleFor(r => r.Actions).AtMost();
        RuleForEach(r => r.Actions).NotNull().ChildRules(a =>
        {
            a.RuleFor(x => x.Action).RequiredText();
            a.RuleFor(x => x.Owner).RequiredText(200);
            a.RuleFor(x => x.Organisation).OptionalOrganisation();
            a.RuleFor(x => x.Due).PossibleDate();
        });
        RuleFor(r => r.Anticipatory).AtMost();
        RuleForEach(r => r.Anticipatory).NotNull().ChildRules(a =>
        {
            a.RuleFor(x => x.If).RequiredText();
            a.RuleFor(x => x.Then).RequiredText();
        });
        RuleFor(r => r.SelfCare).AtMost();
        RuleForEach(r => r.SelfCare).RequiredText();
        RuleFor(r => r.ReviewDate).RequiredDate();
        RuleFor(r => r.Reason).OptionalText();
    }
}
