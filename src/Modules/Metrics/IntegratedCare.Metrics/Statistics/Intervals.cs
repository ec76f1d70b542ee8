using MathNet.Numerics.Distributions;

namespace IntegratedCare.Metrics.Statistics;

/// <summary>The two ends of a confidence interval, in the unit of the value they belong to.</summary>
internal readonly record struct Limits(double Lower, double Upper)
{
    public Limits Times(double factor) => new(Lower * factor, Upper * factor);
}

/// <summary>A value with its limits, both already multiplied (per 1,000, per 100,000).</summary>
internal readonly record struct Estimate(double Value, Limits Limits);

/// <summary>One age (and sex) band of a standardised rate.</summary>
/// <param name="Count">Events observed, 0 or more.</param>
/// <param name="Population">Persons, above 0.</param>
/// <param name="Weight">Standard population of the band, or the reference rate for indirect standardisation.</param>
internal readonly record struct Stratum(double Count, double Population, double Weight);

/// <summary>
/// Confidence limits as public health in England publishes them. Pure functions; a confidence is a probability between 0 and 1
/// (0.95 for two standard errors, 0.998 for three).
/// </summary>
/// <remarks>Formulas and check values: PHEindicatormethods (UK Health Security Agency); Breslow and Day 1987; Dobson et al. 1991.</remarks>
internal static class Intervals
{
    public const double Level95 = 0.95;
    public const double Level998 = 0.998;

    /// <summary>Below this count Byar's approximation is replaced by the exact limits, as PHEindicatormethods does.</summary>
    private const double ExactBelow = 10;

    /// <summary>From this count exact and Byar limits agree to four figures (CCG OIS 2.6 changes over here).</summary>
    private const double ByarFrom = 389;

    /// <summary>Byar's approximate limits of a Poisson count.</summary>
    /// <param name="events">0 or more; need not be whole.</param>
    /// <remarks>Breslow and Day, Statistical Methods in Cancer Research, volume II (1987), p 69.</remarks>
    public static Limits Byar(double events, double confidence)
    {
        Check(events, confidence);
        var z = Z(confidence);
        var above = events + 1;
        var lower = events == 0 ? 0 : events * Math.Pow(Math.Max(0, 1 - 1 / (9 * events) - z / (3 * Math.Sqrt(events))), 3);
        return new Limits(lower, above * Math.Pow(1 - 1 / (9 * above) + z / (3 * Math.Sqrt(above)), 3));
    }

    /// <summary>Exact limits of a Poisson count, by the chi-square distribution.</summary>
    /// <param name="events">0 or more; need not be whole.</param>
    /// <remarks>Garwood, Biometrika 1936; 28: 437-442.</remarks>
    public static Limits ExactPoisson(double events, double confidence)
    {
        Check(events, confidence);
        var tail = (1 - confidence) / 2;
        return new Limits(
            events == 0 ? 0 : ChiSquared.InvCDF(2 * events, tail) / 2,
            ChiSquared.InvCDF(2 * events + 2, 1 - tail) / 2);
    }

    /// <summary>Limits of a count: exact below 10, Byar from 10.</summary>
    public static Limits Count(double events, double confidence) => events < ExactBelow ? ExactPoisson(events, confidence) : Byar(events, confidence);

    /// <summary>Crude rate: events over population times multiplier, limits as <see cref="Count"/>.</summary>
    /// <param name="population">Persons or person-time, above 0.</param>
    public static Estimate CrudeRate(double events, double population, double multiplier, double confidence)
    {
        Positive(population);
        return new Estimate(events / population * multiplier, Count(events, confidence).Times(multiplier / population));
    }

    /// <summary>Wilson's score limits of a proportion, between 0 and 1.</summary>
    /// <param name="with">Persons with the property, 0 to <paramref name="of"/>.</param>
    /// <param name="of">Persons, above 0.</param>
    /// <remarks>Wilson, Journal of the American Statistical Association 1927; 22: 209-212.</remarks>
    public static Estimate Wilson(double with, double of, double confidence)
    {
        Check(with, confidence);
        Positive(of);
        if (with > of)
            throw new ArgumentOutOfRangeException(nameof(with), "A part is no more than the whole.");
        var z = Z(confidence);
        var p = with / of;
        var root = z * Math.Sqrt(z * z + 4 * with * (1 - p));
        var scale = 2 * (of + z * z);
        return new Estimate(p, new Limits(
            with == 0 ? 0 : Math.Clamp((2 * with + z * z - root) / scale, 0, p),
            with == of ? 1 : Math.Clamp((2 * with + z * z + root) / scale, p, 1)));
    }

    /// <summary>
    /// Limits of a total of repeatable things: bed days, or admissions of which the same person has several. The events of
    /// different persons are independent, those of one person are not.
    /// </summary>
    /// <param name="total">Sum over persons of what each contributed, T.</param>
    /// <param name="sumOfSquares">Sum over persons of the square of what each contributed: the variance V of a compound
    /// Poisson sum. At least <paramref name="total"/> when contributions are whole numbers.</param>
    /// <remarks>
    /// Gamma limits of Fay and Feuer, Statistics in Medicine 1997; 16: 791-801, for a weighted sum of Poisson counts:
    /// lower = V/(2T) chi2inv(alpha/2, 2 T^2/V); upper = w/2 chi2inv(1 - alpha/2, 2 T^2/V + 2), where w = V/T (the size-biased
    /// mean contribution) stands for their largest weight, which would be needlessly wide. With one event a person, V = T and
    /// the limits are the exact Poisson limits. From an effective count T^2/V of 389 the chi-square is replaced by Byar's
    /// approximation. For a total of zero w is unknown; it is taken as 1.
    /// </remarks>
    public static Limits Clustered(double total, double sumOfSquares, double confidence)
    {
        Check(total, confidence);
        if (total == 0)
            return ExactPoisson(0, confidence);
        var size = sumOfSquares / total;
        var effective = total / size;
        return (effective < ByarFrom ? ExactPoisson(effective, confidence) : Byar(effective, confidence)).Times(size);
    }

    /// <summary>Directly standardised rate with Dobson's limits; null when fewer than 10 events make it meaningless.</summary>
    /// <param name="exact">Limits of the total count by the exact method instead of Byar's (CCG OIS below 389).</param>
    /// <remarks>Dobson, Kuulasmaa, Eberle and Scherer, Statistics in Medicine 1991; 10: 457-462. PHEindicatormethods, DSR.</remarks>
    public static Estimate? DirectlyStandardised(IReadOnlyCollection<Stratum> strata, double multiplier, double confidence, bool exact = false)
    {
        var events = strata.Sum(s => s.Count);
        if (events < ExactBelow)
            return null;
        var weights = strata.Sum(s => s.Weight);
        double rate = 0, variance = 0;
        foreach (var s in strata)
        {
            Positive(s.Population);
            rate += s.Weight * s.Count / s.Population;
            variance += s.Weight * s.Weight * s.Count / (s.Population * s.Population);
        }

        rate /= weights;
        variance /= weights * weights;
        var count = exact ? ExactPoisson(events, confidence) : Byar(events, confidence);
        var scale = Math.Sqrt(variance / events);
        var limits = new Limits(rate + scale * (count.Lower - events), rate + scale * (count.Upper - events));
        return new Estimate(rate * multiplier, limits.Times(multiplier));
    }

    /// <summary>Indirectly standardised ratio: observed over expected events, times multiplier, limits as <see cref="Count"/>.</summary>
    /// <param name="strata">Weights are the reference rates, events a person.</param>
    /// <remarks>PHEindicatormethods, ISRate.</remarks>
    public static Estimate IndirectlyStandardised(IReadOnlyCollection<Stratum> strata, double multiplier, double confidence)
    {
        var observed = strata.Sum(s => s.Count);
        var expected = strata.Sum(s => s.Population * s.Weight);
        Positive(expected);
        return new Estimate(observed / expected * multiplier, Count(observed, confidence).Times(multiplier / expected));
    }

    private static double Z(double confidence) => Normal.InvCDF(0, 1, 1 - (1 - confidence) / 2);

    private static void Check(double events, double confidence)
    {
        if (!(events >= 0) || double.IsInfinity(events))
            throw new ArgumentOutOfRangeException(nameof(events), "A count is 0 or more.");
        if (confidence is not (> 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(confidence), "A confidence is between 0 and 1.");
    }

    private static void Positive(double population)
    {
        if (!(population > 0) || double.IsInfinity(population))
            throw new ArgumentOutOfRangeException(nameof(population), "A population is above 0.");
    }
}
