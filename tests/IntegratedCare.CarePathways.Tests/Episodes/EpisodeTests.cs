using IntegratedCare.CarePathways.Assessments;
using IntegratedCare.CarePathways.CarePlans;
using IntegratedCare.CarePathways.Clocks;
using IntegratedCare.CarePathways.Definitions;
using IntegratedCare.CarePathways.Episodes;
using IntegratedCare.CarePathways.Meetings;
using static IntegratedCare.CarePathways.Tests.EpisodeSteps;

namespace IntegratedCare.CarePathways.Tests.Episodes;

public class EpisodeTests
{
    private static readonly Assessor Jo = new("Jo Bell", "nurse", null);

    [Fact]
    public void Stages_follow_when_their_work_is_done_and_history_says_who_and_when()
    {
        var episode = Proposed();
        episode.Stage.ShouldBe("proposed");

        episode = episode.Accept(Programme, Gp, null, null, "Agreed at the register meeting.", Day1);
        episode.Stage.ShouldBe("assessment");
        episode = Assess(episode, "functional", Day1);
        episode.Stage.ShouldBe("assessment");
        episode = Assess(episode, "nursing", Day1);
        episode.Stage.ShouldBe("meeting");
        episode = Meet(episode, "gp", "community-nurse");
        episode.Stage.ShouldBe("meeting");
        episode = Meet(episode, "gp", "community-nurse", "pharmacist");
        episode.Stage.ShouldBe("planning");
        episode = Plan(episode);
        episode.Stage.ShouldBe("planning");
        episode = episode.NameKeyWorker(Programme, Gp, "Jo Bell", "community-nurse", "RZ3", "community-trust", null, Day1);
        episode.Stage.ShouldBe("review");
        episode = episode.ReviewPlan(Programme, Gp, new DateOnly(2026, 11, 2), "continue", null, new DateOnly(2027, 1, 10), Day1);
        // A clock may wait only for these: each is found once it is done.
        DatedAct.Of(episode).Select(a => a.Act).Distinct().ShouldBe(Acts.Dated, ignoreOrder: true);
        episode = episode.Close(Programme, Gp, "goals-met", null, Day1);

        episode.Status.ShouldBe(EpisodeStatus.Closed);
        episode.History.Select(h => h.Act).ShouldBe(
            ["propose", "accept", "assessment", "assessment", "meeting", "meeting", "plan", "key-worker", "review", "close"]);
        var accepted = episode.History[1];
        (accepted.FromStage, accepted.ToStage, accepted.By, accepted.Why).ShouldBe(("proposed", "assessment", Gp, "Agreed at the register meeting."));
        episode.Clocks!.ShouldAllBe(c => c.StoppedAt != null);
    }

    [Fact]
    public void An_act_that_the_stage_does_not_allow_is_refused()
    {
        var episode = Proposed();

        Refused(CarePathwaysProblems.NotInThisStage, () => Assess(episode, "nursing", Day1));
        episode = episode.Accept(Programme, Gp, null, null, null, Day1);
        Refused(CarePathwaysProblems.NotInThisStage, () => Plan(episode));
        Refused(CarePathwaysProblems.NotInThisStage, () => episode.Accept(Programme, Gp, null, null, null, Day1));
        Refused(CarePathwaysProblems.NotInThisStage, () => episode.Decline(Programme, Gp, "Changed our minds.", Day1));
    }

    [Fact]
    public void An_ended_episode_takes_no_further_acts()
    {
        var episode = Proposed();
        episode = episode.Decline(Programme, Gp, "In a care home under another programme.", Day1);

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
        episode = Assess(episode, "nursing", Day1.AddDays(-91), Day1);
        Refused(CarePathwaysProblems.DateNotPossible,
            () => episode.RecordMeeting(Programme, Gp, new DateOnly(2026, 11, 1), [new Attendance("gp", null, null)], [], [], null, Day1));
    }

    [Fact]
    public void A_corrected_assessment_moves_the_clock_to_the_right_day()
    {
        var episode = Accepted();
        episode = Assess(episode, "nursing", Day1.AddDays(20), Day1.AddDays(20));
        var wrong = episode.Assessments[^1];
        FirstAssessment(episode).StoppedAt.ShouldBe(Day1.AddDays(20));

        var day = new DateOnly(2026, 11, 9);
        episode = episode.RecordAssessment(Programme, Gp, "nursing", day, "Seen at home.", Jo, wrong.Id, "Wrong day.", Day1.AddDays(21));

        FirstAssessment(episode).StoppedAt.ShouldBe(new DateTimeOffset(2026, 11, 9, 0, 0, 0, TimeSpan.Zero));
        Refused(CarePathwaysProblems.AssessmentUnknown,
            () => episode.RecordAssessment(Programme, Gp, "nursing", day, "Again.", Jo, wrong.Id, null, Day1.AddDays(21)));
    }

    [Fact]
    public void A_breach_is_recorded_once_and_anew_only_when_the_due_time_has_moved()
    {
        var episode = Accepted();
        var late = Day1.AddDays(16);

        episode = episode.RecordBreaches(Programme, late);
        episode = episode.RecordBreaches(Programme, late.AddDays(1));
        episode.Breaches.Count.ShouldBe(1);

        // A stay of five nights becomes known: the clock was not late after all, and runs out later.
        episode = episode.RecordAdmission(Programme, new Admission("RZ1", "a", 1, false, Day1.AddDays(2), Day1.AddDays(7), "RZ1"), late.AddDays(1));
        FirstAssessment(episode).BreachedAt.ShouldBeNull();
        episode = episode.RecordBreaches(Programme, Day1.AddDays(25));
        episode.Breaches.Count.ShouldBe(2);
    }

    [Fact]
    public void Only_the_highest_version_of_an_admission_counts_and_a_cancelled_one_does_not_come_back()
    {
        var episode = Accepted();
        var admission = new Admission("RZ1", "a", 3, true, Day1, null, "RZ1");

        episode = episode.RecordAdmission(Programme, admission, Day1);
        episode.Admissions.ShouldBe([admission]);
        episode.RecordAdmission(Programme, admission with { Version = 1, Cancelled = false }, Day1).ShouldBeSameAs(episode);
        episode.RecordAdmission(Programme, admission, Day1).ShouldBeSameAs(episode);
        FirstAssessment(episode).Paused.ShouldBeFalse();
    }

    [Fact]
    public void Death_closes_and_its_withdrawal_puts_back_what_it_closed()
    {
        var episode = Accepted();
        episode = Assess(episode, "nursing", Day1);
        episode = episode.NameKeyWorker(Programme, Gp, "Jo Bell", "community-nurse", "RZ3", "community-trust", null, Day1);
        var before = (episode.Status, episode.Stage, episode.HasKeyWorker, episode.DueAt, episode.Baton);

        episode = episode.CloseByDeath(Programme, new DateOnly(2026, 11, 5), Day1.AddDays(4));
        (episode.Status, episode.Stage, episode.HasKeyWorker, episode.DueAt).ShouldBe((EpisodeStatus.Closed, "closed", false, null));
        episode.Ending!.Outcome.ShouldBe("died");
        episode.Clocks!.Where(c => c.Clock == "mdt").Single().StoppedAt.ShouldBe(new DateTimeOffset(2026, 11, 5, 0, 0, 0, TimeSpan.Zero));

        episode = episode.ReopenAfterDeath(Programme, Day1.AddDays(6));
        (episode.Status, episode.Stage, episode.HasKeyWorker, episode.DueAt, episode.Baton).ShouldBe(before);
    }

    [Fact]
    public void What_a_person_closed_stays_closed_when_a_death_is_withdrawn()
    {
        var episode = Accepted();
        episode = episode.Close(Programme, Gp, "person-left", null, Day1);

        episode = episode.CloseByDeath(Programme, new DateOnly(2026, 11, 5), Day1.AddDays(4));
        episode = episode.ReopenAfterDeath(Programme, Day1.AddDays(5));

        episode.Ending!.Outcome.ShouldBe("person-left");
    }

    [Fact]
    public void The_sender_holds_the_baton_until_the_receiver_accepts()
    {
        var episode = Accepted();

        Refused(CarePathwaysProblems.NoHandover, () => episode.AcceptBaton(Programme, Gp, null, Day1));
        episode = episode.OfferBaton(Programme, Gp, "RZ3", "community-trust", "community-nurse", null, Day1);
        episode.Baton.Organisation.ShouldBe("Y99001");
        episode = episode.AcceptBaton(Programme, new Actor("RZ3", "Jo Bell", "nurse", null), null, Day1);
        episode.Baton.ShouldBe(new Baton("RZ3", "community-nurse"));
        episode.Offer.ShouldBeNull();
    }

    [Fact]
    public void Commissioners_and_unregistered_organisations_are_no_partners()
    {
        var episode = Proposed();

        Refused(CarePathwaysProblems.OrganisationNotEligible, () => episode.Accept(Programme, Gp, "99A", "commissioner", null, Day1));
        Refused(CarePathwaysProblems.OrganisationUnknown, () => episode.Accept(Programme, Gp, "RZ9", null, null, Day1));
        episode.Status.ShouldBe(EpisodeStatus.Proposed);
    }

    private static ClockRun FirstAssessment(Episode episode) => episode.Clocks!.Single(c => c.Clock == "first-assessment");
}
