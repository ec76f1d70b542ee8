using System.Text.Json;
using IntegratedCare.Shared;

namespace IntegratedCare.Contracts.RiskShares;

/// <summary>A named starting point for terms, held as data in <c>Data/risk-share-presets.json</c>.</summary>
internal sealed record Preset(string Code, string Title, string Form, string Explanation, string Source, TermsDraft Terms)
{
    public static readonly IReadOnlyList<Preset> All = ProductData.Read<IReadOnlyList<Preset>>("RiskShares", "risk-share-presets.json");

    public static Preset? Find(string? code) => All.FirstOrDefault(p => p.Code == code);
}

/// <summary>A table of minimum rates by number of persons, held as data in <c>Data/size-tables.json</c>.</summary>
internal sealed record NamedSizeTable(string Code, string Title, string Source, IReadOnlyList<SizeBandDraft> Bands)
{
    public static readonly IReadOnlyList<NamedSizeTable> All = ProductData.Read<IReadOnlyList<NamedSizeTable>>("RiskShares", "size-tables.json");

    public static NamedSizeTable? Find(string? code) => All.FirstOrDefault(t => t.Code == code);
}
