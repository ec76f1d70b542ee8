using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Shared;

/// <summary>The two ways the platform writes JSON: on the wire (strict when reading) and in storage (tolerant, so that old rows read).</summary>
public static class SharedJson
{
    /// <summary>2^53 - 1: the greatest whole number that every reader of JSON holds exactly (RFC 8259, section 6).</summary>
    public const long MaxExactInteger = 9_007_199_254_740_991;

    /// <summary>camelCase, kebab-case enums, UTC instants with Z, unknown members refused.</summary>
    public static readonly JsonSerializerOptions Wire = ConfigureWire(new JsonSerializerOptions(JsonSerializerDefaults.Web));

    /// <summary>As <see cref="Wire"/>, but members that are not known are skipped and nulls are not written.</summary>
    public static readonly JsonSerializerOptions Storage = StorageOptions();

    /// <summary>Sets the options up for the wire.</summary>
    public static JsonSerializerOptions ConfigureWire(JsonSerializerOptions options)
    {
        options.TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { RequestShape.RequireValues } };
        return Configure(options);
    }

    private static JsonSerializerOptions Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.PropertyNameCaseInsensitive = false;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.AllowDuplicateProperties = false;
        options.MaxDepth = 32;
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false));
        options.Converters.Add(new UtcInstantConverter());
        return options;
    }

    private static JsonSerializerOptions StorageOptions()
    {
        var options = Configure(new JsonSerializerOptions(JsonSerializerDefaults.Web));
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip;
        options.AllowDuplicateProperties = true;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        return options;
    }

    /// <summary>Reads an instant only if it says its offset; writes UTC with Z.</summary>
    private sealed class UtcInstantConverter : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.String)
                throw new JsonException("An instant is a string such as 2026-11-21T09:30:00Z.");
            // The usual form, without a string of it.
            if (!reader.HasValueSequence && !reader.ValueIsEscaped
                && reader.ValueSpan is { Length: >= 20 and <= 28 } span && span[10] == 'T' && span[^1] == 'Z'
                && reader.TryGetDateTimeOffset(out var usual) && usual.Year >= 1850)
                return Instants.Stored(usual);
            var text = reader.GetString()!;
            if (Instants.TryParse(text, out var instant))
                return instant;
            throw new JsonException("An instant needs its offset, such as 2026-11-21T09:30:00Z.");
        }

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
            writer.WriteStringValue(Instants.Stored(value).UtcDateTime);
    }
}

/// <summary>Instants as RFC 3339 writes them: with seconds and an offset. Letters may be small, and a leap second is the second after it.</summary>
public static partial class Instants
{
    public static bool TryParse(string text, out DateTimeOffset instant)
    {
        instant = default;
        if (!Rfc3339().IsMatch(text))
            return false;
        var leap = text.AsSpan(17, 2).SequenceEqual("60");
        var usual = (leap ? $"{text.AsSpan(0, 17)}59{text.AsSpan(19)}" : text).ToUpperInvariant();
        if (!DateTimeOffset.TryParse(usual, CultureInfo.InvariantCulture, DateTimeStyles.None, out var parsed) || parsed.Year < 1850)
            return false;
        if (leap && (parsed.UtcDateTime.TimeOfDay < new TimeSpan(23, 59, 59) || parsed > DateTimeOffset.MaxValue.AddSeconds(-1)))
            return false;
        instant = Stored(leap ? parsed.AddSeconds(1) : parsed);
        return true;
    }

    [GeneratedRegex("^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,12})?([Zz]|[+-][0-9]{2}:[0-9]{2})$",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Rfc3339();

    /// <summary>The instant as PostgreSQL keeps it, in microseconds: what is read back equals what was sent.</summary>
    public static DateTimeOffset Stored(DateTimeOffset instant) => new(instant.UtcTicks - instant.UtcTicks % 10, TimeSpan.Zero);

    public static string Format(DateTimeOffset instant) =>
        instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);
}
