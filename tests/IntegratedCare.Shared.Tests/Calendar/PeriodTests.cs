namespace IntegratedCare.Shared.Tests.Calendar;

public sealed class PeriodTests
{
    private static readonly string[] Grains = [Period.MonthGrain, Period.QuarterGrain, Period.FinancialYearGrain, Period.CalendarYearGrain];

    /// <summary>Every day from 1901 to 2199: each of its periods has a label that can be read.</summary>
    private static IEnumerable<DateOnly> Days()
    {
        for (var day = new DateOnly(1901, 1, 1); day.Year < 2200; day = day.AddDays(1))
            yield return day;
    }

    [Theory]
    [InlineData("2026-07", "month", "2026-07-01", "2026-08-01")]
    [InlineData("2026-12", "month", "2026-12-01", "2027-01-01")]
    [InlineData("2026-Q3", "quarter", "2026-07-01", "2026-10-01")]
    [InlineData("2026/27", "financial-year", "2026-04-01", "2027-04-01")]
    [InlineData("1999/00", "financial-year", "1999-04-01", "2000-04-01")]
    [InlineData("2026", "calendar-year", "2026-01-01", "2027-01-01")]
    [InlineData("1900", "calendar-year", "1900-01-01", "1901-01-01")]
    [InlineData("2200-12", "month", "2200-12-01", "2201-01-01")]
    public void A_period_is_read_and_written_as_it_was(string text, string grain, string first, string next)
    {
        var period = Period.Parse(text)!;
        period.Grain.ShouldBe(grain);
        $"{period.First:yyyy-MM-dd}".ShouldBe(first);
        $"{period.Next:yyyy-MM-dd}".ShouldBe(next);
        period.Label.ShouldBe(text);
    }

    [Theory]
    [InlineData(null), InlineData(""), InlineData(" 2026"), InlineData("20266"), InlineData("202"), InlineData("year"), InlineData("1899"), InlineData("2201")]
    [InlineData("2026-13"), InlineData("2026-00"), InlineData("2026-7"), InlineData("2026-+1"), InlineData("0000-01"), InlineData("2026 07"),
        InlineData("2026-07 ")]
    [InlineData("2026-Q5"), InlineData("2026-Q0"), InlineData("2026-Q3\n"), InlineData("2026-q3"), InlineData("2026/Q3"), InlineData("2026-QQ")]
    [InlineData("2026/28"), InlineData("2026/26"), InlineData("2026/2"), InlineData("2026-27"), InlineData("2099/01"), InlineData("year/27")]
    [InlineData("\u0662026"), InlineData("2026-\u0660\u0661")]
    public void Other_texts_are_no_period(string? text) => Period.Parse(text).ShouldBeNull();

    [Fact]
    public void Every_label_of_four_or_seven_characters_that_is_read_is_written_as_it_was()
    {
        var read = 0;
        for (var year = 0; year < 10_000; year++)
        {
            var labels = Enumerable.Range(0, 100).SelectMany(n => new[] { $"{year:0000}-{n:00}", $"{year:0000}/{n:00}" })
                .Concat(Enumerable.Range(0, 10).Select(n => $"{year:0000}-Q{n}")).Append($"{year:0000}");
            foreach (var label in labels)
            {
                if (Period.Parse(label) is not { } period)
                    continue;
                read++;
                if (period.Label != label)
                    period.Label.ShouldBe(label);
            }
        }

        read.ShouldBe(301 * (12 + 4 + 1 + 1), "12 months, 4 quarters, 2 years");
    }

    [Fact]
    public void Every_day_is_in_one_period_of_each_grain_and_they_follow_each_other_without_a_gap()
    {
        foreach (var grain in Grains)
        {
            var before = Period.Of(grain, new DateOnly(1900, 12, 31));
            foreach (var day in Days())
            {
                var period = Period.Of(grain, day);
                if (day < period.First || day > period.Last || period.Next != period.Last.AddDays(1) || period.Grain != grain)
                    throw new InvalidOperationException($"{day:yyyy-MM-dd} is not in {period}.");
                if (period == before)
                    continue;
                period.First.ShouldBe(day);
                before.Next.ShouldBe(day);
                before.Overlaps(period).ShouldBeFalse();
                period.Overlaps(period).ShouldBeTrue();
                Period.Parse(period.Label).ShouldBe(period);
                before = period;
            }
        }
    }

    [Fact]
    public void A_period_is_made_of_its_months_and_of_its_quarters()
    {
        foreach (var grain in Grains)
        {
            for (var day = new DateOnly(1901, 1, 1); day.Year < 2199; day = day.AddMonths(1))
            {
                var period = Period.Of(grain, day);
                period.Months.Count.ShouldBe(period.Length);
                period.Quarters.Count.ShouldBe(grain == Period.MonthGrain ? 0 : period.Length / 3);
                foreach (var parts in new[] { period.Months, period.Quarters }.Where(p => p.Count > 0).Select(p => p.Select(l => Period.Parse(l)!).ToList()))
                {
                    parts[0].First.ShouldBe(period.First);
                    parts[^1].Last.ShouldBe(period.Last);
                    parts.Zip(parts.Skip(1)).ShouldAllBe(pair => pair.First.Next == pair.Second.First);
                }
            }
        }
    }

    [Fact]
    public void Periods_overlap_where_they_have_a_day_in_common()
    {
        var periods = new[] { "2025/26", "2026", "2026-Q1", "2026-Q2", "2026-03", "2026-04", "2026/27", "2027-01" }.Select(l => Period.Parse(l)!).ToList();
        foreach (var a in periods)
        {
            foreach (var b in periods)
            {
                var common = Enumerable.Range(0, a.Next.DayNumber - a.First.DayNumber).Select(i => a.First.AddDays(i)).Any(d => d >= b.First && d <= b.Last);
                a.Overlaps(b).ShouldBe(common, $"{a} and {b}");
            }
        }
    }

    [Theory]
    [InlineData("2026", "2025/26"), InlineData("2026-03", "2025/26")]
    [InlineData("2026-04", "2026/27")]
    [InlineData("2027-Q1", "2026/27")]
    [InlineData("2026-Q2", "2026/27")]
    [InlineData("2099-Q4", "2099/00")]
    [InlineData("2026/27", "2026/27")]
    public void A_period_begins_in_a_financial_year(string period, string year) =>
        Period.FinancialYearOf(Period.Parse(period)!.First).Label.ShouldBe(year);

    [Fact]
    public void There_is_no_other_grain() => Should.Throw<ArgumentOutOfRangeException>(() => Period.Of("week", new DateOnly(2026, 7, 14)));
}
