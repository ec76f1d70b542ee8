namespace IntegratedCare.Benchmarks;

/// <summary>What is measured: per request so many units, beside which floor.</summary>
internal sealed record Measurement(string Id, string Title, string Floor, string Unit, int PerRequest = 1);

/// <param name="OutboxEmptySeconds">From the end of the load until every outbox was empty, where that was waited for.</param>
/// <param name="UntilEmpty">Processor time in seconds from the beginning of the load until then.</param>
internal sealed record Measured(LoadResult Load, double? OutboxEmptySeconds = null, Cpu? UntilEmpty = null);

internal sealed record Round(Measured Product, LoadResult Floor);

/// <summary>A build of the product beside its floor over the rounds. Every figure is the median of the rounds; a ratio is taken within its round.</summary>
internal sealed class Comparison(Measurement what, string build, IReadOnlyList<Round> rounds)
{
    public string Id => what.Id;

    public string Build => build;

    public string Title => what.Title;

    public string FloorName => what.Floor;

    public string Unit => what.Unit;

    public double Product => Median(r => Rate(r.Product.Load));

    public double Floor => Median(r => Rate(r.Floor));

    public double Ratio => Median(r => Rate(r.Product.Load) / Rate(r.Floor));

    /// <summary>Microseconds for each unit until the last acknowledgement.</summary>
    public Cpu ProductCpu => Median(r => PerUnit(r.Product.Load));

    public Cpu FloorCpu => Median(r => PerUnit(r.Floor));

    public double CpuRatio => Median(r => PerUnit(r.Product.Load).Total / PerUnit(r.Floor).Total);

    /// <summary>Microseconds for each unit until every outbox is empty.</summary>
    public Cpu? UntilEmptyCpu => rounds.All(r => r.Product.UntilEmpty is not null) ? Median(r => UntilEmpty(r)!.Value) : null;

    /// <summary>How long the product took for all of it.</summary>
    public double ProductSeconds => Median(r => r.Product.Load.Seconds);

    public double SlowestSeconds => rounds.Max(r => r.Product.Load.Seconds);

    public double ProductP50 => Median(r => r.Product.Load.P50);

    public double FloorP50 => Median(r => r.Floor.P50);

    public double ProductP99 => Median(r => r.Product.Load.P99);

    public double FloorP99 => Median(r => r.Floor.P99);

    public double P99Ratio => Median(r => r.Product.Load.P99 / r.Floor.P99);

    public double? OutboxEmptySeconds => rounds.All(r => r.Product.OutboxEmptySeconds is not null) ? Median(r => r.Product.OutboxEmptySeconds!.Value) : null;

    public IEnumerable<object> Rounds => rounds.Select(r => (object)new
    {
        product = Math.Round(Rate(r.Product.Load), 1),
        floor = Math.Round(Rate(r.Floor), 1),
        ratio = Math.Round(Rate(r.Product.Load) / Rate(r.Floor), 3),
        productCpu = PerUnit(r.Product.Load),
        floorCpu = PerUnit(r.Floor),
        untilEmptyCpu = UntilEmpty(r),
        requests = r.Product.Load.Requests,
        outboxEmptySeconds = r.Product.OutboxEmptySeconds is { } waited ? Math.Round(waited, 2) : (double?)null,
    });

    /// <summary>Beside another build, round by round.</summary>
    public BuildRatio To(Comparison earlier)
    {
        double Over(Func<Comparison, Round, double> value) => Median(rounds.Zip(earlier.RoundList, (r, e) => value(this, r) / value(earlier, e)));
        return new BuildRatio(
            Over((c, r) => c.Rate(r.Product.Load)),
            Over((c, r) => c.PerUnit(r.Product.Load).Total),
            UntilEmptyCpu is null ? null : Over((c, r) => c.UntilEmpty(r)!.Value.Total));
    }

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }

    private IReadOnlyList<Round> RoundList => rounds;

    private double Rate(LoadResult load) => load.PerSecond * what.PerRequest;

    private Cpu PerUnit(LoadResult load) => load.Cpu.PerUnit((double)load.Requests * what.PerRequest);

    private Cpu? UntilEmpty(Round round) => round.Product.UntilEmpty?.PerUnit((double)round.Product.Load.Requests * what.PerRequest);

    private double Median(Func<Round, double> value) => Median(rounds.Select(value));

    private Cpu Median(Func<Round, Cpu> value) => new(Median(r => value(r).Host), Median(r => value(r).Postgres));
}
