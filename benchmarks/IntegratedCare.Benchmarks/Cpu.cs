using System.Globalization;
using Npgsql;

namespace IntegratedCare.Benchmarks;

/// <summary>Processor time of the host, or of the process that stands in its place in a floor, and of PostgreSQL.</summary>
internal readonly record struct Cpu(double Host, double Postgres)
{
    public double Total => Host + Postgres;

    public static Cpu operator +(Cpu one, Cpu other) => new(one.Host + other.Host, one.Postgres + other.Postgres);

    public static Cpu operator -(Cpu after, Cpu before) => new(after.Host - before.Host, after.Postgres - before.Postgres);

    /// <summary>From seconds for all units to microseconds for each.</summary>
    public Cpu PerUnit(double units) => new(Math.Round(Host * 1e6 / units, 3), Math.Round(Postgres * 1e6 / units, 3));
}

/// <summary>Reads the processor time used so far, in seconds: the difference of two readings is what a stretch of work cost.</summary>
internal sealed class CpuMeter(Func<TimeSpan> host, PostgresProcesses postgres)
{
    public Cpu Read() => new(host().TotalSeconds, postgres.CpuSeconds());
}

/// <summary>
/// The processor time of all of PostgreSQL's processes: the postmaster's own and that of its children that have ended
/// (utime, stime, cutime and cstime of <c>/proc/PID/stat</c>), and that of each child that lives: backends, parallel workers,
/// autovacuum, checkpointer, WAL writer.
/// </summary>
internal sealed class PostgresProcesses
{
    /// <summary>The unit of <c>/proc</c> (USER_HZ), which is 100 on every common Linux.</summary>
    private const double TicksPerSecond = 100;

    private readonly int _postmaster;

    private PostgresProcesses(int postmaster) => _postmaster = postmaster;

    /// <summary>There is no <c>/proc</c> elsewhere: PostgreSQL's time is then 0, and the report says so.</summary>
    public static bool CanMeasure => OperatingSystem.IsLinux();

    public static async Task<PostgresProcesses> OfServerAsync(string connectionString, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync(ct);
        await using var command = new NpgsqlCommand("SELECT pg_read_file('postmaster.pid')", connection);
        var file = (string)(await command.ExecuteScalarAsync(ct))!;
        return new PostgresProcesses(int.Parse(file[..file.IndexOf('\n')], CultureInfo.InvariantCulture));
    }

    public double CpuSeconds()
    {
        while (CanMeasure)
        {
            var before = Read(_postmaster) ?? throw new InvalidOperationException("The PostgreSQL server has ended.");
            var living = Directory.EnumerateDirectories("/proc")
                .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) ? Read(id) : null)
                .Sum(process => process?.Parent == _postmaster ? process.Value.Own : 0);
            // A child that ended meanwhile would count twice or not at all.
            if (Read(_postmaster) is { } after && after.Ended == before.Ended)
                return (after.Own + after.Ended + living) / TicksPerSecond;
        }

        return 0;
    }

    /// <summary>The parent, the ticks of the process and those of its children that have ended; null when there is no such process.</summary>
    private static (int Parent, long Own, long Ended)? Read(int process)
    {
        string stat;
        try
        {
            stat = File.ReadAllText($"/proc/{process}/stat");
        }
        catch (IOException)
        {
            return null;
        }

        // The name, which may hold anything, ends with the last bracket; then come state, parent and so on.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        long Field(int at) => long.Parse(fields[at], CultureInfo.InvariantCulture);
        return ((int)Field(1), Field(11) + Field(12), Field(13) + Field(14));
    }
}
