using CsCheck;
using IntegratedCare.CarePathways.Clocks;
using IntegratedCare.CarePathways.Definitions;
using IntegratedCare.Shared;

namespace IntegratedCare.CarePathways.Tests.Clocks;

public class ClockCalculationTests
{
    private static readonly PathwayDefinition Programme = PathwayCatalogue.BuiltIn().Single(d => d.Id == "high-risk-patient-programme");

    [Fact]
    public void A_limit_in_days_runs_out_with_the_end_of_the_last_day()
    {
        var run = Compute("first-assessment", At("2026-11-02T10:00Z"), [Accepted("2026-11-02T09:30Z")]);

        run.DueAt.ShouldBe(At("2026-11-17T00:00Z"));
        run.IsLate(At("2026-11-16T23:59Z")).ShouldBeFalse();
        run.IsLate(At("2026-11-17T00:00Z")).ShouldBeTrue();
    }

    [Theory]
    // Clocks go forward on 29 March 2026 and back on 25 October 2026: the day ends an hour earlier or later in UTC.
    [InlineData("2026-03-20T12:00Z", "2026-04-03T23:00Z")]
    [InlineData("2026-10-20T12:00Z", "2026-11-04T00:00Z")]
    // Half past midnight in London is still the day before in UTC: the day that counts is London's.
    [InlineData("2026-06-30T23:30Z", "2026-07-15T23:00Z")]
    public void Days_are_those_of_London_across_daylight_saving(string accepted, string due)
    {
        Compute("first-assessment", At(accepted).AddHours(1), [Accepted(accepted)]).DueAt.ShouldBe(At(due));
    }

    [Theory]
    [InlineData("2026-03-29T00:30Z", "2026-03-29T02:30Z")]
    [InlineData("2026-10-25T00:30Z", "2026-10-25T02:30Z")]
    public void A_limit_in_hours_is_elapsed_time_whatever_the_wall_clock_does(string accepted, string due)
    {
        var quick = Programme with { Clocks = [Programme.Clocks[0] with { Limit = "PT2H" }] };

        ClockCalculation.Compute(quick, [Accepted(accepted)], [], null, At(accepted)).Single().DueAt.ShouldBe(At(due));
    }

    [Fact]
    public void An_assessment_recorded_late_stops_the_clock_on_the_day_it_was_made()
    {
        // Made on day 10, recorded on day 20.
        var assessed = Done(Acts.Assessment, "nursing", "2026-11-12", "2026-11-22T15:00Z");

        var run = Compute("first-assessment", At("2026-11-22T15:00Z"), [assessed, Accepted("2026-11-02T09:30Z")]);

        run.StoppedAt.ShouldBe(At("2026-11-12T00:00Z"));
        run.IsLate(At("2026-11-22T15:00Z")).ShouldBeFalse();
    }

    [Fact]
    public void An_assessment_made_too_late_stops_the_clock_late()
    {
        var run = Compute("first-assessment", At("2026-11-22T15:00Z"),
            [Accepted("2026-11-02T09:30Z"), Done(Acts.Assessment, "nursing", "2026-11-17", "2026-11-17T08:00Z")]);

        run.IsLate(At("2026-11-22T15:00Z")).ShouldBeTrue();
    }

    [Fact]
    public void Another_kind_of_assessment_does_not_stop_the_clock()
    {
        Compute("first-assessment", At("2026-11-12T15:00Z"),
            [Accepted("2026-11-02T09:30Z"), Done(Acts.Assessment, "functional", "2026-11-03", "2026-11-03T08:00Z")])
            .StoppedAt.ShouldBeNull();
    }

    [Fact]
    public void An_assessment_that_was_there_before_stops_the_clock_at_once()
    {
        var run = Compute("first-assessment", At("2026-11-03T15:00Z"),
            [Accepted("2026-11-02T09:30Z"), Done(Acts.Assessment, "nursing", "2026-10-20", "2026-11-03T08:00Z")]);

        run.StoppedAt.ShouldBe(run.StartedAt);
    }

    [Fact]
    public void An_assessment_on_the_day_of_acceptance_stops_the_clock_though_only_its_day_is_known()
    {
        var run = Compute("first-assessment", At("2026-11-05T15:00Z"),
            [Accepted("2026-11-02T09:30Z"), Done(Acts.Assessment, "nursing", "2026-11-02", "2026-11-05T08:00Z")]);

        run.StoppedAt.ShouldBe(At("2026-11-02T09:30Z"));
    }

    [Fact]
    public void Nights_in_hospital_do_not_count_and_overlapping_stays_count_once()
    {
        Stay[] stays = [new(At("2026-11-04T20:00Z"), At("2026-11-07T11:00Z")), new(At("2026-11-06T02:00Z"), At("2026-11-08T09:00Z"))];

        // Four nights: 4 to 8 November.
        Compute("first-assessment", At("2026-11-09T12:00Z"), [Accepted("2026-11-02T09:30Z")], stays).DueAt.ShouldBe(At("2026-11-21T00:00Z"));
    }

    [Fact]
    public void A_clock_is_paused_while_the_stay_lasts_and_has_no_due_time()
    {
        var run = Compute("first-assessment", At("2026-11-09T12:00Z"), [Accepted("2026-11-02T09:30Z")], [new Stay(At("2026-11-04T20:00Z"), null)]);

        run.Paused.ShouldBeTrue();
        run.DueAt.ShouldBeNull();
    }

    [Fact]
    public void A_stay_before_the_clock_started_does_not_move_it()
    {
        Compute("first-assessment", At("2026-11-09T12:00Z"), [Accepted("2026-11-02T09:30Z")], [new Stay(At("2026-10-20T20:00Z"), At("2026-10-30T20:00Z"))])
            .DueAt.ShouldBe(At("2026-11-17T00:00Z"));
    }

    [Fact]
    public void The_review_clock_starts_anew_with_each_review_and_an_agreed_date_brings_it_forward()
    {
        DatedAct[] acts =
        [
            Done(Acts.Plan, null, "2026-01-05", "2026-01-05T10:00Z") with { AgreedDue = new DateOnly(2026, 2, 5) },
            Done(Acts.Review, null, "2026-02-04", "2026-02-04T10:00Z"),
            Done(Acts.Review, null, "2026-05-20", "2026-05-20T10:00Z") with { AgreedDue = new DateOnly(2027, 1, 1) },
        ];

        var runs = ClockCalculation.Compute(Programme, acts, [], null, At("2026-06-01T10:00Z")).Where(r => r.Clock == "review").ToList();

        runs.Select(r => r.Number).ShouldBe([1, 2, 3]);
        runs[0].DueAt.ShouldBe(At("2026-02-06T00:00Z"));
        runs[0].IsLate(At("2026-06-01T10:00Z")).ShouldBeFalse();
        runs[1].DueAt.ShouldBe(LondonTime.StartOf(new DateOnly(2026, 2, 4).AddDays(92)));
        runs[1].IsLate(At("2026-06-01T10:00Z")).ShouldBeTrue();
        // A later date agreed does not stretch the interval of 91 days.
        runs[2].DueAt.ShouldBe(LondonTime.StartOf(new DateOnly(2026, 5, 20).AddDays(92)));
        runs[2].StoppedAt.ShouldBeNull();
    }

    [Fact]
    public void The_end_of_the_episode_stops_every_clock()
    {
        var ended = At("2026-11-05T10:00Z");

        ClockCalculation.Compute(Programme, [Accepted("2026-11-02T09:30Z")], [], ended, At("2026-12-25T10:00Z"))
            .ShouldAllBe(r => r.StoppedAt == ended && !r.IsLate(At("2026-12-25T10:00Z")));
    }

    [Fact]
    public void The_order_in_which_acts_are_given_makes_no_difference()
    {
        DatedAct[] acts =
        [
            Accepted("2026-11-02T09:30Z"),
            Done(Acts.Assessment, "nursing", "2026-11-04", "2026-11-20T09:30Z"),
            Done(Acts.Meeting, null, "2026-11-10", "2026-11-10T09:30Z"),
            Done(Acts.Plan, null, "2026-11-11", "2026-11-12T09:30Z"),
            Done(Acts.Review, null, "2026-11-19", "2026-11-21T09:30Z"),
        ];
        var now = At("2026-11-25T10:00Z");
        var expected = ClockCalculation.Compute(Programme, acts, [], null, now);

        Gen.Shuffle(acts).Sample(shuffled => ClockCalculation.Compute(Programme, shuffled, [], null, now).ShouldBe(expected), iter: 100);
    }

    private static ClockRun Compute(string clock, DateTimeOffset now, DatedAct[] acts, Stay[]? stays = null) =>
        ClockCalculation.Compute(Programme, acts, stays ?? [], null, now).Single(r => r.Clock == clock);

    private static DatedAct Accepted(string at) => new(Acts.Accept, null, LondonTime.DateOf(At(at)), At(at), At(at));

    private static DatedAct Done(string act, string? kind, string day, string recorded) =>
        DatedAct.Done(act, kind, DateOnly.ParseExact(day, "yyyy-MM-dd"), At(recorded));

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text);
}
