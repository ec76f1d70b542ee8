namespace IntegratedCare.Benchmarks;

/// <summary>Runs the parts that were asked for, one after the other.</summary>
internal sealed class Runner(BenchmarkOptions options)
{
    public async Task<Report> RunAsync(CancellationToken ct)
    {
        await using var bed = await TestBed.StartAsync(ct);
        var bench = new Bench(options, bed);
        try
        {
            // First, while nothing else runs.
            if (options.Has("start"))
                await StartPart.RunAsync(bench, ct);
            await using var floor = await bed.FloorAsync(ct);
            await bench.RestartAsync(ct);
            var events = options.NeedsPersons ? await EventsAsync(bench, floor, ct) : default;
            if (options.Has("settle"))
            {
                await SettlePart.RunAsync(bench, ct);
                // It has no host, and so nothing to tell builds apart by.
                if (options.Builds.Count == 1)
                    await EnginePart.RunAsync(bench);
            }

            List<ChildProcess> processes = [floor, .. bench.Products.Select(p => p.Process)];
            for (var i = 0; i < bench.Starts.Count; i++)
                bench.Starts[i] = bench.Starts[i] with { Memory = processes[i].Memory };
            return await Report.CreateAsync(bench, events.EventBytes, events.CountedSeconds, ct);
        }
        finally
        {
            await bench.StopAsync();
        }
    }

    /// <summary>What persons are registered for.</summary>
    private async Task<(int EventBytes, double? CountedSeconds)> EventsAsync(Bench bench, ChildProcess floor, CancellationToken ct)
    {
        Bench.Say($"Inventing {options.Persons:N0} persons");
        var persons = InventedPerson.Invent(options.Persons);
        var ndjson = InventedPerson.Ndjson(persons);
        double? counted = options.Has("persons") ? await PersonsPart.RunAsync(bench, persons, ndjson, ct) : null;
        foreach (var product in options.Has("persons") ? [] : bench.Products)
        {
            await product.LoadPersonsAsync(ndjson);
            await product.CheckPersonsAsync(persons.Count, ct);
            await product.WaitUntilAppliedAsync(ct);
            await product.WaitUntilCountedAsync(ct);
        }

        var template = new EventTemplate(persons, TimeProvider.System.GetUtcNow());
        var events = new EventParts(bench, floor, template);
        await events.WarmUpAsync(ct);
        foreach (var concurrency in options.Has("single") ? new[] { 1, 8, 32 } : [])
            await events.SinglesAsync(concurrency, ct);
        foreach (var size in options.Has("batch") ? new[] { 100, 1000 } : [])
        {
            await events.BatchesAsync(size, 1, ct);
            await events.BatchesAsync(size, 4, ct);
        }

        if (options.Has("applied"))
            await events.AppliedAsync(ct);
        if (options.Has("dispatch"))
            await DispatchPart.RunAsync(bench, events, ct);
        return (template.Length, counted);
    }
}
