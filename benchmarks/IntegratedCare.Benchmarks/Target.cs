namespace IntegratedCare.Benchmarks;

/// <summary>What the product must reach, and whether it did.</summary>
internal sealed record Target(string What, string Measured, bool Met)
{
    /// <summary>The targets of one build, for what was measured.</summary>
    public static IEnumerable<Target> Judge(Bench bench, string build)
    {
        // The engine has no host: it is not of any build but the benchmark's own.
        var own = bench.Comparisons.Where(c => c.Build == build || c.Build == EnginePart.Build).ToDictionary(c => c.Id);
        if (own.GetValueOrDefault("single-32") is { } single)
        {
            yield return new Target("Single events, 32 at once: at least 0.5 of the one-row floor", $"{single.Ratio:0.00}", single.Ratio >= 0.5);
            yield return new Target("Single events, 32 at once: p99 at most 4 times the floor's", $"{single.P99Ratio:0.0}", single.P99Ratio <= 4);
        }

        foreach (var batch in own.Values.Where(c => c.Id.StartsWith("batch-1000-", StringComparison.Ordinal)))
            yield return new Target($"{batch.Title}: at least 0.30 of COPY", $"{batch.Ratio:0.00}", batch.Ratio >= 0.30);
        if (own.GetValueOrDefault("persons") is { } persons)
            yield return new Target($"{persons.Title}: at least 0.40 of COPY", $"{persons.Ratio:0.00}", persons.Ratio >= 0.40);
        if (own.GetValueOrDefault("settle") is { } settle)
            yield return new Target($"{settle.Title}: at most 60 s in the slowest round", $"{settle.SlowestSeconds:0.0} s", settle.SlowestSeconds <= 60);
        if (own.GetValueOrDefault("engine") is { } engine)
            yield return new Target($"{engine.Title}: at least 20,000/s", $"{engine.Product:N0}/s", engine.Product >= 20_000);
        if (own.GetValueOrDefault("simulation") is { } simulation)
            yield return new Target($"{simulation.Title}: at most 2 s", $"{simulation.ProductSeconds:0.00} s", simulation.ProductSeconds <= 2);
        if (own.GetValueOrDefault("dispatch") is { } rates && bench.Dispatches.Find(d => d.Build == build) is { } d)
        {
            // A backlog is also bounded when posts are held back: so the rate is judged too.
            const string whole = "Dispatcher: single posts over the whole time";
            yield return new Target($"{whole} at least 0.5 of the one-row floor", $"{rates.Ratio:0.00}", rates.Ratio >= 0.5);
            if (d.Sustained is { } sustained)
            {
                yield return new Target(
                    $"{whole} at least 0.75 of the rate in rounds of a few seconds, each against its floor", $"{sustained:0.00}", sustained >= 0.75);
            }

            yield return new Target("Dispatcher: p99 over the whole time at most 4 times the floor's", $"{rates.P99Ratio:0.0}", rates.P99Ratio <= 4);
            yield return new Target(
                "Dispatcher: the backlog stays bounded",
                $"{d.FirstHalf:N0} then {d.SecondHalf:N0} rows; {d.FirstHalfOldest:0.00} then {d.SecondHalfOldest:0.00} s; parked {d.Parked}", d.Bounded);
        }
    }
}
