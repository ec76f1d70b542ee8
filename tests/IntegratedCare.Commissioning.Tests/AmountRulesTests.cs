namespace IntegratedCare.Commissioning.Tests;

public sealed class AmountRulesTests
{
    [Theory]
    [InlineData("2026/27"), InlineData("2099/00"), InlineData("1990/91"), InlineData("2149/50")]
    public void Financial_years_run_from_1990_to_2149(string text) => AmountRules.IsFinancialYear(text).ShouldBeTrue();

    [Theory]
    [InlineData("2026/28"), InlineData("2026-27"), InlineData("2026/2"), InlineData("year/27"), InlineData(""), InlineData(null)]
    [InlineData("2026"), InlineData("2026-11"), InlineData("2026-Q3"), InlineData("1989/90"), InlineData("2150/51")]
    public void Other_texts_are_no_financial_year(string? text) => AmountRules.IsFinancialYear(text).ShouldBeFalse();
}
