namespace IntegratedCare.Benchmarks;

/// <summary>
/// From the start of the process until <c>/health/ready</c> answers 200, on an empty database, which it migrates, and again on the same.
/// Beside it the bare endpoint of the floor, in the same rounds.
/// </summary>
internal static class StartPart
{
    public static async Task RunAsync(Bench bench, CancellationToken ct)
    {
        Bench.Say("Starting hosts");
        var builds = bench.Options.Builds;
        List<Start> floor = [];
        var (migrated, again) = (builds.Select(_ => new List<Start>()).ToArray(), builds.Select(_ => new List<Start>()).ToArray());
        // One round more than is counted: the programs are read from disk in it.
        for (var round = -1; round < bench.Options.Rounds; round++)
        {
            var bare = await StartedAsync(bench.Bed.FloorAsync(ct));
            if (round >= 0)
                floor.Add(bare);
            for (var i = 0; i < builds.Count; i++)
            {
                var b = round % 2 == 0 ? i : builds.Count - 1 - i;
                const string database = "bench_start";
                var first = await StartedAsync(bench.Bed.ServeAsync(builds[b], database, ct));
                var second = await StartedAsync(bench.Bed.ServeAsync(builds[b], database, ct));
                await bench.Bed.DropAsync(database, ct);
                if (round >= 0)
                {
                    migrated[b].Add(first);
                    again[b].Add(second);
                }
            }
        }

        bench.Starts.Add(StartResult.Of("bare endpoint", null, floor));
        for (var b = 0; b < builds.Count; b++)
            bench.Starts.Add(StartResult.Of(builds[b].Label, migrated[b], again[b]));
        foreach (var start in bench.Starts)
        {
            var empty = start.Empty is { } first ? $"{first.Seconds:0.00} s on an empty database, " : "";
            Bench.Say($"Start, {start.Build}: {empty}{start.Again.Seconds:0.00} s; CPU {Report.Time(start.Again.Cpu)}");
        }
    }

    private static async Task<Start> StartedAsync(Task<ChildProcess> starting)
    {
        await using var process = await starting;
        return process.Started;
    }
}

/// <summary>Medians. Processor time is in microseconds here, as in every result.</summary>
/// <param name="Empty">On an empty database; null where there is nothing to migrate.</param>
/// <param name="Again">On a database that is ready.</param>
/// <param name="Memory">After everything else that was measured.</param>
internal sealed record StartResult(string Build, Start? Empty, Start Again, Memory? Memory)
{
    public static StartResult Of(string build, IReadOnlyList<Start>? empty, IReadOnlyList<Start> again) =>
        new(build, empty is null ? null : Median(empty), Median(again), null);

    private static Start Median(IReadOnlyList<Start> starts)
    {
        double Of(Func<Start, double> value) => Comparison.Median(starts.Select(value));
        return new Start(Of(s => s.Seconds), new Cpu(Of(s => s.Cpu.Host), Of(s => s.Cpu.Postgres)).PerUnit(1));
    }
}
