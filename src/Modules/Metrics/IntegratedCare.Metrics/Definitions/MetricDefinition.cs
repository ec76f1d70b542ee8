using System.Text.Json;
using IntegratedCare.Shared;

namespace IntegratedCare.Metrics.Domain;

/// <summary>What a metric is: a definition anyone can read.</summary>
/// <param name="Multiplier">What value and limits are multiplied by: 1,000 for a rate per 1,000.</param>
/// <param name="Method"><c>clustered-rate</c>, <c>rate</c> or <c>proportion</c>.</param>
/// <param name="Direction"><c>lower-is-better</c>, <c>higher-is-better</c> or <c>neutral</c>.</param>
/// <param name="Dimensions">The kinds of area it is computed for.</param>
/// <param name="Disclosure">Whether small counts are hidden from callers who are not entitled to them.</param>
internal sealed record MetricDefinition(
    string Id,
    int Version,
    string Title,
    string Owner,
    string Rationale,
    MetricPart Numerator,
    MetricPart Denominator,
    string Unit,
    double Multiplier,
    string Method,
    string MethodNote,
    string Direction,
    IReadOnlyList<string> Grain,
    IReadOnlyList<string> Dimensions,
    bool Disclosure,
    string Source);

/// <param name="Measure">Which of the module's set-based counts it is.</param>
/// <param name="Steps">The filters, in order, as lineage counts them.</param>
/// <param name="CodeList">The code list under <c>Data/</c> that decides, if one does.</param>
internal sealed record MetricPart(string Measure, string Description, string Facts, IReadOnlyList<string> Steps, string? CodeList = null);

/// <summary>The module's set-based counts; <c>MeasureSql</c> has the statement of each, and <c>FactStore</c> says which facts touch it.</summary>
internal static class Measures
{
    public const string BedDays = "bed-days";
    public const string EmergencyAdmissions = "emergency-admissions";
    public const string AcsAdmissions = "acs-admissions";
    public const string Plans = "persons-with-current-plan";
}

/// <summary>The built-in definitions, from <c>Data/definitions.json</c>.</summary>
internal static class Definitions
{
    public static readonly IReadOnlyList<MetricDefinition> All = Load();

    public static readonly IReadOnlyList<string> Ids = [.. All.Select(d => d.Id)];

    public static MetricDefinition? Find(string id) => All.FirstOrDefault(d => d.Id == id);

    public static MetricDefinition Get(string id) => All.First(d => d.Id == id);

    private static IReadOnlyList<MetricDefinition> Load()
    {
        using var stream = DataFiles.Open("definitions.json");
        return JsonSerializer.Deserialize<DefinitionFile>(stream, SharedJson.Wire)!.Definitions;
    }

    private sealed record DefinitionFile(IReadOnlyList<MetricDefinition> Definitions);
}

/// <summary>The module's embedded data.</summary>
internal static class DataFiles
{
    public static Stream Open(string name) =>
        typeof(DataFiles).Assembly.GetManifestResourceStream($"IntegratedCare.Metrics.Data.{name}")
        ?? throw new InvalidOperationException($"There is no data file {name}.");

    /// <summary>The rows of a CSV whose lines starting with <c>#</c> are its citation, without the header. Cells hold no quotes but for commas.</summary>
    public static IEnumerable<IReadOnlyList<string>> Rows(string name)
    {
        using var reader = new StreamReader(Open(name));
        var header = true;
        while (reader.ReadLine() is { } line)
        {
            if (line.Length == 0 || line[0] == '#')
                continue;
            if (!header)
                yield return Cells(line);
            header = false;
        }
    }

    private static List<string> Cells(string line)
    {
        var cells = new List<string>();
        var cell = new System.Text.StringBuilder();
        var quoted = false;
        foreach (var c in line)
        {
            if (c == '"')
            {
                quoted = !quoted;
            }
            else if (c == ',' && !quoted)
            {
                cells.Add(cell.ToString());
                cell.Clear();
            }
            else
            {
                cell.Append(c);
            }
        }

        cells.Add(cell.ToString());
        return cells;
    }
}
