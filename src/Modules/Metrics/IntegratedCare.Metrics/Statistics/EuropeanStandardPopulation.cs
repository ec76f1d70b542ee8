using System.Globalization;

namespace IntegratedCare.Metrics.Statistics;

/// <summary>The European Standard Population 2013 in 19 bands, from <c>Statistics/Data/esp2013.csv</c>.</summary>
internal static class EuropeanStandardPopulation
{
    public static readonly IReadOnlyDictionary<string, double> Bands =
        DataFiles.Rows("esp2013.csv").ToDictionary(r => r[0], r => double.Parse(r[1], CultureInfo.InvariantCulture));
}
