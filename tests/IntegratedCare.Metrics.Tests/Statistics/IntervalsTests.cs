using System.Globalization;
using CsCheck;
using IntegratedCare.Metrics.Statistics;

namespace IntegratedCare.Metrics.Tests.Statistics;

public sealed class IntervalsTests
{
    public static TheoryData<string, string, string, string, double, double, double, double, double> Published()
    {
        var data = new TheoryData<string, string, string, string, double, double, double, double, double>();
        foreach (var r in Rows("intervals.csv"))
            data.Add(r[0], r[1], r[2], r[3], Number(r[4]), Number(r[5]), Number(r[6]), Number(r[7]), Number(r[8]));
        return data;
    }

    [Theory]
    [MemberData(nameof(Published))]
    public void Limits_are_the_published_ones(
        string method, string dataset, string x, string n, double multiplier, double confidence, double value, double lower, double upper)
    {
        var events = x.Length > 0 ? Number(x) : 0;
        var result = method switch
        {
            "byar" => new Estimate(events, Intervals.Byar(events, confidence)),
            "exact" => new Estimate(events, Intervals.ExactPoisson(events, confidence)),
            "wilson" => Intervals.Wilson(events, Number(n), confidence),
            "crude" => Intervals.CrudeRate(events, Number(n), multiplier, confidence),
            "dsr-byar" => Intervals.DirectlyStandardised(Direct(dataset), multiplier, confidence)!.Value,
            "dsr-exact" => Intervals.DirectlyStandardised(Direct(dataset), multiplier, confidence, exact: true)!.Value,
            "isr" or "isr-rate" => Intervals.IndirectlyStandardised(Indirect(dataset), multiplier, confidence),
            _ => throw new ArgumentOutOfRangeException(nameof(method), method, null),
        };
        result.Value.ShouldBe(value, Tolerance(value));
        result.Limits.Lower.ShouldBe(lower, Tolerance(lower));
        result.Limits.Upper.ShouldBe(upper, Tolerance(upper));
    }

    [Fact]
    public void All_published_values_are_tested() => Rows("intervals.csv").Count().ShouldBe(26);

    [Fact]
    public void Fewer_than_ten_events_have_no_directly_standardised_rate() =>
        Intervals.DirectlyStandardised([new Stratum(9, 1000, 5000)], 100_000, Intervals.Level95).ShouldBeNull();

    [Fact]
    public void Where_each_person_has_one_event_clustered_limits_are_the_exact_poisson_limits()
    {
        for (var count = 0; count < 380; count += 7)
            Intervals.Clustered(count, count, Intervals.Level95).ShouldBe(Intervals.ExactPoisson(count, Intervals.Level95));
    }

    [Fact]
    public void Where_the_days_are_a_few_persons_the_limits_are_wider_than_poisson()
    {
        // Ten persons of ten days each: 100 days, variance 1,000, ten independent stays.
        var clustered = Intervals.Clustered(100, 1000, Intervals.Level95);
        var stays = Intervals.ExactPoisson(10, Intervals.Level95);
        clustered.Lower.ShouldBe(10 * stays.Lower, 1e-9);
        clustered.Upper.ShouldBe(10 * stays.Upper, 1e-9);
        clustered.Lower.ShouldBeLessThan(Intervals.ExactPoisson(100, Intervals.Level95).Lower);
    }

    [Fact]
    public void Clustered_limits_cover_the_true_total_about_as_often_as_they_say()
    {
        // Compound Poisson: 60 expected persons with stays of 1 to 20 days, seeded.
        var random = new Random(20260721);
        var (covered, runs) = (0, 4000);
        for (var run = 0; run < runs; run++)
        {
            double total = 0, squares = 0;
            for (var persons = Poisson(random, 60); persons > 0; persons--)
            {
                var days = random.Next(1, 21);
                total += days;
                squares += days * days;
            }

            var limits = Intervals.Clustered(total, squares, Intervals.Level95);
            if (limits.Lower <= 630 && 630 <= limits.Upper)
                covered++;
        }

        ((double)covered / runs).ShouldBeInRange(0.935, 0.975);
    }

    [Fact]
    public void Every_interval_holds_its_value_and_widens_with_confidence()
    {
        var counts = Gen.Int[1, 4998].SelectMany(most => Gen.Int[0, most]);
        Gen.Select(counts, Gen.Int[1, 99_999], Gen.Double[1, 21]).Sample((events, others, spread) =>
        {
            double count = events;
            var of = count + others;
            var squares = count * spread;
            Ordered(count, level => Intervals.Count(count, level));
            Ordered(count, level => Intervals.Clustered(count, squares, level));
            Ordered(count / of, level => Intervals.Wilson(count, of, level).Limits);
            Ordered(count / of * 1000, level => Intervals.CrudeRate(count, of, 1000, level).Limits);
            Intervals.Wilson(count, of, Intervals.Level998).Limits.Upper.ShouldBeLessThanOrEqualTo(1);
        }, iter: 3000);

        static void Ordered(double value, Func<double, Limits> limits)
        {
            var (narrow, wide) = (limits(Intervals.Level95), limits(Intervals.Level998));
            wide.Lower.ShouldBeGreaterThanOrEqualTo(0);
            // Where one person is all there is, a limit is zero but for the last bits of a double.
            var slack = 1e-12 * Math.Max(1, value);
            wide.Lower.ShouldBeLessThanOrEqualTo(narrow.Lower + slack);
            narrow.Lower.ShouldBeLessThanOrEqualTo(value);
            value.ShouldBeLessThanOrEqualTo(narrow.Upper);
            narrow.Upper.ShouldBeLessThanOrEqualTo(wide.Upper + slack);
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void What_is_not_a_count_is_refused(double events)
    {
        Should.Throw<ArgumentOutOfRangeException>(() => Intervals.Byar(events, 0.95));
        Should.Throw<ArgumentOutOfRangeException>(() => Intervals.Clustered(events, 1, 0.95));
        Should.Throw<ArgumentOutOfRangeException>(() => Intervals.Wilson(events, 10, 0.95));
    }

    [Fact]
    public void The_standard_population_has_100_000_persons_in_19_bands()
    {
        EuropeanStandardPopulation.Bands.Count.ShouldBe(19);
        EuropeanStandardPopulation.Bands.Values.Sum().ShouldBe(100_000);
    }

    internal static IEnumerable<string[]> Rows(string file)
    {
        using var reader = new StreamReader(typeof(IntervalsTests).Assembly.GetManifestResourceStream($"IntegratedCare.Metrics.Tests.Statistics.Data.{file}")!);
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => l[0] != '#').Skip(1).Select(l => l.Trim().Split(','))];
    }

    private static List<Stratum> Direct(string dataset) =>
        [.. Rows("standardisation.csv").Where(r => r[0] == dataset)
            .Select(r => new Stratum(Number(r[2]), Number(r[3]), EuropeanStandardPopulation.Bands[r[1]]))];

    private static List<Stratum> Indirect(string dataset) =>
        [.. Rows("standardisation.csv").Where(r => r[0] == dataset).Select(r => new Stratum(Number(r[2]), Number(r[3]), Number(r[4]) / Number(r[5])))];

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static double Tolerance(double published) => Math.Max(1e-6, Math.Abs(published) * 1e-6);

    private static int Poisson(Random random, double mean)
    {
        var (limit, product, count) = (Math.Exp(-mean), random.NextDouble(), 0);
        while (product > limit)
        {
            product *= random.NextDouble();
            count++;
        }

        return count;
    }
}
