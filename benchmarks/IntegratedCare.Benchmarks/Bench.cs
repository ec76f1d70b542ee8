using System.Diagnostics;

namespace IntegratedCare.Benchmarks;

/// <summary>What takes turns in a round: the floor, and the same load on each build of the product.</summary>
internal sealed record Turn(Func<Task<LoadResult>> Floor, Func<Product, Task<Measured>> Product);

/// <summary>What the parts measure with, and what they found.</summary>
internal sealed class Bench(BenchmarkOptions options, TestBed bed)
{
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(30);

    private bool _started;

    public BenchmarkOptions Options => options;

    public TestBed Bed => bed;

    /// <summary>A running host of each build, in the builds' order.</summary>
    public List<Product> Products { get; } = [];

    public List<Comparison> Comparisons { get; } = [];

    public List<DispatchResult> Dispatches { get; } = [];

    public List<StartResult> Starts { get; } = [];

    /// <summary>
    /// Measures the floor and every build in turns, round by round, so that whatever else the machine does meets all alike; the order
    /// is turned round each time. Between turns all come to rest: nobody pays for what another left to do.
    /// </summary>
    /// <param name="warmUps">Rounds beforehand that are not counted.</param>
    /// <param name="prepare">Called before each round with its number: 0 is the first that counts.</param>
    public async Task CompareAsync(Measurement what, int warmUps, Func<int, Task<Turn>> prepare, CancellationToken ct)
    {
        foreach (var product in Products)
            await product.RenewTokensAsync(ct);
        var rounds = options.Builds.Select(_ => new List<Round>()).ToArray();
        for (var round = -warmUps; round < options.Rounds; round++)
        {
            var turn = await prepare(round);
            var floorFirst = round % 2 == 0;
            await RestAsync(ct);
            var floor = floorFirst ? await turn.Floor() : null;
            var measured = new Measured[Products.Count];
            for (var i = 0; i < Products.Count; i++)
            {
                var p = floorFirst ? i : Products.Count - 1 - i;
                await RestAsync(ct);
                measured[p] = await turn.Product(Products[p]);
            }

            await RestAsync(ct);
            floor ??= await turn.Floor();
            for (var p = 0; round >= 0 && p < measured.Length; p++)
                rounds[p].Add(new Round(measured[p], floor));
        }

        for (var p = 0; p < rounds.Length; p++)
            Add(new Comparison(what, options.Builds[p].Label, rounds[p]));
    }

    /// <summary>
    /// Waits until hosts and PostgreSQL use less than a seventh of a core, so that the next does not pay for what goes on behind empty
    /// outboxes: live values are brought up to date, tables vacuumed.
    /// </summary>
    public async Task RestAsync(CancellationToken ct)
    {
        double Used() => bed.Meter.Read().Postgres + Products.Sum(p => p.Process.Meter.Read().Host);
        var interval = TimeSpan.FromSeconds(1);
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < LongestRest;)
        {
            var before = Used();
            await Task.Delay(interval, ct);
            if (Used() - before < interval.TotalSeconds / 7)
                return;
        }

        Say($"  hosts and PostgreSQL did not come to rest in {LongestRest.TotalSeconds:0} s: the next figures are worth less");
    }

    /// <summary>A host of each build on an empty database of its own, in place of those that run.</summary>
    public async Task RestartAsync(CancellationToken ct)
    {
        await StopAsync();
        for (var b = 0; b < options.Builds.Count; b++)
        {
            if (_started)
                await bed.DropAsync($"bench_{b}", ct);
            Products.Add(await bed.HostAsync(options.Builds[b], $"bench_{b}", ct));
        }

        _started = true;
    }

    public async Task StopAsync()
    {
        foreach (var product in Products)
            await product.DisposeAsync();
        Products.Clear();
    }

    public void Add(Comparison comparison)
    {
        Comparisons.Add(comparison);
        var c = comparison;
        Say($"{c.Title}, {c.Build}: {c.Product:N0} against {c.Floor:N0} {c.Unit}, ratio {c.Ratio:0.00}; "
            + $"CPU {Report.Time(c.ProductCpu)} against {Report.Time(c.FloorCpu)} each, ratio {c.CpuRatio:0.00}; "
            + $"p99 {c.ProductP99:0.0} against {c.FloorP99:0.0} ms");
    }

    public static void Say(string what) => Console.WriteLine(what);
}
