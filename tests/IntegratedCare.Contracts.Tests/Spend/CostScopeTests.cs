using IntegratedCare.Contracts.Spend;
using IntegratedCare.Shared;

namespace IntegratedCare.Contracts.Tests.Spend;

public sealed class CostScopeTests
{
    private static readonly CostScope Whole = CostScope.TotalCost(CostScope.System, "SYS1");

    [Fact]
    public void What_cannot_be_measured_says_why()
    {
        Whole.Fault().ShouldBeNull();
        CostScope.NonElective(CostScope.Practice, "Y99001", 20_000m).Fault().ShouldBeNull();
        (Whole with { AreaKind = "ward" }).Fault().ShouldBe("The kind of area is one of practice, locality, place, system.");
        (Whole with { Area = " " }).Fault().ShouldBe("An area is needed.");
        (Whole with { AgeFrom = 65, AgeTo = 64 }).Fault()!.ShouldContain("Ages");
        (Whole with { AgeFrom = -1 }).Fault()!.ShouldContain("Ages");
        (Whole with { Kinds = [] }).Fault()!.ShouldContain("at least one");
        (Whole with { Kinds = ["death-recorded"] }).Fault()!.ShouldContain("inpatient-spell, emergency-attendance, social-care-service");
        (Whole with { AdmissionMethods = [] }).Fault()!.ShouldContain("not empty");
        (Whole with { Kinds = [CostKinds.EmergencyAttendance], AdmissionMethods = ["21"] }).Fault()!.ShouldContain("Only inpatient spells");
        (Whole with { TruncateAt = -0.01m }).Fault()!.ShouldContain("pounds and pence");
        (Whole with { TruncateAt = 1.001m }).Fault()!.ShouldContain("pounds and pence");
        (Whole with { TruncateAt = decimal.MaxValue }).Fault()!.ShouldContain("pounds and pence");
    }

    [Theory]
    [InlineData(null, null, 0, 18)]
    [InlineData(65, null, 13, 18)]
    [InlineData(0, 4, 0, 0)]
    [InlineData(90, null, 18, 18)]
    [InlineData(15, 89, 3, 17)]
    public void Ages_that_keep_to_the_bands_take_in_whole_bands(int? from, int? to, int first, int last) =>
        (Whole with { AgeFrom = from, AgeTo = to }).Bands().ShouldBe((first, last));

    [Theory]
    [InlineData(18, null)]
    [InlineData(null, 17)]
    [InlineData(95, null)]
    [InlineData(65, 94)]
    public void Ages_that_cut_through_a_band_take_in_none(int? from, int? to) =>
        (Whole with { AgeFrom = from, AgeTo = to }).Bands().ShouldBeNull();

    [Theory]
    [InlineData("0-4", 0)]
    [InlineData("5-9", 1)]
    [InlineData("85-89", 17)]
    [InlineData("90+", 18)]
    [InlineData("unknown", 19)]
    [InlineData("", 19)]
    public void A_band_is_known_by_its_first_age(string band, int number) => AgeBands.Of(band).ShouldBe(number);

    /// <summary>£70 a week is £10 a day; £100.01 a week for 3 days is 42.861..., the next 4 days make the week's 100.01.</summary>
    [Fact]
    public void A_weekly_amount_comes_due_by_the_day()
    {
        var began = new DateOnly(2026, 3, 30);
        CostTotals.Accrued(70_00, began, began, began.AddDays(1)).ShouldBe(10_00);
        CostTotals.Accrued(100_01, began, began, began.AddDays(3)).ShouldBe(42_86);
        CostTotals.Accrued(100_01, began, began.AddDays(3), began.AddDays(7)).ShouldBe(57_15);
        CostTotals.Accrued(CostTotals.None, began, began, began.AddDays(7)).ShouldBe(CostTotals.None);
    }

    [Fact]
    public void Whatever_a_service_is_cut_into_its_parts_add_up_to_the_penny()
    {
        var random = new Random(5);
        for (var i = 0; i < 10_000; i++)
        {
            var (began, weekly, days) = (new DateOnly(2020, 1, 1).AddDays(random.Next(3000)), (long)random.Next(2_000_00), random.Next(1, 800));
            var cut = random.Next(days);
            var whole = CostTotals.Accrued(weekly, began, began, began.AddDays(days));
            (CostTotals.Accrued(weekly, began, began, began.AddDays(cut))
                + CostTotals.Accrued(weekly, began, began.AddDays(cut), began.AddDays(days))).ShouldBe(whole);
            whole.ShouldBe((long)Math.Round(weekly * (decimal)days / 7, MidpointRounding.AwayFromZero));
        }
    }

    /// <summary>A sender may number its versions by the microsecond: their sum then passes what there is, and must not turn round.</summary>
    [Fact]
    public void The_sum_of_versions_never_turns_negative()
    {
        var sum = new CostSum(Whole);
        for (var i = 0; i < 3; i++)
            sum.Add(new CostEntry(0, 0, 0, -1, CostTotals.None, CostTotals.None, SharedJson.MaxExactInteger / 2 + 1));
        sum.Versions.ShouldBe(SharedJson.MaxExactInteger);
        sum.Records.ShouldBe(3);
    }
}
