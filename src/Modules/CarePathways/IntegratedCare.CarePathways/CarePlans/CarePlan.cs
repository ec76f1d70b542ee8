using IntegratedCare.CarePathways.Definitions;
using IntegratedCare.CarePathways.Episodes;
using IntegratedCare.CarePathways.Events;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.CarePathways.CarePlans;

internal sealed record CarePlan(
    int Version, DateOnly Date, IReadOnlyList<string> Goals, IReadOnlyList<PlanAction> Actions, IReadOnlyList<AnticipatoryStep> Anticipatory,
    IReadOnlyList<string> SelfCare, DateOnly ReviewDate, DateTimeOffset RecordedAt);

internal sealed record PlanAction(string Action, string Owner, string? Organisation, DateOnly? Due);

/// <summary>What to do if.</summary>
internal sealed record AnticipatoryStep(string If, string Then);

internal sealed record PlanReview(Guid Id, DateOnly Date, string Outcome, string? Note, DateOnly? NextReviewDate, int PlanVersion, DateTimeOffset RecordedAt);

internal static class EpisodeCarePlans
{
    public static Episode RecordPlan(
        this Episode episode, PathwayDefinition definition, Actor by, DateOnly date, IReadOnlyList<string> goals, IReadOnlyList<PlanAction> actions,
        IReadOnlyList<AnticipatoryStep> anticipatory, IReadOnlyList<string> selfCare, DateOnly reviewDate, string? why, DateTimeOffset now)
    {
        episode.RequireAllowed(definition, Acts.Plan);
        Episode.RequireNotAfterToday(date, now);
        episode.RequireNotBeforeProposal(date);
        if (episode.Plans is [.., var last] && date < last.Date)
            throw new RuleViolation(CarePathwaysProblems.DateNotPossible, "A plan's new version is not dated before the one it replaces.");
        if (reviewDate <= date)
            throw new RuleViolation(CarePathwaysProblems.DateNotPossible, "The review date lies after the date of the plan.");
        return (episode with
        {
            Plans = [.. episode.Plans, new CarePlan(episode.Plans.Count + 1, date, goals, actions, anticipatory, selfCare, reviewDate, now)],
        })
            .AddHistory(Acts.Plan, by, why, now)
            .PublishPlan(now)
            .Advance(definition, now);
    }

    public static Episode ReviewPlan(
        this Episode episode, PathwayDefinition definition, Actor by, DateOnly date, string outcome, string? note, DateOnly? nextReviewDate, DateTimeOffset now)
    {
        episode.RequireAllowed(definition, Acts.Review);
        if (episode.Plans is not [.., var plan])
            throw new RuleViolation(CarePathwaysProblems.NoPlan, CarePathwaysProblems.NoPlan.Explanation);
        if (!definition.ReviewOutcomes.Contains(outcome))
            throw new RuleViolation(CarePathwaysProblems.NotDefined, $"The outcomes of a review are: {string.Join(", ", definition.ReviewOutcomes)}.");
        Episode.RequireNotAfterToday(date, now);
        if (date < episode.Plans[0].Date)
            throw new RuleViolation(CarePathwaysProblems.DateNotPossible, "A review is not dated before the plan.");
        if (nextReviewDate <= date)
            throw new RuleViolation(CarePathwaysProblems.DateNotPossible, "The next review date lies after this review.");
        return (episode with { Reviews = [.. episode.Reviews, new PlanReview(Guid.CreateVersion7(), date, outcome, note, nextReviewDate, plan.Version, now)] })
            .AddHistory(Acts.Review, by, null, now)
            .PublishPlan(now)
            .Advance(definition, now);
    }

    /// <summary>Publishes the current plan, if there is one.</summary>
    public static Episode PublishPlan(this Episode episode, DateTimeOffset now)
    {
        if (episode.Plans is not [.., var plan])
            return episode;
        var current = episode.Reviews.Select(r => r.Date).Append(plan.Date).Max();
        return episode.Publish(new PlanChanged(episode.Ref, plan.Version, plan.Anticipatory.Count > 0, current, episode.Ending?.On, now));
    }
}
