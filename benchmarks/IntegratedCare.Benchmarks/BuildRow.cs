namespace IntegratedCare.Benchmarks;

/// <summary>The last build's figures as ratios to the first's.</summary>
internal sealed record BuildRatio(double Value, double? Cpu = null, double? UntilEmptyCpu = null);

/// <summary>One measurement with the builds side by side, in their order: a rate, seconds or megabytes, and processor time in microseconds.</summary>
internal sealed record BuildRow(
    string What, string Unit, IReadOnlyList<double> Values, IReadOnlyList<Cpu?> Cpus, IReadOnlyList<Cpu?> UntilEmptyCpus, BuildRatio Ratio)
{
    /// <summary>Nothing when there is but one build.</summary>
    public static IReadOnlyList<BuildRow> Of(Bench bench) => bench.Options.Builds.Count == 1 ? [] : [.. Rates(bench), .. Starts(bench)];

    private static IEnumerable<BuildRow> Rates(Bench bench) => bench.Comparisons.GroupBy(c => c.Id).Select(g => g.ToList()).Select(builds => new BuildRow(
        builds[0].Title, builds[0].Unit, [.. builds.Select(c => c.Product)],
        [.. builds.Select(c => (Cpu?)c.ProductCpu)], [.. builds.Select(c => c.UntilEmptyCpu)],
        builds[^1].To(builds[0])));

    private static IEnumerable<BuildRow> Starts(Bench bench)
    {
        // The first is the floor's.
        var starts = bench.Starts.Skip(1).ToList();
        if (starts.Count == 0)
            yield break;
        yield return Of("Start on an empty database", "s", starts, s => s.Empty!.Seconds, s => s.Empty!.Cpu);
        yield return Of("Start", "s", starts, s => s.Again.Seconds, s => s.Again.Cpu);
        yield return Of("Memory after the run (VmRSS)", "MB", starts, s => s.Memory!.Now, null);
        yield return Of("Most memory (VmHWM)", "MB", starts, s => s.Memory!.Most, null);
    }

    private static BuildRow Of(
        string what, string unit, IReadOnlyList<StartResult> starts, Func<StartResult, double> value, Func<StartResult, Cpu>? cpu) => new(
        what, unit, [.. starts.Select(value)], [.. starts.Select(s => cpu?.Invoke(s))], [.. starts.Select(_ => (Cpu?)null)],
        new BuildRatio(value(starts[^1]) / value(starts[0]), cpu is null ? null : cpu(starts[^1]).Total / cpu(starts[0]).Total));
}
