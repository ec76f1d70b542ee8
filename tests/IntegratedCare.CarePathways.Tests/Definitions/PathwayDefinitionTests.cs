using IntegratedCare.CarePathways.Definitions;

namespace IntegratedCare.CarePathways.Tests.Definitions;

public class PathwayDefinitionTests
{
    private static readonly PathwayDefinition Programme = PathwayCatalogue.BuiltIn().Single(d => d.Id == "high-risk-patient-programme");

    [Fact]
    public void Built_in_definitions_have_no_faults()
    {
        PathwayCatalogue.BuiltIn().ShouldNotBeEmpty();
        PathwayCatalogue.BuiltIn().SelectMany(d => d.Check()).ShouldBeEmpty();
    }

    [Fact]
    public void A_stage_that_no_move_leads_to_is_a_fault()
    {
        var broken = Programme with { Stages = [.. Programme.Stages, new Stage("lost", "Lost", "gp", false, [], [], null, ["closed"])] };

        broken.Check().ShouldBe(["Stage lost cannot be reached."]);
    }

    [Fact]
    public void A_clock_without_start_or_stop_is_a_fault()
    {
        var broken = Programme with { Clocks = [Programme.Clocks[0] with { Start = [] }, Programme.Clocks[1] with { Stop = [] }] };

        broken.Check().ShouldBe(["Clock first-assessment has no start.", "Clock mdt has no stop."]);
    }

    [Fact]
    public void A_clock_that_waits_for_an_act_without_a_date_is_a_fault()
    {
        var broken = Programme with { Clocks = [Programme.Clocks[0] with { Stop = [new Work(Acts.KeyWorker)] }] };

        broken.Check().ShouldBe(["Clock first-assessment waits for key-worker, which starts and stops no clock."]);
    }

    [Fact]
    public void A_pathway_nobody_can_leave_is_a_fault()
    {
        var broken = Programme with
        {
            Stages =
            [
                .. Programme.Stages.Where(s => !s.Exit)
                    .Select(s => s with { Moves = [.. s.Moves.Where(m => m is "assessment" or "meeting" or "planning" or "review")] }),
            ],
        };

        broken.Check().ShouldBe(["There is no exit."]);
    }

    [Fact]
    public void A_stage_from_which_no_exit_can_be_reached_is_a_fault()
    {
        var broken = Programme with { Stages = [.. Programme.Stages.Select(s => s.Id == "review" ? s with { Moves = [] } : s)] };

        broken.Check().ShouldBe(["No exit can be reached from stage review."]);
    }

    [Theory]
    [InlineData("P14D", true)]
    [InlineData("PT2H", true)]
    [InlineData("P1M", false)]
    [InlineData("14", false)]
    [InlineData("P0D", false)]
    [InlineData("-P1D", false)]
    public void A_limit_is_whole_days_or_elapsed_time(string limit, bool valid)
    {
        var definition = Programme with { Clocks = [Programme.Clocks[0] with { Limit = limit }] };

        (definition.Check().Count == 0).ShouldBe(valid);
    }

    [Fact]
    public void Work_and_acts_that_do_not_exist_are_faults()
    {
        var broken = Programme with
        {
            Stages =
            [
                .. Programme.Stages.Select(s => s.Id == "assessment"
                    ? s with { Work = [new Work(Acts.Assessment, "palmistry")], Allows = [.. s.Allows, "dance"] } : s),
            ],
        };

        broken.Check().ShouldBe(
            ["Stage assessment names the act dance, which does not exist.", "Stage assessment: assessment of kind palmistry is not defined."]);
    }

    [Fact]
    public void A_faulty_definition_is_not_loaded()
    {
        Should.Throw<InvalidOperationException>(() => new PathwayCatalogue([Programme with { Start = "nowhere" }])).Message.ShouldContain("nowhere");
    }

    [Fact]
    public void A_later_version_is_offered_to_new_episodes_and_the_earlier_one_kept()
    {
        var catalogue = new PathwayCatalogue([Programme, Programme with { Version = 2, Title = "Changed" }]);

        catalogue.Latest.Single().Version.ShouldBe(2);
        catalogue.Find(Programme.Id, 1)!.Title.ShouldBe(Programme.Title);
        catalogue.Find(Programme.Id, 3).ShouldBeNull();
    }
}
