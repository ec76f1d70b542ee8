using System.Text.Json;
using IntegratedCare.Shared;

namespace IntegratedCare.Contracts.Domain;

/// <summary>A named starting point for terms, held as data in <c>Data/risk-share-presets.json</c>.</summary>
internal sealed record Preset(string Code, string Title, string Form, string Explanation, string Source, TermsDraft Terms)
{
    public static readonly IReadOnlyList<Preset> All = ProductData.Read<IReadOnlyList<Preset>>("risk-share-presets.json");

    public static Preset? Find(string? code) => All.FirstOrDefault(p => p.Code == code);
}

/// <summary>A table of minimum rates by number of persons, held as data in <c>Data/size-tables.json</c>.</summary>
internal sealed record NamedSizeTable(string Code, string Title, string Source, IReadOnlyList<SizeBandDraft> Bands)
{
    public static readonly IReadOnlyList<NamedSizeTable> All = ProductData.Read<IReadOnlyList<NamedSizeTable>>("size-tables.json");

    public static NamedSizeTable? Find(string? code) => All.FirstOrDefault(t => t.Code == code);
}

internal static class ProductData
{
    public static T Read<T>(string file)
    {
        using var stream = typeof(ProductData).Assembly.GetManifestResourceStream($"IntegratedCare.Contracts.Data.{file}")!;
        return JsonSerializer.Deserialize<T>(stream, SharedJson.Wire)!;
    }
}
