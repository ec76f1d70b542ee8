using System.Text.Json.Nodes;

namespace IntegratedCare.Host.OpenApi;

/// <summary>
/// A body that is accepted, for each operation: <c>OpenApi/Examples/{operationId}.json</c>. The document shows it, and tests hold it
/// against its schema, send it, and begin from it when they make bodies that must be refused.
/// </summary>
internal static class Examples
{
    /// <summary>The example as this media type has it, or null if there is none: a batch of one, or one line.</summary>
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
        $"{string.Join(',', example.Select(m => m.Key))}\n{string.Join(',', example.Select(m => m.Value?.ToString() is { } text ? text.AsSpan().ContainsAny(",\"") ? $"\"{text.Replace("\"", "\"\"")}\"" : text : ""))}\n";
}
