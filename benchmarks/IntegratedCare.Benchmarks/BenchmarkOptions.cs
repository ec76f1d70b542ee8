namespace IntegratedCare.Benchmarks;

/// <summary>How much to measure. <c>--quick</c> is for finding out whether something has become slower; the figures to quote come from the full run.</summary>
internal sealed record BenchmarkOptions(bool Quick, IReadOnlySet<string> Only, string Results)
{
    private static readonly string[] Parts = ["single", "batch", "persons", "dispatch", "settle"];

    public int Rounds => 3;

    public TimeSpan RoundTime => TimeSpan.FromSeconds(Quick ? 3 : 5);

    public int BatchEvents => Quick ? 20_000 : 50_000;

    public int Persons => Quick ? 50_000 : 500_000;

    /// <summary>Persons registered when the person load itself is not measured.</summary>
    public int FewPersons => 50_000;

    /// <summary>Persons of the care system whose year is settled.</summary>
    public int SettledPersons => Quick ? 270_000 : 2_700_000;

    public TimeSpan DispatchTime => TimeSpan.FromSeconds(Quick ? 15 : 60);

    /// <summary>Whether anything is measured for which persons are registered and events posted.</summary>
    public bool PostsEvents => Only.Count == 0 || Only.Any(part => part != "settle");

    public bool Has(string part) => Only.Count == 0 || Only.Contains(part);

    public static BenchmarkOptions? Parse(string[] args)
    {
        var quick = false;
        var only = new HashSet<string>();
        var results = DefaultResults();
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
                case "--results" when i + 1 < args.Length:
                    results = args[++i];
                    break;
                default:
                    return null;
            }
        }

        return new BenchmarkOptions(quick, only, results);
    }

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
