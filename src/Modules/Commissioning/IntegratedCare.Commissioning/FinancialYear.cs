using System.Globalization;
using IntegratedCare.Shared;

namespace IntegratedCare.Commissioning;

/// <summary>NHS financial years, April to March: <c>2026/27</c>.</summary>
internal static class FinancialYear
{
    public static bool IsValid(string? text) =>
        text is { Length: 7 } && text[4] == '/' && Number(text[..4]) is { } year and >= 1990 and < 2150 && Number(text[5..]) == (year + 1) % 100;

    public static string Of(DateOnly day)
    {
        var year = day.Month >= 4 ? day.Year : day.Year - 1;
        return string.Create(CultureInfo.InvariantCulture, $"{year:0000}/{(year + 1) % 100:00}");
    }

    public static string Now(TimeProvider clock) => Of(LondonTime.Today(clock));

    /// <summary>The year in which a period begins: <c>2026-11</c>, a calendar quarter <c>2027-Q1</c>, a calendar year <c>2026</c>, or a financial year itself.</summary>
    public static string OfPeriod(string period)
    {
        if (IsValid(period))
            return period;
        if (period.Length == 4 && Number(period) is { } calendarYear)
            return Of(new DateOnly(calendarYear, 1, 1));
        if (period.Length == 7 && Number(period[..4]) is { } year && period[4] == '-')
        {
            if (period[5] == 'Q' && period[6] is >= '1' and <= '4')
                return Of(new DateOnly(year, 3 * (period[6] - '1') + 1, 1));
            if (Number(period[5..]) is { } month and >= 1 and <= 12)
                return Of(new DateOnly(year, month, 1));
        }

        throw new ArgumentException("Not a period.");
    }

    private static int? Number(string text) => text.All(char.IsAsciiDigit) ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
