
namespace IntegratedCare.Metrics.Tests;

public sealed class PeriodTests
{
    [Theory]
    [InlineData("2026-07", "month", "2026-07-01", "2026-08-01")]
    [InlineData("2026-12", "month", "2026-12-01", "2027-01-01")]
    [InlineData("2026-Q3", "quarter", "2026-07-01", "2026-10-01")]
    [InlineData("2026/27", "financial-year", "2026-04-01", "2027-04-01")]
    [InlineData("1999/00", "financial-year", "1999-04-01", "2000-04-01")]
    public void A_period_is_read_and_written_as_it_was(string text, string grain, string first, string next)
    {
        var period = Period.Parse(text)!;
        period.Grain.ShouldBe(grain);
        $"{period.First:yyyy-MM-dd}".ShouldBe(first);
        $"{period.Next:yyyy-MM-dd}".ShouldBe(next);
        period.Label.ShouldBe(text);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("2026-13")]
    [InlineData("2026-00")]
    [InlineData("2026-Q5")]
    [InlineData("2026/28")]
    [InlineData("2026-7")]
    [InlineData("2026-+1")]
    [InlineData("0000-01")]
    public void What_is_not_a_period_is_refused(string? text) => Period.Parse(text).ShouldBeNull();
}
