using System.Text.Json;
using System.Text.Json.Serialization;

namespace IntegratedCare.Shared.Events;

/// <summary>A member of an event whose shape depends on another: JSON that stays text until a consumer reads what it needs of it.</summary>
[JsonConverter(typeof(Converter))]
public sealed record RawJson(string Json)
{
    public static RawJson Of<T>(T value) => new(JsonSerializer.Serialize(value, SharedJson.Storage));

    /// <summary>Reads the members that <typeparamref name="T"/> has; others are skipped.</summary>
    public T Read<T>() where T : class => JsonSerializer.Deserialize<T>(Json, SharedJson.Storage)!;

    private sealed class Converter : JsonConverter<RawJson>
    {
        public override RawJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using var document = JsonDocument.ParseValue(ref reader);
            return new RawJson(document.RootElement.GetRawText());
        }

        // It was read by a parser or came from jsonb, so it is not checked again.
        public override void Write(Utf8JsonWriter writer, RawJson value, JsonSerializerOptions options) =>
            writer.WriteRawValue(value.Json, skipInputValidation: true);
    }
}
