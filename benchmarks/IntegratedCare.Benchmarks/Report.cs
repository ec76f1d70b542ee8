using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Npgsql;

namespace IntegratedCare.Benchmarks;

/// <summary>The product beside its floor over the rounds. Every figure is the median of the rounds; a ratio is taken within its round.</summary>
internal sealed class Comparison(string id, string title, string floorName, string unit, int perRequest, IReadOnlyList<(LoadResult Product, LoadResult Floor, double? Drain)> rounds)
{
    public string Id => id;

    public string Title => title;

    public string FloorName => floorName;

    public string Unit => unit;

    public double Product => Median(r => r.Product.PerSecond * perRequest);

    public double Floor => Median(r => r.Floor.PerSecond * perRequest);

    public double Ratio => Median(r => r.Product.PerSecond / r.Floor.PerSecond);

    /// <summary>How long the product took for all of it.</summary>
    public double ProductSeconds => Median(r => r.Product.Seconds);

    public double SlowestSeconds => rounds.Max(r => r.Product.Seconds);

    public double ProductP50 => Median(r => r.Product.P50);

    public double FloorP50 => Median(r => r.Floor.P50);

    public double ProductP99 => Median(r => r.Product.P99);

    public double FloorP99 => Median(r => r.Floor.P99);

    public double P99Ratio => Median(r => r.Product.P99 / r.Floor.P99);

    public double OutboxEmptySeconds => Median(r => r.Drain ?? 0);

    public IEnumerable<object> Rounds => rounds.Select(r => (object)new
    {
        product = Math.Round(r.Product.PerSecond * perRequest, 1),
        floor = Math.Round(r.Floor.PerSecond * perRequest, 1),
        ratio = Math.Round(r.Product.PerSecond / r.Floor.PerSecond, 3),
        requests = r.Product.Requests,
        outboxEmptySeconds = r.Drain is { } drain ? Math.Round(drain, 2) : (double?)null,
    });

    private double Median(Func<(LoadResult Product, LoadResult Floor, double? Drain), double> value)
    {
        double[] sorted = [.. rounds.Select(value).Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }
}

/// <summary>Whether what is posted is also applied. Waiting counts outbox rows of all modules: one row may hold many events.</summary>
/// <param name="BurstRatio">What the same load came to in rounds of a few seconds, as a ratio to the floor of those rounds, where measured: what is not sustained is held back by the product.</param>
internal sealed record DispatchResult(
    double Seconds, double PerSecond, double FloorPerSecond, double P50, double P99, double FloorP99, IReadOnlyList<Backlog> Samples, Backlog Final, double DrainSeconds, double? BurstRatio)
{
    public double Ratio => PerSecond / FloorPerSecond;

    /// <summary>The part of the rate in short rounds that is kept up. Each against its own floor: minutes lie between them.</summary>
    public double? Sustained => Ratio / BurstRatio;

    public double P99Ratio => P99 / FloorP99;

    public double MaxWaiting => Samples.Count == 0 ? 0 : Samples.Max(s => s.Waiting + s.Retrying);

    public double MaxOldest => Samples.Count == 0 ? 0 : Samples.Max(s => s.OldestSeconds);

    public double FirstHalf => Mean(Samples.Take(Samples.Count / 2));

    public double SecondHalf => Mean(Samples.Skip(Samples.Count / 2));

    public double FirstHalfOldest => MeanOldest(Samples.Take(Samples.Count / 2));

    public double SecondHalfOldest => MeanOldest(Samples.Skip(Samples.Count / 2));

    public long Parked => Samples.Append(Final).Max(s => s.Parked);

    /// <summary>
    /// Neither the rows that wait, those tried again among them, nor the age of the oldest grows from the first half to the second by
    /// more than half; a handful of rows is no backlog. Nothing is parked, and there was a look at it at least every other second.
    /// </summary>
    public bool Bounded => Samples.Count >= Seconds / 2 && Parked == 0 && SecondHalf <= Math.Max(FirstHalf * 1.5, 50) && SecondHalfOldest <= Math.Max(FirstHalfOldest * 1.5, 0.5);

    private static double Mean(IEnumerable<Backlog> samples) => samples.Select(s => (double)(s.Waiting + s.Retrying)).DefaultIfEmpty().Average();

    private static double MeanOldest(IEnumerable<Backlog> samples) => samples.Select(s => s.OldestSeconds).DefaultIfEmpty().Average();
}

internal sealed record Target(string What, string Measured, bool Met);

internal sealed record MachineFacts(string Date, string Commit, string System, int Cores, double MemoryGb, string LoadAverage, string DotNet, string PostgreSql, string Fsync, string SynchronousCommit, int EventBytes);

internal sealed class Report
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private Report(bool quick, MachineFacts machine, IReadOnlyList<Comparison> comparisons, double? registerCounted, DispatchResult? dispatch)
    {
        Quick = quick;
        Machine = machine;
        Comparisons = comparisons;
        RegisterCountedSeconds = registerCounted;
        Dispatch = dispatch;
        Targets = [.. Judge()];
    }

    public bool Quick { get; }

    public MachineFacts Machine { get; }

    public IReadOnlyList<Comparison> Comparisons { get; }

    /// <summary>From the empty outbox after the last load of persons until the register is counted by age, practice and place.</summary>
    public double? RegisterCountedSeconds { get; }

    public DispatchResult? Dispatch { get; }

    public IReadOnlyList<Target> Targets { get; }

    public static async Task<Report> CreateAsync(
        BenchmarkOptions options, NpgsqlDataSource source, int eventBytes, IReadOnlyList<Comparison> comparisons, double? registerCounted, DispatchResult? dispatch, CancellationToken ct)
    {
        async Task<string> ShowAsync(string name)
        {
            await using var command = source.CreateCommand($"SHOW {name}");
            return (string)(await command.ExecuteScalarAsync(ct))!;
        }

        var machine = new MachineFacts(
            TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture), Commit(), RuntimeInformation.OSDescription, Environment.ProcessorCount,
            Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9, 1), ReadLoadAverage(), RuntimeInformation.FrameworkDescription,
            await ShowAsync("server_version"), await ShowAsync("fsync"), await ShowAsync("synchronous_commit"), eventBytes);
        return new Report(options.Quick, machine, comparisons, registerCounted, dispatch);
    }

    public string ToMarkdown()
    {
        var text = new StringBuilder();
        text.AppendLine($"# Benchmark of {Machine.Date}{(Quick ? " (quick)" : "")}").AppendLine();
        text.AppendLine($"Commit {Machine.Commit}; {Machine.Cores} cores shared by client, host and PostgreSQL, {Machine.MemoryGb} GB; load average at the end {Machine.LoadAverage}; {Machine.System}; {Machine.DotNet}; "
            + $"PostgreSQL {Machine.PostgreSql}, fsync {Machine.Fsync}, synchronous_commit {Machine.SynchronousCommit}; events of {Machine.EventBytes} bytes. Medians of the rounds; ratios within a round.").AppendLine();
        if (Comparisons.Count > 0)
        {
            text.AppendLine("| what | floor | product | floor's | ratio | p50 ms | floor's | p99 ms | floor's | outbox empty after |").AppendLine("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|");
            foreach (var c in Comparisons)
            {
                text.AppendLine($"| {c.Title} | {c.FloorName} | {c.Product:N0} {c.Unit} | {c.Floor:N0} | {c.Ratio:0.00} | {c.ProductP50:0.00} | {c.FloorP50:0.00} | {c.ProductP99:0.00} | {c.FloorP99:0.00} | {c.OutboxEmptySeconds:0.0} s |");
            }

            text.AppendLine();
        }

        if (RegisterCountedSeconds is { } counted)
            text.AppendLine($"After the last load of persons, and once the outbox was empty, the register was counted in {counted:0.0} s.").AppendLine();

        if (Dispatch is { } d)
        {
            text.AppendLine($"Dispatcher under {d.Samples.Count + 1} s of single posts, 32 at once: {d.PerSecond:N0} posts/s against the one-row floor's {d.FloorPerSecond:N0} just before and after{(d.Sustained is { } sustained ? $", {sustained:0.00} of the rate in rounds of a few seconds, each against its floor" : "")} (p50 {d.P50:0.00} ms, p99 {d.P99:0.00} ms); outbox rows waiting at most {d.MaxWaiting:N0}, "
                + $"oldest {d.MaxOldest:0.0} s; mean of the first half {d.FirstHalf:N0} rows and {d.FirstHalfOldest:0.00} s, of the second {d.SecondHalf:N0} rows and {d.SecondHalfOldest:0.00} s; "
                + $"at the end {d.Final.Waiting + d.Final.Retrying:N0}, empty {d.DrainSeconds:0.0} s later; parked {d.Parked}.").AppendLine();
        }

        text.AppendLine("| target | measured | |").AppendLine("|---|---|---|");
        foreach (var target in Targets)
            text.AppendLine($"| {target.What} | {target.Measured} | {(target.Met ? "met" : "**missed**")} |");
        return text.ToString();
    }

    /// <summary>Writes both files; the path of the readable one.</summary>
    public async Task<string> WriteAsync(string folder)
    {
        Directory.CreateDirectory(folder);
        var name = Path.Combine(folder, Machine.Date[..10] + (Quick ? "-quick" : ""));
        await File.WriteAllTextAsync(name + ".md", ToMarkdown());
        await File.WriteAllTextAsync(name + ".json", JsonSerializer.Serialize(new { Quick, Machine, Comparisons, RegisterCountedSeconds, Dispatch, Targets }, Json) + "\n");
        return name + ".md";
    }

    private IEnumerable<Target> Judge()
    {
        Comparison? Of(string id) => Comparisons.FirstOrDefault(c => c.Id == id);
        if (Of("single-32") is { } single)
        {
            yield return new Target("Single events, 32 at once: at least 0.5 of the one-row floor", $"{single.Ratio:0.00}", single.Ratio >= 0.5);
            yield return new Target("Single events, 32 at once: p99 at most 4 times the floor's", $"{single.P99Ratio:0.0}", single.P99Ratio <= 4);
        }

        foreach (var batch in Comparisons.Where(c => c.Id.StartsWith("batch-1000-", StringComparison.Ordinal)))
            yield return new Target($"{batch.Title}: at least 0.30 of COPY", $"{batch.Ratio:0.00}", batch.Ratio >= 0.30);
        if (Of("persons") is { } persons)
            yield return new Target($"{persons.Title}: at least 0.40 of COPY", $"{persons.Ratio:0.00}", persons.Ratio >= 0.40);
        if (Of("settle") is { } settle)
            yield return new Target($"{settle.Title}: at most 60 s in the slowest round", $"{settle.SlowestSeconds:0.0} s", settle.SlowestSeconds <= 60);
        if (Of("engine") is { } engine)
            yield return new Target($"{engine.Title}: at least 20,000/s", $"{engine.Product:N0}/s", engine.Product >= 20_000);
        if (Of("simulation") is { } simulation)
            yield return new Target($"{simulation.Title}: at most 2 s", $"{simulation.ProductSeconds:0.00} s", simulation.ProductSeconds <= 2);
        if (Dispatch is { } d)
        {
            // A backlog is also bounded when posts are held back: so the rate is judged too.
            yield return new Target("Dispatcher: single posts over the whole time at least 0.5 of the one-row floor", $"{d.Ratio:0.00}", d.Ratio >= 0.5);
            if (d.Sustained is { } sustained)
                yield return new Target("Dispatcher: single posts over the whole time at least 0.75 of the rate in rounds of a few seconds, each against its floor", $"{sustained:0.00}", sustained >= 0.75);
            yield return new Target("Dispatcher: p99 over the whole time at most 4 times the floor's", $"{d.P99Ratio:0.0}", d.P99Ratio <= 4);
            yield return new Target("Dispatcher: the backlog stays bounded", $"{d.FirstHalf:N0} then {d.SecondHalf:N0} rows; {d.FirstHalfOldest:0.00} then {d.SecondHalfOldest:0.00} s; parked {d.Parked}", d.Bounded);
        }
    }

    private static string Commit()
    {
        try
        {
            using var git = Process.Start(new ProcessStartInfo("git", ["describe", "--always", "--dirty", "--abbrev=10"])
            {
                WorkingDirectory = AppContext.BaseDirectory,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            })!;
            var said = git.StandardOutput.ReadToEnd().Trim();
            git.WaitForExit();
            return said.Length > 0 ? said : "unknown";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "unknown";
        }
    }

    private static string ReadLoadAverage() => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";
}
