namespace IntegratedCare.Benchmarks;

/// <summary>
/// The load of a whole register. A register can be loaded for the first time only once: each round has databases and hosts of its own,
/// and the last stay.
/// </summary>
internal static class PersonsPart
{
    /// <returns>How long after the last load the register was counted, in seconds.</returns>
    public static async Task<double> RunAsync(Bench bench, IReadOnlyList<InventedPerson> persons, byte[] ndjson, CancellationToken ct)
    {
        double counted = 0;
        var what = new Measurement("persons", $"Load of {persons.Count:N0} persons (NDJSON)", "binary COPY", "persons/s", persons.Count);
        await bench.CompareAsync(what, warmUps: 0, async round =>
        {
            if (round > 0)
                await bench.RestartAsync(ct);
            await Floor.EmptyPersonsAsync(bench.Bed.FloorSource, ct);
            Guid[] ids = [.. persons.Select(_ => Guid.CreateVersion7())];
            return new Turn(
                () => LoadGenerator.OnceAsync(1, () => Task.Run(() => Floor.CopyPersons(bench.Bed.FloorSource, persons, ids), ct), bench.Bed.Meter),
                async product =>
                {
                    var load = () => LoadGenerator.OnceAsync(1, () => product.LoadPersonsAsync(ndjson), product.Process.Meter);
                    var measured = await product.MeasureAsync(load, ct);
                    await product.CheckPersonsAsync(persons.Count, ct);
                    // Nobody else is measured while it counts.
                    counted = await product.WaitUntilCountedAsync(ct);
                    return measured;
                });
        }, ct);
        return counted;
    }
}
