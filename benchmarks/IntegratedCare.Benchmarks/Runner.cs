using System.Diagnostics;

namespace IntegratedCare.Benchmarks;

/// <summary>
/// Measures the product and its floors in turns, round by round, so that whatever else the machine does meets both alike.
/// Between turns the outbox is left to empty: the floor does not pay for the product's dispatching.
/// </summary>
internal sealed class Runner(BenchmarkOptions options)
{
    private const string EventsPath = "/v1/population/events";
    private const string Single = "application/cloudevents+json";
    private const string Batch = "application/cloudevents-batch+json";

    private readonly List<Comparison> _comparisons = [];

    public async Task<Report> RunAsync(CancellationToken ct)
    {
        await using var bed = await TestBed.StartAsync(ct);
        if (!options.PostsEvents)
        {
            await using var alone = await bed.HostAsync("bench_1", ct);
            await SettleAsync(alone, ct);
            return await Report.CreateAsync(options, alone.Source, 0, _comparisons, null, null, ct);
        }

        Say($"Inventing {(options.Has("persons") ? options.Persons : options.FewPersons):N0} persons");
        var persons = InventedPerson.Invent(options.Has("persons") ? options.Persons : options.FewPersons);
        var ndjson = InventedPerson.Ndjson(persons);

        var database = "bench_1";
        var product = await bed.HostAsync(database, ct);
        try
        {
            if (options.Has("persons"))
            {
                var rounds = new List<(LoadResult, LoadResult, double?)>();
                for (var round = 1; ; round++)
                {
                    rounds.Add(await PersonsAsync(product, persons, ndjson, productFirst: round % 2 == 0, ct));
                    if (round == options.Rounds)
                        break;
                    // A register can be loaded for the first time only once: each round has a database and a host of its own.
                    await product.DisposeAsync();
                    product = await bed.HostAsync(database = $"bench_{round + 1}", ct);
                }

                Add(new Comparison("persons", $"Load of {persons.Count:N0} persons (NDJSON)", "binary COPY", "persons/s", persons.Count, rounds));
            }
            else
            {
                await product.LoadPersonsAsync(ndjson);
                await product.DrainAsync(ct);
            }

            var counted = await product.SettleAsync(ct);
            var template = new EventTemplate(persons, TimeProvider.System.GetUtcNow());
            await using var floor = await bed.FloorAsync(database, ct);
            await WarmUpAsync(product, floor, template, ct);
            if (options.Has("single"))
            {
                foreach (var concurrency in new[] { 1, 8, 32 })
                    await SinglesAsync(product, floor, template, concurrency, ct);
            }

            if (options.Has("batch"))
            {
                foreach (var (size, concurrency) in new[] { (100, 1), (100, 4), (1000, 1), (1000, 4) })
                    await BatchesAsync(product, template, size, concurrency, ct);
            }

            var dispatch = options.Has("dispatch") ? await DispatchAsync(product, floor, template, ct) : null;
            if (options.Has("settle"))
                await SettleAsync(product, ct);
            return await Report.CreateAsync(options, product.Source, template.Length, _comparisons, options.Has("persons") ? counted : null, dispatch, ct);
        }
        finally
        {
            await product.DisposeAsync();
        }
    }

    private static async Task WarmUpAsync(Product product, ChildProcess floor, EventTemplate template, CancellationToken ct)
    {
        Say("Warming up");
        await PostSinglesAsync(floor.Url, product.VendorToken, template, 32, TimeSpan.FromSeconds(4), ct);
        await PostSinglesAsync(product.Process.Url, product.VendorToken, template, 32, TimeSpan.FromSeconds(6), ct);
        await product.DrainAsync(ct);
    }

    private async Task SinglesAsync(Product product, ChildProcess floor, EventTemplate template, int concurrency, CancellationToken ct)
    {
        var rounds = new List<(LoadResult, LoadResult, double?)>();
        for (var round = 1; round <= options.Rounds; round++)
        {
            var bare = await PostSinglesAsync(floor.Url, product.VendorToken, template, concurrency, options.RoundTime, ct);
            var kept = await product.KeptAsync(ct);
            var ours = await PostSinglesAsync(product.Process.Url, product.VendorToken, template, concurrency, options.RoundTime, ct);
            rounds.Add((ours, bare, await product.DrainAsync(ct)));
            await product.CheckEventsAsync(kept, ours.Requests, ct);
        }

        Add(new Comparison($"single-{concurrency}", $"Single events, {concurrency} at once", "one-row floor", "events/s", 1, rounds));
    }

    private async Task BatchesAsync(Product product, EventTemplate template, int size, int concurrency, CancellationToken ct)
    {
        var rounds = new List<(LoadResult, LoadResult, double?)>();
        using var client = product.Vendor(concurrency);
        // One turn more than is counted: COPY and the batch's path warm up in it.
        for (var round = 0; round <= options.Rounds; round++)
        {
            var batches = Enumerable.Range(0, options.BatchEvents / size).Select(_ => template.Batch(size, TimeProvider.System.GetUtcNow())).ToArray();
            var next = -1;
            var bare = await LoadGenerator.RunAsync(concurrency, Timeout.InfiniteTimeSpan, _ => () =>
            {
                var at = Interlocked.Increment(ref next);
                if (at >= batches.Length)
                    return Task.FromResult(false);
                Floor.CopyEvents(product.Source, batches[at].Rows);
                return Task.FromResult(true);
            }, ct);
            next = -1;
            var kept = await product.KeptAsync(ct);
            var ours = await LoadGenerator.RunAsync(concurrency, Timeout.InfiniteTimeSpan, _ => async () =>
            {
                var at = Interlocked.Increment(ref next);
                if (at >= batches.Length)
                    return false;
                await LoadGenerator.PostAsync(client, EventsPath, batches[at].Body, Batch);
                return true;
            }, ct);
            var drained = await product.DrainAsync(ct);
            await product.CheckEventsAsync(kept, (long)batches.Length * size, ct);
            if (round > 0)
                rounds.Add((ours, bare, drained));
        }

        Add(new Comparison($"batch-{size}-{concurrency}", $"Batches of {size:N0} events, {concurrency} at once", "binary COPY", "events/s", size, rounds));
    }

    private static async Task<(LoadResult, LoadResult, double?)> PersonsAsync(
        Product product, IReadOnlyList<InventedPerson> persons, byte[] ndjson, bool productFirst, CancellationToken ct)
    {
        Guid[] ids = [.. persons.Select(_ => Guid.CreateVersion7())];
        var bare = productFirst ? null : await OnceAsync(() => Task.Run(() => Floor.CopyPersons(product.Source, persons, ids), ct));
        var ours = await OnceAsync(() => product.LoadPersonsAsync(ndjson));
        var drained = await product.DrainAsync(ct);
        if (await product.KeptAsync(ct) is var kept && kept.Persons != persons.Count)
            throw new InvalidOperationException($"Of {persons.Count} persons sent {kept.Persons} are registered.");
        bare ??= await OnceAsync(() => Task.Run(() => Floor.CopyPersons(product.Source, persons, ids), ct));
        return (ours, bare, drained);

        static async Task<LoadResult> OnceAsync(Func<Task> work)
        {
            var started = Stopwatch.GetTimestamp();
            await work();
            var took = Stopwatch.GetElapsedTime(started);
            return new LoadResult(1, took.TotalSeconds, [took.TotalMilliseconds]);
        }
    }

    private async Task SettleAsync(Product product, CancellationToken ct)
    {
        var year = new YearOfCosts(options.SettledPersons);
        Say($"Inventing a year of {year.Persons:N0} persons, {year.Facts:N0} cost facts");
        await year.FillAsync(product.Source, ct);
        Add(await SettlePart.RunAsync(product, year, options.Rounds, ct));
        foreach (var comparison in EnginePart.Run(options.Rounds))
            Add(comparison);
    }

    private async Task<DispatchResult> DispatchAsync(Product product, ChildProcess floor, EventTemplate template, CancellationToken ct)
    {
        var before = await PostSinglesAsync(floor.Url, product.VendorToken, template, 32, options.RoundTime, ct);
        Say($"Dispatcher: {options.DispatchTime.TotalSeconds:0} s of single posts, 32 at once");
        var kept = await product.KeptAsync(ct);
        var samples = new List<Backlog>();
        var load = PostSinglesAsync(product.Process.Url, product.VendorToken, template, 32, options.DispatchTime, ct);
        while (await Task.WhenAny(load, Task.Delay(TimeSpan.FromSeconds(1), ct)) != load)
            samples.Add(await product.BacklogAsync(ct));
        var result = await load;
        var final = await product.BacklogAsync(ct);
        var drained = await product.DrainAsync(ct);
        await product.CheckEventsAsync(kept, result.Requests, ct);
        var after = await PostSinglesAsync(floor.Url, product.VendorToken, template, 32, options.RoundTime, ct);
        var bare = (before.PerSecond + after.PerSecond) / 2;
        Say($"  {result.PerSecond:N0} posts/s against {bare:N0}, then empty after {drained:0.0} s");
        return new DispatchResult(
            options.DispatchTime.TotalSeconds, result.PerSecond, bare, result.P50, result.P99, (before.P99 + after.P99) / 2, samples, final, drained,
            _comparisons.FirstOrDefault(c => c.Id == "single-32")?.Ratio);
    }

    private static async Task<LoadResult> PostSinglesAsync(Uri url, string token, EventTemplate template, int concurrency, TimeSpan most, CancellationToken ct)
    {
        using var client = LoadGenerator.Client(url, token, concurrency);
        return await LoadGenerator.RunAsync(concurrency, most, _ =>
        {
            var body = template.NewBody();
            return async () =>
            {
                template.Next(body);
                await LoadGenerator.PostAsync(client, EventsPath, body, Single);
                return true;
            };
        }, ct);
    }

    private void Add(Comparison comparison)
    {
        _comparisons.Add(comparison);
        Say($"{comparison.Title}: {comparison.Product:N0} against {comparison.Floor:N0} {comparison.Unit}, ratio {comparison.Ratio:0.00}, p99 {comparison.ProductP99:0.0} against {comparison.FloorP99:0.0} ms");
    }

    private static void Say(string what) => Console.WriteLine(what);
}
