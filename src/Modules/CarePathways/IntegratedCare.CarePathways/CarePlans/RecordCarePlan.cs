using FluentValidation;
using IntegratedCare.CarePathways.Episodes;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.CarePathways.CarePlans;

/// <summary>Records the care plan, or its next version: earlier ones are kept.</summary>
internal sealed class RecordCarePlan(CarePathwaysSession session, EpisodeAccess access) : CareEndpoint<RecordCarePlan.Request, OkVersioned<EpisodeView>>
{
    /// <param name="Date">The day the plan was agreed; today unless given.</param>
    /// <param name="Goals">In the person's own words.</param>
    /// <param name="Anticipatory">What to do if: a plan that has any counts as an anticipatory care plan.</param>
    /// <param name="ReviewDate">The tailored date of the first review.</param>
    internal sealed record Request(
        DateOnly? Date, IReadOnlyList<string?>? Goals, IReadOnlyList<ActionInput>? Actions, IReadOnlyList<AnticipatoryInput>? Anticipatory,
        IReadOnlyList<string?>? SelfCare, DateOnly? ReviewDate, string? Reason);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Date).PossibleDate();
            RuleFor(r => r.Goals).NotEmpty().WithMessage("At least one goal, in the person's own words.").MaxCount();
            RuleForEach(r => r.Goals).RequiredText();
            RuleFor(r => r.Actions).MaxCount();
            RuleForEach(r => r.Actions).NotNull().ChildRules(a =>
            {
                a.RuleFor(x => x.Action).RequiredText();
                a.RuleFor(x => x.Owner).RequiredText(200);
                a.RuleFor(x => x.Organisation).OptionalOrganisation();
                a.RuleFor(x => x.Due).PossibleDate();
            });
            RuleFor(r => r.Anticipatory).MaxCount();
            RuleForEach(r => r.Anticipatory).NotNull().ChildRules(a =>
            {
                a.RuleFor(x => x.If).RequiredText();
                a.RuleFor(x => x.Then).RequiredText();
            });
            RuleFor(r => r.SelfCare).MaxCount();
            RuleForEach(r => r.SelfCare).RequiredText();
            RuleFor(r => r.ReviewDate).RequiredDate();
            RuleFor(r => r.Reason).OptionalText();
        }
    }

    public override void Configure()
    {
        Post("/v1/care-pathways/episodes/{id:guid}/plan");
        Access(CarePathwaysScopes.Write, [Purposes.DirectCare], personLevel: true, actingUser: true);
        ChangesVersion();
    }

    public override async Task<OkVersioned<EpisodeView>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var (episode, definition) = await access.LoadForActAsync(Id, Part.Team, IfMatch, ct);
        var now = session.Now;
        var next = episode.RecordPlan(definition, access.Actor, request.Date ?? LondonTime.DateOf(now),
            [.. request.Goals!.Select(g => g!)],
            [.. (request.Actions ?? []).Select(a => new PlanAction(a.Action!, a.Owner!, a.Organisation, a.Due))],
            [.. (request.Anticipatory ?? []).Select(a => new AnticipatoryStep(a.If!, a.Then!))],
            [.. (request.SelfCare ?? []).Select(s => s!)],
            request.ReviewDate!.Value, request.Reason, now);
        return await EpisodeView.AnswerAsync(session, HttpContext, await session.SaveAsync(next, ct), ct);
    }
}

internal sealed record ActionInput(string? Action, string? Owner, string? Organisation, DateOnly? Due);

internal sealed record AnticipatoryInput(string? If, string? Then);
