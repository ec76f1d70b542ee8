using IntegratedCare.CarePathways.Definitions;
using IntegratedCare.CarePathways.Episodes;
using IntegratedCare.CarePathways.Events;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.CarePathways.Assessments;

/// <param name="Corrects">The assessment that this one replaces.</param>
/// <param name="Order">When the first version of it was recorded: keeps its place among the acts of its day.</param>
internal sealed record Assessment(
    Guid Id, string Kind, DateOnly Date, string Findings, Assessor By, string Organisation, DateTimeOffset RecordedAt, Guid? Corrects, bool Corrected,
    DateTimeOffset Order);

internal sealed record Assessor(string Name, string Role, string? Registration);

/// <param name="Corrected">Replaced by a later record.</param>
internal sealed record AssessmentView(
    Guid Id, string Kind, DateOnly Date, string Findings, Assessor By, string Organisation, DateTimeOffset RecordedAt, Guid? Corrects, bool Corrected)
{
    public static AssessmentView Of(Assessment a) => new(a.Id, a.Kind, a.Date, a.Findings, a.By, a.Organisation, a.RecordedAt, a.Corrects, a.Corrected);
}

internal static class EpisodeAssessments
{
    /// <param name="corrects">An assessment of this episode that was recorded wrongly; it keeps its place, with new content.</param>
    public static Episode RecordAssessment(
        this Episode episode, PathwayDefinition definition, Actor by, string kind, DateOnly date, string findings, Assessor assessor, Guid? corrects,
        string? why, DateTimeOffset now)
    {
        episode.RequireAllowed(definition, Acts.Assessment);
        var defined = definition.Assessments.FirstOrDefault(a => a.Kind == kind)
            ?? throw new RuleViolation(CarePathwaysProblems.NotDefined,
                $"The kinds of assessment are: {string.Join(", ", definition.Assessments.Select(a => a.Kind))}.");
        Episode.RequireNotAfterToday(date, now);
        var earliest = LondonTime.DateOf(episode.ProposedAt).AddDays(-defined.ValidDays);
        if (date < earliest)
        {
            throw new RuleViolation(CarePathwaysProblems.DateNotPossible,
                $"A {kind} assessment counts for {defined.ValidDays} days: not before {earliest:yyyy-MM-dd}.");
        }

        var replaced = corrects is null ? null : episode.Assessments.FirstOrDefault(a => a.Id == corrects && !a.Corrected)
            ?? throw new RuleViolation(CarePathwaysProblems.AssessmentUnknown, CarePathwaysProblems.AssessmentUnknown.Explanation);
        var assessment = new Assessment(
            Guid.CreateVersion7(), kind, date, findings, assessor, by.Organisation ?? episode.Practice, now, corrects, false, replaced?.Order ?? now);
        return (episode with { Assessments = [.. episode.Assessments.Select(a => a == replaced ? a with { Corrected = true } : a), assessment] })
            .AddHistory(Acts.Assessment, by, why, now)
            .Publish(new AssessmentRecorded(episode.Ref, assessment.Id, kind, assessment.Organisation, now))
            .Advance(definition, now);
    }
}
