using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace IntegratedCare.Shared.Events;

/// <summary>
/// A code of which a few values fill most events: equal ones are read as one string. Events are kept until every reaction has had
/// them, and a string for each code of each fact would be most of what is kept.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class RepeatedTextAttribute() : JsonConverterAttribute(typeof(Converter))
{
    private sealed class Converter : JsonConverter<string>
    {
        private const int MaxLength = 32;

        // A value displaces another of the same hash. Threads that race read a string twice, no more.
        private static readonly string?[] Known = new string?[2048];

        public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.String || reader.HasValueSequence || reader.ValueIsEscaped || reader.ValueSpan.Length > MaxLength)
                return reader.GetString();
            var text = reader.ValueSpan;
            var hash = 2166136261;
            foreach (var b in text)
                hash = (hash ^ b) * 16777619;
            ref var known = ref Known[hash % (uint)Known.Length];
            return known is { } found && Ascii.Equals(text, found) ? found : known = reader.GetString();
        }

        public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
    }
}
