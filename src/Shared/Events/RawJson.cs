using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace IntegratedCare.Shared.Events;

/// <summary>A member of an event whose shape depends on another: JSON in UTF-8 that is not parsed until a consumer reads what it needs of it.</summary>
[JsonConverter(typeof(Converter))]
public sealed class RawJson(byte[] utf8)
{
    private readonly byte[] _utf8 = utf8;

    public static RawJson Of<T>(T value) => new(JsonSerializer.SerializeToUtf8Bytes(value, SharedJson.Storage));

    /// <summary>Reads the members that <typeparamref name="T"/> has; others are skipped.</summary>
    public T Read<T>() where T : class => JsonSerializer.Deserialize<T>(_utf8, SharedJson.Storage)!;

    private sealed class Converter : JsonConverter<RawJson>
    {
        public override RawJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using var document = JsonDocument.ParseValue(ref reader);
            return new RawJson(JsonMarshal.GetRawUtf8Value(document.RootElement).ToArray());
        }

        // It was read by a parser or came from jsonb, so it is not checked again.
        public override void Write(Utf8JsonWriter writer, RawJson value, JsonSerializerOptions options) =>
            writer.WriteRawValue(value._utf8, skipInputValidation: true);
    }
}
