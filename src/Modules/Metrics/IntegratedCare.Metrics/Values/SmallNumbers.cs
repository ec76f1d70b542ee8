using IntegratedCare.Metrics.Definitions;

namespace IntegratedCare.Metrics.Values;

/// <summary>
/// Small-number control below national level: counts of 1 to 7 are hidden, others are rounded to the nearest 5, and rates and
/// limits are computed from the rounded counts.
/// </summary>
/// <remarks>HES analysis guide, disclosure control (NHS Digital, 2018). The secondary rule is common practice.</remarks>
internal static class SmallNumbers
{
    /// <summary>Whether a value must be hidden by itself: a count of 1 to 7, of events or of the persons behind a sum.</summary>
    public static bool IsSmall(MetricDefinition definition, double numerator, double? denominator, long persons) =>
        definition.Disclosure
        && (Small(numerator) || (denominator is { } d && Small(d)) || (definition.Method == "clustered-rate" && Small(persons)));

    /// <summary>
    /// Which of the areas that make up one parent are hidden: the small ones and, where only one is, the next smallest too, so
    /// that it cannot be had by subtracting the rest from the parent.
    /// </summary>
    /// <param name="oneParent">Whether the areas add up to one parent; areas without one have nothing to be subtracted from.</param>
    public static IReadOnlySet<string> Hidden(
        MetricDefinition definition, bool oneParent, IReadOnlyCollection<(string Area, double Numerator, double? Denominator, long Persons)> siblings)
    {
        var hidden = siblings.Where(s => IsSmall(definition, s.Numerator, s.Denominator, s.Persons)).Select(s => s.Area).ToHashSet();
        if (oneParent && hidden.Count == 1 && siblings.Count > 1)
        {
            hidden.Add(siblings.Where(s => !hidden.Contains(s.Area))
                .OrderBy(s => s.Numerator).ThenBy(s => s.Area, StringComparer.Ordinal).First().Area);
        }

        return hidden;
    }

    /// <summary>A value that is not hidden, rounded for a caller who is not entitled to exact numbers.</summary>
    public static Numbers Rounded(MetricDefinition definition, double numerator, double? denominator, double sumOfSquares)
    {
        if (!definition.Disclosure)
            return Numbers.Of(definition, numerator, denominator, sumOfSquares);
        var count = Nearest5(numerator);
        // The exact spread between persons would reveal the exact count.
        var spread = numerator > 0 ? OneSignificantFigure(sumOfSquares / numerator) : 1;
        return Numbers.Of(definition, count, denominator is { } d ? Nearest5(d) : null, spread * count);
    }

    private static bool Small(double count) => count is > 0 and < 7.5;

    public static double Nearest5(double count) => Math.Round(count / 5, MidpointRounding.AwayFromZero) * 5;

    private static double OneSignificantFigure(double value)
    {
        if (value <= 1)
            return 1;
        var power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        return Math.Round(value / power, MidpointRounding.AwayFromZero) * power;
    }
}
