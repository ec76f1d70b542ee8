namespace IntegratedCare.Benchmarks;

/// <summary>Posts of care events: singly, in batches, and in batches until every module has applied them.</summary>
internal sealed class EventParts(Bench bench, ChildProcess floor, EventTemplate template)
{
    private const string Path = "/v1/population/events";
    private const string Single = "application/cloudevents+json";
    private const string Batch = "application/cloudevents-batch+json";

    public async Task WarmUpAsync(CancellationToken ct)
    {
        Bench.Say("Warming up");
        await PostSinglesAsync(floor, "", 32, TimeSpan.FromSeconds(4), ct);
        foreach (var product in bench.Products)
        {
            await PostSinglesAsync(product, 32, TimeSpan.FromSeconds(6), ct);
            await product.WaitUntilAppliedAsync(ct);
        }
    }

    public Task SinglesAsync(int concurrency, CancellationToken ct) => bench.CompareAsync(
        new Measurement($"single-{concurrency}", $"Single events, {concurrency} at once", "one-row floor", "events/s"), warmUps: 0,
        _ => Task.FromResult(new Turn(
            () => FloorAsync(concurrency, ct),
            product => product.MeasureEventsAsync(1, () => PostSinglesAsync(product, concurrency, bench.Options.RoundTime, ct), ct))), ct);

    public Task<LoadResult> FloorAsync(int concurrency, CancellationToken ct) => PostSinglesAsync(floor, "", concurrency, bench.Options.RoundTime, ct);

    public Task<LoadResult> PostSinglesAsync(Product product, int concurrency, TimeSpan time, CancellationToken ct) =>
        PostSinglesAsync(product.Process, product.VendorToken, concurrency, time, ct);

    public Task BatchesAsync(int size, int concurrency, CancellationToken ct) =>
        BatchesAsync($"batch-{size}-{concurrency}", $"Batches of {size:N0} events, {concurrency} at once", size, concurrency, measured => measured, ct);

    /// <summary>The clock stops when every outbox is empty, not at the last acknowledgement.</summary>
    public Task AppliedAsync(CancellationToken ct) => BatchesAsync(
        "applied", "Batches of 1,000 events, 1 at once, from post to applied in every module", 1000, 1,
        m => m with { Load = m.Load with { Seconds = m.Load.Seconds + m.OutboxEmptySeconds!.Value, Cpu = m.UntilEmpty!.Value } }, ct);

    /// <summary>One round more than is counted: COPY and the batch's path warm up in it.</summary>
    private Task BatchesAsync(string id, string title, int size, int concurrency, Func<Measured, Measured> result, CancellationToken ct) => bench.CompareAsync(
        new Measurement(id, title, "binary COPY", "events/s", size), warmUps: 1,
        _ =>
        {
            var batches = Enumerable.Range(0, bench.Options.BatchEvents / size).Select(_ => template.Batch(size, TimeProvider.System.GetUtcNow())).ToArray();
            return Task.FromResult(new Turn(
                () => LoadGenerator.RunAllAsync(concurrency, batches, batch =>
                {
                    Floor.CopyEvents(bench.Bed.FloorSource, batch.Rows);
                    return Task.CompletedTask;
                }, bench.Bed.Meter, ct),
                async product =>
                {
                    using var client = LoadGenerator.Client(product.Process.Url, product.VendorToken, concurrency);
                    return result(await product.MeasureEventsAsync(size, () => LoadGenerator.RunAllAsync(
                        concurrency, batches, batch => LoadGenerator.PostAsync(client, Path, batch.Body, Batch), product.Process.Meter, ct), ct));
                }));
        }, ct);

    private async Task<LoadResult> PostSinglesAsync(ChildProcess server, string token, int concurrency, TimeSpan time, CancellationToken ct)
    {
        using var client = LoadGenerator.Client(server.Url, token, concurrency);
        return await LoadGenerator.RunAsync(concurrency, time, _ =>
        {
            var body = template.NewBody();
            return async () =>
            {
                template.Next(body);
                await LoadGenerator.PostAsync(client, Path, body, Single);
                return true;
            };
        }, server.Meter, ct);
    }
}
