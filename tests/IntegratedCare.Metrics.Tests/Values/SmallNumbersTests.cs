using IntegratedCare.Metrics.Definitions;
using IntegratedCare.Metrics.Values;

namespace IntegratedCare.Metrics.Tests.Values;

public sealed class SmallNumbersTests
{
    private static readonly MetricDefinition Acs = MetricDefinitions.Get("acs_admissions");
    private static readonly MetricDefinition BedDays = MetricDefinitions.Get("total_bed_days");
    private static readonly MetricDefinition Plans = MetricDefinitions.Get("anticipatory_plans");

    [Fact]
    public void Counts_of_1_to_7_are_small_and_0_and_8_are_not()
    {
        for (var count = 0; count <= 20; count++)
            SmallNumbers.IsSmall(Acs, count, 1000, count).ShouldBe(count is >= 1 and <= 7, $"{count}");
        SmallNumbers.IsSmall(Plans, 0, 5, 0).ShouldBeTrue("a denominator is a count too");
        SmallNumbers.IsSmall(BedDays, 30, 1000, 1).ShouldBeTrue("thirty days of one person are about one person");
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(8, 10)]
    [InlineData(12, 10)]
    [InlineData(13, 15)]
    [InlineData(17, 15)]
    [InlineData(18, 20)]
    public void Other_counts_are_rounded_to_the_nearest_5(double count, double shown) =>
        SmallNumbers.Rounded(Acs, count, 1000, count).Numerator.ShouldBe(shown);

    [Fact]
    public void Rates_and_limits_come_from_the_rounded_counts()
    {
        var shown = SmallNumbers.Rounded(Acs, 23, 1002, 23);
        shown.ShouldBe(Numbers.Of(Acs, 25, 1000, 25));
        SmallNumbers.Rounded(BedDays, 101, 1002, 1013).ShouldBe(SmallNumbers.Rounded(BedDays, 99, 1001, 987), "nothing of the true spread shows");
        SmallNumbers.Rounded(Plans, 14, 14, 14).Value.ShouldBe(100);
    }

    [Fact]
    public void Where_one_sibling_is_small_the_next_smallest_is_hidden_with_it()
    {
        SmallNumbers.Hidden(Acs, true, [("A", 3, 1000, 3), ("B", 40, 1000, 40), ("C", 12, 1000, 12)]).ShouldBe(["A", "C"], ignoreOrder: true);
        SmallNumbers.Hidden(Acs, true, [("A", 3, 1000, 3), ("B", 4, 1000, 4), ("C", 12, 1000, 12)]).ShouldBe(["A", "B"], ignoreOrder: true);
        SmallNumbers.Hidden(Acs, true, [("A", 30, 1000, 30), ("B", 40, 1000, 40)]).ShouldBeEmpty();
        SmallNumbers.Hidden(Acs, true, [("A", 3, 1000, 3)]).ShouldBe(["A"]);
        SmallNumbers.Hidden(Acs, false, [("A", 3, 1000, 3), ("B", 40, 1000, 40)]).ShouldBe(["A"]);
    }
}
