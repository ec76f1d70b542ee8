using System.Text.Json;
using IntegratedCare.Shared;

namespace IntegratedCare.Contracts;

/// <summary>Reads presets and tables that ship with the product, from JSON in a <c>Data</c> folder.</summary>
internal static class ProductData
{
    public static T Read<T>(string room, string file)
    {
        using var stream = typeof(ProductData).Assembly.GetManifestResourceStream($"IntegratedCare.Contracts.{room}.Data.{file}")!;
        return JsonSerializer.Deserialize<T>(stream, SharedJson.Wire)!;
    }
}
