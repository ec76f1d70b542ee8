using System.Globalization;

namespace IntegratedCare.Metrics.Domain;

/// <summary>A month (<c>2026-07</c>), a calendar quarter (<c>2026-Q3</c>: July to September) or a financial year (<c>2026/27</c>: from April).</summary>
/// <param name="Next">The first day after it.</param>
internal readonly record struct Period(string Grain, DateOnly First, DateOnly Next)
{
    public const string MonthGrain = "month";
    public const string QuarterGrain = "quarter";
    public const string YearGrain = "financial-year";

    public string Text => Grain switch
    {
        MonthGrain => First.ToString("yyyy-MM", CultureInfo.InvariantCulture),
        QuarterGrain => $"{First.Year:0000}-Q{(First.Month + 2) / 3}",
        _ => $"{First.Year:0000}/{(First.Year + 1) % 100:00}",
    };

    public static Period MonthOf(DateOnly day)
    {
        var first = new DateOnly(day.Year, day.Month, 1);
        return new Period(MonthGrain, first, first.AddMonths(1));
    }

    public static Period QuarterOf(DateOnly day)
    {
        var first = new DateOnly(day.Year, (day.Month - 1) / 3 * 3 + 1, 1);
        return new Period(QuarterGrain, first, first.AddMonths(3));
    }

    public static Period Of(string grain, DateOnly first) => grain == QuarterGrain ? QuarterOf(first) : MonthOf(first);

    public static Period Parse(string text) => TryParse(text, out var period) ? period : throw new FormatException("Not a period.");

    public static bool TryParse(string? text, out Period period)
    {
        period = default;
        if (text is not { Length: 7 } || !int.TryParse(text.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture, out var year) || year is < 1900 or > 2200)
            return false;
        if (text[4] == '-' && text[5] == 'Q' && text[6] is >= '1' and <= '4')
        {
            period = QuarterOf(new DateOnly(year, (text[6] - '1') * 3 + 1, 1));
            return true;
        }

        if (!int.TryParse(text.AsSpan(5, 2), NumberStyles.None, CultureInfo.InvariantCulture, out var rest))
            return false;
        if (text[4] == '-' && rest is >= 1 and <= 12)
        {
            period = MonthOf(new DateOnly(year, rest, 1));
            return true;
        }

        if (text[4] == '/' && rest == (year + 1) % 100)
        {
            var first = new DateOnly(year, 4, 1);
            period = new Period(YearGrain, first, first.AddYears(1));
            return true;
        }

        return false;
    }
}
