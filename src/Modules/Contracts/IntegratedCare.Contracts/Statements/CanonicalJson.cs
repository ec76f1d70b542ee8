using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using IntegratedCare.Shared;

namespace IntegratedCare.Contracts.Statements;

/// <summary>
/// Canonical JSON: UTF-8, no white space, members in order of name, no nulls, decimals with the places they hold. A clause added to the
/// product later does not change the bytes of documents without it.
/// </summary>
internal static class CanonicalJson
{
    private static readonly JsonSerializerOptions Options = new(SharedJson.Storage)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { SortMembers } },
    };

    public static byte[] ToBytes<T>(T document) => JsonSerializer.SerializeToUtf8Bytes(document, Options);

    /// <summary>The member <c>schema</c> of a document; null where it has none, or is no JSON object.</summary>
    public static string? SchemaOf(ReadOnlySpan<byte> document)
    {
        try
        {
            var reader = new Utf8JsonReader(document);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var named = reader.ValueTextEquals("schema"u8);
                reader.Read();
                if (named)
                    return reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                reader.Skip();
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // Malformed JSON is refused, with its place, when the whole document is read.
        }

        return null;
    }

    private static void SortMembers(JsonTypeInfo info)
    {
        if (info.Kind != JsonTypeInfoKind.Object)
            return;
        var sorted = info.Properties.OrderBy(p => p.Name, StringComparer.Ordinal).ToList();
        info.Properties.Clear();
        foreach (var property in sorted)
            info.Properties.Add(property);
    }
}
