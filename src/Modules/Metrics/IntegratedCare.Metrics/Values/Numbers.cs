using IntegratedCare.Metrics.Definitions;
using IntegratedCare.Metrics.Statistics;

namespace IntegratedCare.Metrics.Values;

/// <summary>A value's numbers. Value and limits are null when there is no denominator.</summary>
internal readonly record struct Numbers(
    double Numerator,
    double? Denominator,
    double? Value,
    double? Lower95,
    double? Upper95,
    double? Lower998,
    double? Upper998)
{
    /// <summary>Value and limits of counts, by the definition's method.</summary>
    /// <param name="sumOfSquares">Sum over persons of the square of what each contributed (clustered rates only).</param>
    public static Numbers Of(MetricDefinition definition, double numerator, double? denominator, double sumOfSquares)
    {
        if (denominator is not > 0)
            return new Numbers(numerator, denominator, null, null, null, null, null);
        var of = denominator.Value;
        var scale = definition.Multiplier;
        switch (definition.Method)
        {
            case "clustered-rate":
                var at95 = Intervals.Clustered(numerator, sumOfSquares, Intervals.Level95).Times(scale / of);
                var at998 = Intervals.Clustered(numerator, sumOfSquares, Intervals.Level998).Times(scale / of);
                return new Numbers(numerator, of, numerator / of * scale, at95.Lower, at95.Upper, at998.Lower, at998.Upper);
            case "rate":
                var rate = Intervals.CrudeRate(numerator, of, scale, Intervals.Level95);
                var wide = Intervals.CrudeRate(numerator, of, scale, Intervals.Level998).Limits;
                return new Numbers(numerator, of, rate.Value, rate.Limits.Lower, rate.Limits.Upper, wide.Lower, wide.Upper);
            case "proportion":
                var share = Intervals.Wilson(numerator, of, Intervals.Level95);
                var limits = share.Limits.Times(scale);
                var outer = Intervals.Wilson(numerator, of, Intervals.Level998).Limits.Times(scale);
                return new Numbers(numerator, of, share.Value * scale, limits.Lower, limits.Upper, outer.Lower, outer.Upper);
            default:
                throw new InvalidOperationException($"No method {definition.Method}.");
        }
    }
}
