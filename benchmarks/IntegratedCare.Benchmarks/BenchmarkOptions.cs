using System.Diagnostics;
using System.Text.RegularExpressions;

namespace IntegratedCare.Benchmarks;

/// <summary>A build of the host: what the report calls it, and its program.</summary>
internal sealed record Build(string Label, string Path)
{
    /// <summary>Version and commit, as they were compiled in.</summary>
    public string Version => FileVersionInfo.GetVersionInfo(Path).ProductVersion ?? "unknown";
}

/// <summary>How much to measure. <c>--quick</c> is for finding out whether something has become slower; the figures to quote come from the full run.</summary>
/// <param name="Builds">The last is the one that is judged; what is before it is compared with it.</param>
internal sealed partial record BenchmarkOptions(bool Quick, IReadOnlySet<string> Only, string Results, IReadOnlyList<Build> Builds)
{
    public const string Usage =
        "Usage: dotnet run -c Release --project benchmarks/IntegratedCare.Benchmarks [-- --quick] [--only single,batch,applied,persons,dispatch,settle,start]"
        + " [--host PATH_TO_IntegratedCare.Host.dll [--label NAME]]... [--results FOLDER]";

    private static readonly string[] Parts = ["single", "batch", "applied", "persons", "dispatch", "settle", "start"];

    /// <summary>Where builds are compared an even number, so that each goes first as often as the other, and more: a few percent are to be seen.</summary>
    public int Rounds => Builds.Count > 1 ? 6 : 3;

    public TimeSpan RoundTime => TimeSpan.FromSeconds(Quick ? 3 : 5);

    public int BatchEvents => Quick ? 20_000 : 50_000;

    /// <summary>Persons in the register; fewer when the load itself is not measured.</summary>
    public int Persons => Has("persons") && !Quick ? 500_000 : 50_000;

    /// <summary>Persons of the care system whose year is settled.</summary>
    public int SettledPersons => Quick ? 270_000 : 2_700_000;

    public TimeSpan DispatchTime => TimeSpan.FromSeconds(Quick ? 15 : 60);

    /// <summary>Whether anything is measured for which persons are registered and events posted.</summary>
    public bool NeedsPersons => Parts.Except(["settle", "start"]).Any(Has);

    public bool Has(string part) => Only.Count == 0 || Only.Contains(part);

    /// <summary>Null when the arguments are not understood.</summary>
    public static BenchmarkOptions? Parse(string[] args)
    {
        var quick = false;
        var only = new HashSet<string>();
        var results = DefaultResults();
        var builds = new List<Build>();
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--quick":
                    quick = true;
                    break;
                case "--only" when i + 1 < args.Length && args[i + 1].Split(',').All(Parts.Contains):
                    only.UnionWith(args[++i].Split(','));
                    break;
                case "--host" when i + 1 < args.Length && File.Exists(args[i + 1]):
                    builds.Add(new Build($"host-{builds.Count + 1}", Path.GetFullPath(args[++i])));
                    break;
                case "--label" when i + 1 < args.Length && builds.Count > 0 && Label().IsMatch(args[i + 1]):
                    builds[^1] = builds[^1] with { Label = args[++i] };
                    break;
                case "--results" when i + 1 < args.Length:
                    results = args[++i];
                    break;
                default:
                    return null;
            }
        }

        if (builds.Count == 0)
            builds.Add(new Build("product", Path.Combine(AppContext.BaseDirectory, "IntegratedCare.Host.dll")));
        return builds.DistinctBy(b => b.Label).Count() == builds.Count ? new BenchmarkOptions(quick, only, results, builds) : null;
    }

    [GeneratedRegex("^[a-z0-9][a-z0-9-]{0,30}$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Label();

    private static string DefaultResults()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "IntegratedCare.sln")))
                return Path.Combine(folder.FullName, "benchmarks", "results");
        }

        return Path.Combine(Environment.CurrentDirectory, "results");
    }
}
