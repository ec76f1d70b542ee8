using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace IntegratedCare.Benchmarks;

internal sealed record MachineFacts(
    string Date, string Commit, string System, int Cores, double MemoryGb, string LoadAverage, string DotNet, string PostgreSql, string Fsync,
    string SynchronousCommit, int EventBytes);

/// <summary>All that was found, as a page to read and as JSON.</summary>
/// <param name="RegisterCountedSeconds">From the empty outbox after the last load of persons until the register is counted by age, practice and place.</param>
internal sealed record Report(BenchmarkOptions Options, MachineFacts Machine, Bench Bench, double? RegisterCountedSeconds)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public IReadOnlyList<Target> Targets { get; } = [.. Target.Judge(Bench, Options.Builds[^1].Label)];

    private bool Compares => Options.Builds.Count > 1;

    public static async Task<Report> CreateAsync(Bench bench, int eventBytes, double? registerCounted, CancellationToken ct)
    {
        async Task<string> ShowAsync(string name)
        {
            await using var command = bench.Bed.FloorSource.CreateCommand($"SHOW {name}");
            return (string)(await command.ExecuteScalarAsync(ct))!;
        }

        var machine = new MachineFacts(
            TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture), Commit(), RuntimeInformation.OSDescription,
            Environment.ProcessorCount, Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9, 1), ReadLoadAverage(),
            RuntimeInformation.FrameworkDescription, await ShowAsync("server_version"), await ShowAsync("fsync"),
            await ShowAsync("synchronous_commit"), eventBytes);
        return new Report(bench.Options, machine, bench, registerCounted);
    }

    /// <summary>Processor time in microseconds, with the host's part and PostgreSQL's, in a unit that suits it.</summary>
    public static string Time(Cpu? measured)
    {
        if (measured is not { } cpu)
            return "";
        var (divisor, unit, format) = cpu.Total switch
        {
            < 10 => (1, "µs", "0.00"),
            < 100 => (1, "µs", "0.0"),
            < 10_000 => (1, "µs", "N0"),
            < 1_000_000 => (1_000, "ms", "N0"),
            _ => (1_000_000, "s", "0.00"),
        };
        string Part(double value) => (value / divisor).ToString(format, CultureInfo.InvariantCulture);
        return $"{Part(cpu.Total)} {unit} ({Part(cpu.Host)} + {Part(cpu.Postgres)})";
    }

    public string ToMarkdown()
    {
        var m = Machine;
        var text = new StringBuilder();
        text.AppendLine($"# Benchmark of {m.Date}{(Options.Quick ? " (quick)" : "")}").AppendLine();
        text.AppendLine(
            $"Commit {m.Commit}; {m.Cores} cores shared by client, host and PostgreSQL, {m.MemoryGb} GB; load average at the end {m.LoadAverage}; {m.System}; "
            + $"{m.DotNet}; PostgreSQL {m.PostgreSql}, fsync {m.Fsync}, synchronous_commit {m.SynchronousCommit}; events of {m.EventBytes} bytes. "
            + "Medians of the rounds; ratios within a round.").AppendLine();
        text.AppendLine(
            "CPU is processor time for each unit: all of it (that of the host, or of what stands in its place in the floor, + that of PostgreSQL), until the "
            + "last acknowledgement; *to empty* is until every outbox is empty."
            + (PostgresProcesses.CanMeasure ? "" : " **On this system PostgreSQL's is not measured and counts as 0.**")).AppendLine();
        if (Compares)
            Builds(text);
        Rates(text);
        Starts(text);
        if (RegisterCountedSeconds is { } counted)
            text.AppendLine($"After the last load of persons, and once the outbox was empty, the register was counted in {counted:0.0} s.").AppendLine();
        foreach (var dispatch in Bench.Dispatches)
            Dispatcher(text, dispatch);
        if (Targets.Count > 0)
            text.AppendLine($"| target{(Compares ? $" ({Options.Builds[^1].Label})" : "")} | measured | |").AppendLine("|---|---|---|");
        foreach (var target in Targets)
            text.AppendLine($"| {target.What} | {target.Measured} | {(target.Met ? "met" : "**missed**")} |");
        return text.ToString();
    }

    /// <summary>Writes both files; the path of the readable one.</summary>
    public async Task<string> WriteAsync(string folder)
    {
        Directory.CreateDirectory(folder);
        var builds = Compares ? string.Concat(Options.Builds.Select(b => "-" + b.Label)) : "";
        var name = Path.Combine(folder, Machine.Date[..10] + (Options.Quick ? "-quick" : "") + builds);
        await File.WriteAllTextAsync(name + ".md", ToMarkdown());
        var all = new
        {
            Options.Quick,
            Machine,
            Options.Builds,
            PostgresCpuMeasured = PostgresProcesses.CanMeasure,
            Bench.Comparisons,
            Beside = BuildRow.Of(Bench),
            Bench.Starts,
            RegisterCountedSeconds,
            Bench.Dispatches,
            Targets,
        };
        await File.WriteAllTextAsync(name + ".json", JsonSerializer.Serialize(all, Json) + "\n");
        return name + ".md";
    }

    private void Rates(StringBuilder text)
    {
        if (Bench.Comparisons.Count == 0)
            return;
        Row(text, ["what", "floor", "product", "floor's", "ratio", "CPU (host + PostgreSQL)", "floor's", "ratio", "p50 ms", "floor's", "p99 ms", "floor's",
            "outbox empty after", "CPU to empty"]);
        text.AppendLine("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
        foreach (var c in Bench.Comparisons)
        {
            Row(text, [
                c.Title + (Compares ? $", {c.Build}" : ""), c.FloorName, $"{c.Product:N0} {c.Unit}", $"{c.Floor:N0}", $"{c.Ratio:0.00}",
                Time(c.ProductCpu), Time(c.FloorCpu), $"{c.CpuRatio:0.00}",
                $"{c.ProductP50:0.00}", $"{c.FloorP50:0.00}", $"{c.ProductP99:0.00}", $"{c.FloorP99:0.00}",
                c.OutboxEmptySeconds is { } empty ? $"{empty:0.0} s" : "", Time(c.UntilEmptyCpu)]);
        }

        text.AppendLine();
    }

    private void Builds(StringBuilder text)
    {
        var labels = Options.Builds.Select(b => b.Label).ToList();
        var ratio = $"{labels[^1]}/{labels[0]}";
        foreach (var build in Options.Builds)
            text.AppendLine($"- {build.Label}: `{build.Path}`, {build.Version}");
        text.AppendLine();
        Row(text, ["what", .. labels, ratio, .. labels.Select(l => $"CPU {l}"), ratio, .. labels.Select(l => $"CPU {l} to empty"), ratio]);
        text.AppendLine($"|---|{string.Concat(Enumerable.Repeat("--:|", labels.Count * 3 + 3))}");
        foreach (var row in BuildRow.Of(Bench))
        {
            Row(text, [
                row.What, .. row.Values.Select(v => $"{v.ToString(v < 100 ? "0.00" : "N0", CultureInfo.InvariantCulture)} {row.Unit}"),
                $"{row.Ratio.Value:0.00}",
                .. row.Cpus.Select(Time), $"{row.Ratio.Cpu:0.00}", .. row.UntilEmptyCpus.Select(Time), $"{row.Ratio.UntilEmptyCpu:0.00}"]);
        }

        text.AppendLine();
    }

    private void Starts(StringBuilder text)
    {
        if (Bench.Starts.Count == 0)
            return;
        Row(text, ["start", "ready on an empty database", "CPU (host + PostgreSQL)", "ready", "CPU (host + PostgreSQL)", "VmRSS after the run", "VmHWM"]);
        text.AppendLine("|---|--:|--:|--:|--:|--:|--:|");
        foreach (var s in Bench.Starts)
        {
            Row(text, [
                s.Build, s.Empty is { } empty ? $"{empty.Seconds:0.00} s" : "", Time(s.Empty?.Cpu), $"{s.Again.Seconds:0.00} s", Time(s.Again.Cpu),
                $"{s.Memory?.Now:N0} MB", $"{s.Memory?.Most:N0} MB"]);
        }

        text.AppendLine();
    }

    private void Dispatcher(StringBuilder text, DispatchResult d)
    {
        var sustained = d.Sustained is { } part ? $"{part:0.00} of the rate in rounds of a few seconds, each against its floor; " : "";
        text.AppendLine(
            $"Dispatcher{(Compares ? $", {d.Build}," : "")} under {d.Seconds:0} s of single posts, 32 at once: {sustained}outbox rows waiting at most "
            + $"{d.MaxWaiting:N0}, oldest {d.MaxOldest:0.0} s; mean of the first half {d.FirstHalf:N0} rows and {d.FirstHalfOldest:0.00} s, of the second "
            + $"{d.SecondHalf:N0} rows and {d.SecondHalfOldest:0.00} s; empty {d.DrainSeconds:0.0} s after the end; parked {d.Parked}.").AppendLine();
    }

    private static void Row(StringBuilder text, IEnumerable<string> cells) => text.AppendLine($"| {string.Join(" | ", cells)} |");

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
