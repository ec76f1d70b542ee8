using IntegratedCare.CarePathways.Assessments;
using IntegratedCare.CarePathways.CarePlans;
using IntegratedCare.CarePathways.Definitions;
using IntegratedCare.CarePathways.Episodes;
using IntegratedCare.CarePathways.Meetings;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.CarePathways.Tests;

/// <summary>Episodes on their way through the programme, without a server.</summary>
internal static class EpisodeSteps
{
    public static readonly PathwayDefinition Programme = PathwayCatalogue.BuiltIn().Single(d => d.Id == "high-risk-patient-programme");
    public static readonly Actor Gp = new("Y99001", "Ann Gray", "gp", "GMC 1234567");
    public static readonly DateTimeOffset Day1 = new(2026, 11, 2, 10, 0, 0, TimeSpan.Zero);

    public static Episode Proposed() =>
        Episode.Propose(Programme, Guid.CreateVersion7(), "Y99001", "NORTH", "On the register.", "top-0.5", Actor.Event("test"), Day1);

    public static Episode Accepted() => Proposed().Accept(Programme, Gp, null, null, null, Day1);

    public static Episode Assess(Episode episode, string kind, DateTimeOffset on, DateTimeOffset? now = null) => episode.RecordAssessment(
        Programme, Gp, kind, DateOnly.FromDateTime(on.UtcDateTime), "Lives alone.", new Assessor("Jo Bell", "nurse", null), null, null, now ?? on);

    public static Episode Meet(Episode episode, params string[] roles) => episode.RecordMeeting(
        Programme, Gp, new DateOnly(2026, 11, 2), [.. roles.Select(r => new Attendance(r, null, null))], ["Care plan to be made."], [], null, Day1);

    public static Episode Plan(Episode episode) => episode.RecordPlan(
        Programme, Gp, new DateOnly(2026, 11, 2), ["To walk to the shop again."], [], [new AnticipatoryStep("Breathless at night", "Call the team first")], [],
        new DateOnly(2026, 12, 2), null, Day1);

    public static void Refused(ProblemType problem, Action act) => Should.Throw<RuleViolation>(act).Type.ShouldBe(problem);
}
