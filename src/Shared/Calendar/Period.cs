using System.Globalization;

namespace IntegratedCare.Shared.Calendar;

/// <summary>
/// A month <c>2026-07</c>, a calendar quarter <c>2026-Q3</c> (July to September), a financial year <c>2026/27</c> (April to March) or a
/// calendar year <c>2026</c>.
/// </summary>
public sealed record Period
{
    /// <summary>The values of <see cref="Grain"/>, as they are stored and sent.</summary>
    public const string MonthGrain = "month";
    public const string QuarterGrain = "quarter";
    public const string FinancialYearGrain = "financial-year";
    public const string CalendarYearGrain = "calendar-year";

    /// <summary>The validation message for a text that is no period.</summary>
    public const string Shapes = "A month 2026-11, a calendar quarter 2026-Q3, a financial year 2026/27 or a calendar year 2026.";

    private const int FirstYear = 1900;
    private const int LastYear = 2200;

    private Period(string grain, DateOnly first, int length) => (Grain, First, Length) = (grain, first, length);

    public string Grain { get; }

    public DateOnly First { get; }

    /// <summary>In months.</summary>
    public int Length { get; }

    /// <summary>The day after its last.</summary>
    public DateOnly Next => First.AddMonths(Length);

    public DateOnly Last => Next.AddDays(-1);

    /// <summary>The text that <see cref="Parse"/> reads.</summary>
    public string Label => Grain switch
    {
        MonthGrain => string.Create(CultureInfo.InvariantCulture, $"{First.Year:0000}-{First.Month:00}"),
        QuarterGrain => string.Create(CultureInfo.InvariantCulture, $"{First.Year:0000}-Q{(First.Month + 2) / 3}"),
        FinancialYearGrain => string.Create(CultureInfo.InvariantCulture, $"{First.Year:0000}/{(First.Year + 1) % 100:00}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{First.Year:0000}"),
    };

    /// <summary>The labels of its months.</summary>
    public IReadOnlyList<string> Months => [.. Enumerable.Range(0, Length).Select(i => MonthOf(First.AddMonths(i)).Label)];

    /// <summary>The labels of its quarters; none for a month.</summary>
    public IReadOnlyList<string> Quarters => [.. Enumerable.Range(0, Length / 3).Select(i => QuarterOf(First.AddMonths(3 * i)).Label)];

    public static Period MonthOf(DateOnly day) => new(MonthGrain, new DateOnly(day.Year, day.Month, 1), 1);

    public static Period QuarterOf(DateOnly day) => new(QuarterGrain, new DateOnly(day.Year, (day.Month - 1) / 3 * 3 + 1, 1), 3);

    public static Period FinancialYearOf(DateOnly day) => new(FinancialYearGrain, new DateOnly(day.Month >= 4 ? day.Year : day.Year - 1, 4, 1), 12);

    public static Period CalendarYearOf(DateOnly day) => new(CalendarYearGrain, new DateOnly(day.Year, 1, 1), 12);

    /// <summary>The period of a grain that a day falls in.</summary>
    public static Period Of(string grain, DateOnly day) => grain switch
    {
        MonthGrain => MonthOf(day),
        QuarterGrain => QuarterOf(day),
        FinancialYearGrain => FinancialYearOf(day),
        CalendarYearGrain => CalendarYearOf(day),
        _ => throw new ArgumentOutOfRangeException(nameof(grain), grain, "No such grain."),
    };

    /// <summary>The period of this label, or null. Years run from 1900 to 2200.</summary>
    public static Period? Parse(string? label)
    {
        if (label is not { Length: 4 or 7 } || Number(label.AsSpan(0, 4)) is not (>= FirstYear and <= LastYear and var year))
            return null;
        if (label.Length == 4)
            return CalendarYearOf(new DateOnly(year, 1, 1));
        if (label[4] == '-' && label[5] == 'Q')
            return label[6] is >= '1' and <= '4' ? QuarterOf(new DateOnly(year, 3 * (label[6] - '0'), 1)) : null;
        return (label[4], Number(label.AsSpan(5))) switch
        {
            ('-', >= 1 and <= 12 and var month) => MonthOf(new DateOnly(year, month, 1)),
            ('/', { } next) when next == (year + 1) % 100 => FinancialYearOf(new DateOnly(year, 4, 1)),
            _ => null,
        };
    }

    public bool Overlaps(Period other) => First < other.Next && other.First < Next;

    public override string ToString() => Label;

    private static int? Number(ReadOnlySpan<char> digits) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
