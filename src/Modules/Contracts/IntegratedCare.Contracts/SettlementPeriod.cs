using System.Globalization;
using System.Text.RegularExpressions;

namespace IntegratedCare.Contracts;

/// <summary>
/// A month <c>2026-11</c>, a calendar quarter <c>2026-Q3</c> (July to September) a financial year <c>2026/27</c> (April to March) or a
/// calendar year <c>2026</c>.
/// </summary>
internal sealed partial record SettlementPeriod(string Label, DateOnly First, int Length)
{
    /// <summary>The refusal of a text that is no period.</summary>
    public const string Shapes = "A month 2026-11, a calendar quarter 2026-Q3, a financial year 2026/27 or a calendar year 2026.";

    public DateOnly Last => First.AddMonths(Length).AddDays(-1);

    /// <summary>The months it is made of, as metrics name them: <c>2026-07</c>.</summary>
    public IReadOnlyList<string> Months => [.. Enumerable.Range(0, Length).Select(i => Month(First.AddMonths(i)))];

    /// <summary>The quarters it is made of; empty for a month.</summary>
    public IReadOnlyList<string> Quarters => [.. Enumerable.Range(0, Length / 3).Select(i => Quarter(First.AddMonths(3 * i)))];

    public bool Overlaps(SettlementPeriod other) => First <= other.Last && other.First <= Last;

    public static SettlementPeriod? Parse(string? text)
    {
        if (text is null || Shape().Match(text) is not { Success: true } match)
            return null;
        var year = int.Parse(match.Groups["y"].ValueSpan, CultureInfo.InvariantCulture);
        if (match.Groups["q"] is { Success: true } quarter)
            return new(text, new DateOnly(year, 3 * (quarter.ValueSpan[0] - '1') + 1, 1), 3);
        if (match.Groups["m"] is { Success: true } month)
            return new(text, new DateOnly(year, int.Parse(month.ValueSpan, CultureInfo.InvariantCulture), 1), 1);
        if (!match.Groups["n"].Success)
            return new(text, new DateOnly(year, 1, 1), 12);
        return int.Parse(match.Groups["n"].ValueSpan, CultureInfo.InvariantCulture) == (year + 1) % 100 ? new(text, new DateOnly(year, 4, 1), 12) : null;
    }

    private static string Month(DateOnly day) => day.ToString("yyyy-MM", CultureInfo.InvariantCulture);

    private static string Quarter(DateOnly day) => string.Create(CultureInfo.InvariantCulture, $"{day.Year:0000}-Q{(day.Month + 2) / 3}");

    [GeneratedRegex("^(?<y>(19|20)[0-9]{2})(-Q(?<q>[1-4])|-(?<m>0[1-9]|1[0-2])|/(?<n>[0-9]{2}))?\\z",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Shape();
}
