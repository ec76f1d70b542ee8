namespace IntegratedCare.Benchmarks;

/// <summary>A minute of single posts, with the backlog of all modules sampled each second; the floor before and after it.</summary>
internal static class DispatchPart
{
    private const int AtOnce = 32;

    public static async Task RunAsync(Bench bench, EventParts events, CancellationToken ct)
    {
        var time = bench.Options.DispatchTime;
        var what = new Measurement("dispatch", $"Single events over {time.TotalSeconds:0} s, {AtOnce} at once", "one-row floor before and after", "events/s");
        for (var p = 0; p < bench.Products.Count; p++)
        {
            var (product, build) = (bench.Products[p], bench.Options.Builds[p].Label);
            await product.RenewTokensAsync(ct);
            await bench.RestAsync(ct);
            var floor = await events.FloorAsync(AtOnce, ct);
            Bench.Say($"Dispatcher, {build}: {time.TotalSeconds:0} s of single posts, {AtOnce} at once");
            List<Backlog> samples = [];
            var measured = await product.MeasureEventsAsync(1, async () =>
            {
                var load = events.PostSinglesAsync(product, AtOnce, time, ct);
                while (await Task.WhenAny(load, Task.Delay(TimeSpan.FromSeconds(1), ct)) != load)
                    samples.Add(await product.BacklogAsync(ct));
                return await load;
            }, ct);
            await bench.RestAsync(ct);
            var rates = new Comparison(what, build, [new Round(measured, floor + await events.FloorAsync(AtOnce, ct))]);
            var burst = bench.Comparisons.Find(c => c.Id == "single-32" && c.Build == build)?.Ratio;
            bench.Add(rates);
            bench.Dispatches.Add(new DispatchResult(build, time.TotalSeconds, rates.Ratio, burst, samples, measured.OutboxEmptySeconds!.Value));
        }
    }
}

/// <summary>Whether what is posted is also applied. Waiting counts outbox rows of all modules: one row may hold many events.</summary>
/// <param name="Ratio">The rate as a ratio to the floor's.</param>
/// <param name="BurstRatio">
/// The same in rounds of a few seconds, against the floor of those rounds, where measured: what is not sustained is held back by the product.
/// </param>
internal sealed record DispatchResult(string Build, double Seconds, double Ratio, double? BurstRatio, IReadOnlyList<Backlog> Samples, double DrainSeconds)
{
    /// <summary>The part of the rate in short rounds that is kept up. Each against its own floor: minutes lie between them.</summary>
    public double? Sustained => Ratio / BurstRatio;

    public double MaxWaiting => Samples.Count == 0 ? 0 : Samples.Max(s => s.Waiting + s.Retrying);

    public double MaxOldest => Samples.Count == 0 ? 0 : Samples.Max(s => s.OldestSeconds);

    public double FirstHalf => Mean(Samples.Take(Samples.Count / 2));

    public double SecondHalf => Mean(Samples.Skip(Samples.Count / 2));

    public double FirstHalfOldest => MeanOldest(Samples.Take(Samples.Count / 2));

    public double SecondHalfOldest => MeanOldest(Samples.Skip(Samples.Count / 2));

    /// <summary>What is parked while the load lasts; afterwards the wait for empty outboxes fails if anything is.</summary>
    public long Parked => Samples.Select(s => s.Parked).DefaultIfEmpty().Max();

    /// <summary>
    /// Neither the rows that wait, those tried again among them, nor the age of the oldest grows from the first half to the second by
    /// more than half; a handful of rows is no backlog. Nothing is parked, and there was a look at it at least every other second.
    /// </summary>
    public bool Bounded =>
        Samples.Count >= Seconds / 2 && Parked == 0 && SecondHalf <= Math.Max(FirstHalf * 1.5, 50) && SecondHalfOldest <= Math.Max(FirstHalfOldest * 1.5, 0.5);

    private static double Mean(IEnumerable<Backlog> samples) => samples.Select(s => (double)(s.Waiting + s.Retrying)).DefaultIfEmpty().Average();

    private static double MeanOldest(IEnumerable<Backlog> samples) => samples.Select(s => s.OldestSeconds).DefaultIfEmpty().Average();
}
