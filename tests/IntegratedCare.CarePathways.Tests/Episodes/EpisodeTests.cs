using IntegratedCare.CarePathways.Domain;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.CarePathways.Tests.Domain;

public class EpisodeTests
{
    private static readonly PathwayDefinition Programme = PathwayCatalogue.BuiltIn().Single(d => d.Id == "high-risk-patient-programme");
    private static readonly Actor Gp = new("Y99001", "Ann Gray", "gp", "GMC 1234567");
    private static readonly DateTimeOffset Day1 = new(2026, 11, 2, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Stages_follow_when_their_work_is_done_and_history_says_who_and_when()
    {
        var episode = Proposed();
        episode.Stage.ShouldBe("proposed");

        episode.Accept(Programme, Gp, null, null, "Agreed at the register meeting.", Day1);
        episode.Stage.ShouldBe("assessment");
        Assess(episode, "functional", Day1);
        episode.Stage.ShouldBe("assessment");
        Assess(episode, "nursing", Day1);
        episode.Stage.ShouldBe("meeting");
        Meet(episode, "gp", "community-nurse");
        episode.Stage.ShouldBe("meeting");
        Meet(episode, "gp", "community-nurse", "pharmacist");
        episode.Stage.ShouldBe("planning");
        Plan(episode);
        episode.Stage.ShouldBe("planning");
        episode.NameKeyWorker(Programme, Gp, "Jo Bell", "community-nurse", "RZ3", "community-trust", null, Day1);
        episode.Stage.ShouldBe("review");
        episode.Review(Programme, Gp, new DateOnly(2026, 11, 2), "continue", null, new DateOnly(2027, 1, 10), Day1);
        episode.Close(Programme, Gp, "goals-met", null, Day1);

        episode.Status.ShouldBe(EpisodeStatus.Closed);
        episode.Document.History.Select(h => h.Act).ShouldBe(
            ["propose", "accept", "assessment", "assessment", "meeting", "meeting", "plan", "key-worker", "review", "close"]);
        var accepted = episode.Document.History[1];
        (accepted.FromStage, accepted.ToStage, accepted.By, accepted.Why).ShouldBe(("proposed", "assessment", Gp, "Agreed at the register meeting."));
        episode.ClockRows.ShouldAllBe(c => c.StoppedAt != null);
    }

    [Fact]
    public void An_act_that_the_stage_does_not_allow_is_refused()
    {
        var episode = Proposed();

        Refused(CarePathwaysProblems.NotInThisStage, () => Assess(episode, "nursing", Day1));
        episode.Accept(Programme, Gp, null, null, null, Day1);
        Refused(CarePathwaysProblems.NotInThisStage, () => Plan(episode));
        Refused(CarePathwaysProblems.NotInThisStage, () => episode.Accept(Programme, Gp, null, null, null, Day1));
        Refused(CarePathwaysProblems.NotInThisStage, () => episode.Decline(Programme, Gp, "Changed our minds.", Day1));
    }

    [Fact]
    public void An_ended_episode_takes_no_further_acts()
    {
        var episode = Proposed();
        episode.Decline(Programme, Gp, "In a care home under another programme.", Day1);

        episode.Status.ShouldBe(EpisodeStatus.Declined);
        Refused(CarePathwaysProblems.EpisodeEnded, () => episode.Accept(Programme, Gp, null, null, null, Day1));
        Refused(CarePathwaysProblems.EpisodeEnded, () => episode.Withdraw(Programme, Gp, "Late.", Day1));
    }

    [Fact]
    public void Only_the_definitions_kinds_and_outcomes_are_taken_and_died_never_from_a_person()
    {
        var episode = Accepted();

        Refused(CarePathwaysProblems.NotDefined, () => Assess(episode, "palmistry", Day1));
        Refused(CarePathwaysProblems.NotDefined, () => episode.Close(Programme, Gp, "died", null, Day1));
        Refused(CarePathwaysProblems.NotDefined, () => episode.Close(Programme, Gp, "vanished", null, Day1));
    }

    [Fact]
    public void Dates_that_cannot_be_are_refused()
    {
        var episode = Accepted();

        Refused(CarePathwaysProblems.DateNotPossible, () => Assess(episode, "nursing", Day1.AddDays(1), Day1));
        Refused(CarePathwaysProblems.DateNotPossible, () => Assess(episode, "nursing", Day1.AddDays(-92), Day1));
        Assess(episode, "nursing", Day1.AddDays(-91), Day1);
        Refused(CarePathwaysProblems.DateNotPossible, () => episode.RecordMeeting(Programme, Gp, new DateOnly(2026, 11, 1), [new Attendance("gp", null, null)], [], [], null, Day1));
    }

    [Fact]
    public void A_corrected_assessment_moves_the_clock_to_the_right_day()
    {
        var episode = Accepted();
        var wrong = Assess(episode, "nursing", Day1.AddDays(20), Day1.AddDays(20));
        FirstAssessment(episode).StoppedAt.ShouldBe(Day1.AddDays(20));

        episode.RecordAssessment(Programme, Gp, "nursing", new DateOnly(2026, 11, 9), "Seen at home.", new Assessor("Jo Bell", "nurse", null), wrong.Id, "Wrong day.", Day1.AddDays(21));

        FirstAssessment(episode).StoppedAt.ShouldBe(new DateTimeOffset(2026, 11, 9, 0, 0, 0, TimeSpan.Zero));
        Refused(CarePathwaysProblems.AssessmentUnknown,
            () => episode.RecordAssessment(Programme, Gp, "nursing", new DateOnly(2026, 11, 9), "Again.", new Assessor("Jo Bell", "nurse", null), wrong.Id, null, Day1.AddDays(21)));
    }

    [Fact]
    public void A_breach_is_recorded_once_and_anew_only_when_the_due_time_has_moved()
    {
        var episode = Accepted();
        var late = Day1.AddDays(16);

        episode.NoticeBreaches(Programme, late);
        episode.NoticeBreaches(Programme, late.AddDays(1));
        episode.Document.Breaches.Count.ShouldBe(1);

        // A stay of five nights becomes known: the clock was not late after all, and runs out later.
        episode.NoteAdmission(Programme, new Admission("RZ1", "a", 1, false, Day1.AddDays(2), Day1.AddDays(7), "RZ1"), late.AddDays(1)).ShouldBeTrue();
        FirstAssessment(episode).BreachedAt.ShouldBeNull();
        episode.NoticeBreaches(Programme, Day1.AddDays(25));
        episode.Document.Breaches.Count.ShouldBe(2);
    }

    [Fact]
    public void Only_the_highest_version_of_an_admission_counts_and_a_cancelled_one_does_not_come_back()
    {
        var episode = Accepted();
        var admission = new Admission("RZ1", "a", 3, true, Day1, null, "RZ1");

        episode.NoteAdmission(Programme, admission, Day1).ShouldBeTrue();
        episode.NoteAdmission(Programme, admission with { Version = 1, Cancelled = false }, Day1).ShouldBeFalse();
        episode.NoteAdmission(Programme, admission, Day1).ShouldBeFalse();
        FirstAssessment(episode).Paused.ShouldBeFalse();
    }

    [Fact]
    public void Death_closes_and_its_withdrawal_puts_back_what_it_closed()
    {
        var episode = Accepted();
        Assess(episode, "nursing", Day1);
        episode.NameKeyWorker(Programme, Gp, "Jo Bell", "community-nurse", "RZ3", "community-trust", null, Day1);
        var before = (episode.Status, episode.Stage, episode.HasKeyWorker, episode.DueAt, episode.Document.Baton);

        episode.CloseByDeath(Programme, new DateOnly(2026, 11, 5), Day1.AddDays(4));
        (episode.Status, episode.Stage, episode.HasKeyWorker, episode.DueAt).ShouldBe((EpisodeStatus.Closed, "closed", false, null));
        episode.Document.Ending!.Outcome.ShouldBe("died");
        episode.ClockRows.Where(c => c.Clock == "mdt").Single().StoppedAt.ShouldBe(new DateTimeOffset(2026, 11, 5, 0, 0, 0, TimeSpan.Zero));

        episode.ReopenAfterDeath(Programme, Day1.AddDays(6));
        (episode.Status, episode.Stage, episode.HasKeyWorker, episode.DueAt, episode.Document.Baton).ShouldBe(before);
    }

    [Fact]
    public void What_a_person_closed_stays_closed_when_a_death_is_withdrawn()
    {
        var episode = Accepted();
        episode.Close(Programme, Gp, "person-left", null, Day1);

        episode.CloseByDeath(Programme, new DateOnly(2026, 11, 5), Day1.AddDays(4));
        episode.ReopenAfterDeath(Programme, Day1.AddDays(5));

        episode.Document.Ending!.Outcome.ShouldBe("person-left");
    }

    [Fact]
    public void The_sender_holds_the_baton_until_the_receiver_accepts()
    {
        var episode = Accepted();

        Refused(CarePathwaysProblems.NoHandover, () => episode.AcceptBaton(Programme, Gp, null, Day1));
        episode.OfferBaton(Programme, Gp, "RZ3", "community-trust", "community-nurse", null, Day1);
        episode.Document.Baton.Organisation.ShouldBe("Y99001");
        episode.AcceptBaton(Programme, new Actor("RZ3", "Jo Bell", "nurse", null), null, Day1);
        episode.Document.Baton.ShouldBe(new Baton("RZ3", "community-nurse"));
        episode.Document.Offer.ShouldBeNull();
    }

    [Fact]
    public void Commissioners_and_unregistered_organisations_are_no_partners()
    {
        var episode = Proposed();

        Refused(CarePathwaysProblems.OrganisationNotEligible, () => episode.Accept(Programme, Gp, "99A", "commissioner", null, Day1));
        Refused(CarePathwaysProblems.OrganisationUnknown, () => episode.Accept(Programme, Gp, "RZ9", null, null, Day1));
        episode.Status.ShouldBe(EpisodeStatus.Proposed);
    }

    [Fact]
    public void The_agenda_names_who_is_new_due_breached_or_was_admitted()
    {
        var episode = Proposed();
        Agenda.Reasons(episode, Day1).ShouldBeEmpty();
        episode.Accept(Programme, Gp, null, null, null, Day1);
        Agenda.Reasons(episode, Day1).ShouldBe([AgendaReason.New]);
        Agenda.Reasons(episode, Day1.AddDays(1)).ShouldBe([AgendaReason.New, AgendaReason.Due]);
        Agenda.Reasons(episode, Day1.AddDays(15)).ShouldBe([AgendaReason.New, AgendaReason.Breached]);

        Assess(episode, "nursing", Day1);
        Meet(episode, "gp", "community-nurse", "pharmacist");
        Agenda.Reasons(episode, Day1.AddDays(15)).ShouldBeEmpty();

        episode.NoteAdmission(Programme, new Admission("RZ1", "before", 1, false, Day1.AddDays(-1), null, "RZ1"), Day1.AddDays(3));
        episode.NoteAdmission(Programme, new Admission("RZ1", "after", 1, false, Day1.AddDays(2), null, "RZ1"), Day1.AddDays(3));
        Agenda.Reasons(episode, Day1.AddDays(3)).ShouldBe([AgendaReason.Admitted]);
        Agenda.AdmittedSince(episode).Select(a => a.RecordId).ShouldBe(["after"]);
    }

    [Theory]
    [InlineData("gp,community-nurse,pharmacist", 0)]
    [InlineData("gp,gp,gp", 2)]
    [InlineData("community-nurse,social-worker", 1)]
    [InlineData("receptionist", 3)]
    public void A_quorum_needs_every_discipline(string roles, int missing)
    {
        Quorum.Missing(Programme.Quorum, roles.Split(',')).Count.ShouldBe(missing);
    }

    private static Episode Proposed() =>
        Episode.Propose(Programme, Guid.CreateVersion7(), "Y99001", "NORTH", "On the register.", "top-0.5", Actor.Event("test"), Day1);

    private static Episode Accepted()
    {
        var episode = Proposed();
        episode.Accept(Programme, Gp, null, null, null, Day1);
        return episode;
    }

    private static ClockRow FirstAssessment(Episode episode) => episode.ClockRows.Single(c => c.Clock == "first-assessment");

    private static Assessment Assess(Episode episode, string kind, DateTimeOffset on, DateTimeOffset? now = null) =>
        episode.RecordAssessment(Programme, Gp, kind, DateOnly.FromDateTime(on.UtcDateTime), "Lives alone.", new Assessor("Jo Bell", "nurse", null), null, null, now ?? on);

    private static void Meet(Episode episode, params string[] roles) =>
        episode.RecordMeeting(Programme, Gp, new DateOnly(2026, 11, 2), [.. roles.Select(r => new Attendance(r, null, null))], ["Care plan to be made."], [], null, Day1);

    private static void Plan(Episode episode) =>
        episode.RecordPlan(Programme, Gp, new DateOnly(2026, 11, 2), ["To walk to the shop again."], [], [new AnticipatoryStep("Breathless at night", "Call the team first")], [],
            new DateOnly(2026, 12, 2), null, Day1);

    private static void Refused(ProblemType problem, Action act) => Should.Throw<RuleViolation>(act).Type.ShouldBe(problem);
}
