
namespace IntegratedCare.Commissioning.Tests;

public class FinancialYearTests
{
    [Theory]
    [InlineData("2026", "2025/26"), InlineData("2026-03", "2025/26")]
    [InlineData("2026-04", "2026/27")]
    [InlineData("2027-Q1", "2026/27")]
    [InlineData("2026-Q2", "2026/27")]
    [InlineData("2099-Q4", "2099/00")]
    [InlineData("2026/27", "2026/27")]
    public void A_period_belongs_to_the_financial_year_in_which_it_begins(string period, string year) => FinancialYear.OfPeriod(period).ShouldBe(year);

    [Theory]
    [InlineData("2026/28"), InlineData("2026-27"), InlineData("2026/2"), InlineData("year/27"), InlineData(""), InlineData(null)]
    public void Other_texts_are_no_financial_year(string? text) => FinancialYear.IsValid(text).ShouldBeFalse();
}
