using System.Text.Json.Nodes;

namespace IntegratedCare.Host.OpenApi;

/// <summary>
/// An accepted body for each operation: <c>OpenApi/Examples/{operationId}.json</c>. The document shows it; tests check it against its
/// schema, send it, and derive bodies from it that must be refused.
/// </summary>
internal static class Examples
{
    /// <summary>The example in a media type (a batch of one, or one line), or null if there is none.</summary>
    public static JsonNode? For(string? operationId, string mediaType)
    {
        using var stream = typeof(Examples).Assembly.GetManifestResourceStream($"example.{operationId}");
        if (stream is null)
            return null;
        var example = JsonNode.Parse(stream)!;
        if (mediaType.EndsWith("-batch+json", StringComparison.Ordinal))
            return new JsonArray(example);
        return mediaType switch
        {
            "application/x-ndjson" => example.ToJsonString() + "\n",
            "text/csv" => Csv(example.AsObject()),
            _ => example,
        };
    }

    private static string Csv(JsonObject example) =>
        $"{string.Join(',', example.Select(m => m.Key))}\n{string.Join(',', example.Select(m => Quote(m.Value?.ToString() ?? "")))}\n";

    private static string Quote(string text) => text.AsSpan().ContainsAny(",\"") ? $"\"{text.Replace("\"", "\"\"")}\"" : text;
}
