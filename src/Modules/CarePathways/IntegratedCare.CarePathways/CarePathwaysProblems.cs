using IntegratedCare.Shared.Http;

namespace IntegratedCare.CarePathways;

/// <summary>The problems this module's rules raise.</summary>
internal static class CarePathwaysProblems
{
    public static readonly ProblemType NotInThisStage = new("not-in-this-stage", 409, "Not possible in this stage",
        "The pathway's definition lists the acts that each stage allows. The detail names the stage and what it allows.");
    public static readonly ProblemType EpisodeEnded = new("episode-ended", 409, "The episode has ended",
        "A declined, withdrawn or closed episode takes no further acts.");
    public static readonly ProblemType KeyWorkerElsewhere = new("key-worker-elsewhere", 409, "The person has a key worker already",
        "A person has at most one key worker at a time. Another open episode of this person names one: end it there first.");
    public static readonly ProblemType EpisodeAlreadyOpen = new("episode-already-open", 409, "The person is on this pathway already",
        "A person has at most one proposed or active episode on a pathway.");
    public static readonly ProblemType NoPlan = new("no-care-plan", 409, "There is no care plan to review",
        "Record the plan first.");
    public static readonly ProblemType NotDefined = new("not-in-the-definition", 409, "The pathway does not define this",
        "Assessment kinds, review outcomes and closing outcomes are those of the version of the pathway that the episode runs on.");
    public static readonly ProblemType DateNotPossible = new("date-not-possible", 409, "This date is not possible",
        "What is recorded has happened: not after today, and not before what it follows. Dates agreed for later lie in the future.");
    public static readonly ProblemType OrganisationUnknown = new("organisation-unknown", 409, "The organisation is not registered",
        "Only organisations on the register can hold the baton or join a team.");
    public static readonly ProblemType OrganisationNotEligible = new("organisation-not-eligible", 409, "Not a partner of this pathway",
        "The pathway's definition lists the kinds of organisation that may be partners. Commissioners never are.");
    public static readonly ProblemType NoHandover = new("no-handover-offered", 409, "No handover is waiting",
        "The holder has to offer the baton before another organisation can accept it.");
    public static readonly ProblemType AssessmentUnknown = new("assessment-unknown", 409, "There is no such assessment to correct",
        "The assessment named in corrects is not one of this episode, or has been corrected already.");

    public static readonly IReadOnlyList<ProblemType> All =
    [
        NotInThisStage, EpisodeEnded, KeyWorkerElsewhere, EpisodeAlreadyOpen, NoPlan, NotDefined, DateNotPossible,
        OrganisationUnknown, OrganisationNotEligible, NoHandover, AssessmentUnknown,
    ];
}
