using System.Text.Json;
using IntegratedCare.CarePathways.Episodes;
using IntegratedCare.Shared;

namespace IntegratedCare.CarePathways.Definitions;

/// <summary>The built-in definitions, each checked when it is loaded. An episode keeps the version it started on.</summary>
internal sealed class PathwayCatalogue
{
    private const string Folder = "IntegratedCare.CarePathways.Definitions.Data.";
    private readonly Dictionary<(string, int), PathwayDefinition> _all = [];

    public PathwayCatalogue() : this(BuiltIn())
    {
    }

    internal PathwayCatalogue(IEnumerable<PathwayDefinition> definitions)
    {
        foreach (var definition in definitions)
        {
            if (definition.Check() is { Count: > 0 } faults)
                throw new InvalidOperationException($"Pathway {definition.Id} version {definition.Version} cannot be used: {string.Join(' ', faults)}");
            if (!_all.TryAdd((definition.Id, definition.Version), definition))
                throw new InvalidOperationException($"Pathway {definition.Id} version {definition.Version} is defined twice.");
        }

        Latest = [.. _all.Values.GroupBy(d => d.Id).Select(g => g.MaxBy(d => d.Version)!).OrderBy(d => d.Id, StringComparer.Ordinal)];
    }

    /// <summary>The latest version of each pathway: what new episodes start on.</summary>
    public IReadOnlyList<PathwayDefinition> Latest { get; }

    public PathwayDefinition? Find(string id, int? version) =>
        version is { } v ? _all.GetValueOrDefault((id, v)) : Latest.FirstOrDefault(d => d.Id == id);

    public PathwayDefinition Of(Episode episode) => Of(episode.Pathway, episode.PathwayVersion);

    public PathwayDefinition Of(string pathway, int version) => _all[(pathway, version)];

    internal static IReadOnlyList<PathwayDefinition> BuiltIn()
    {
        var assembly = typeof(PathwayCatalogue).Assembly;
        return
        [
            .. assembly.GetManifestResourceNames()
                .Where(name => name.StartsWith(Folder, StringComparison.Ordinal) && name.EndsWith(".json", StringComparison.Ordinal))
                .Select(name =>
                {
                    using var stream = assembly.GetManifestResourceStream(name)!;
                    return JsonSerializer.Deserialize<PathwayDefinition>(stream, SharedJson.Wire)!;
                }),
        ];
    }
}
