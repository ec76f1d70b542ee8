using System.Text.Json;
using IntegratedCare.Shared;

namespace IntegratedCare.Metrics.Definitions;

/// <summary>The definition of a metric.</summary>
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
/// <param name="CodeList">The name of the code list that decides, if one does.</param>
internal sealed record MetricPart(string Measure, string Description, string Facts, IReadOnlyList<string> Steps, string? CodeList = null);

/// <summary>The built-in definitions, from <c>Definitions/Data/definitions.json</c>.</summary>
internal static class MetricDefinitions
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
