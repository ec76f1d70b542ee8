using System.Text.Json;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts;

/// <summary>Reads packs from bytes.</summary>
internal static class PackJson
{
    /// <summary>The pack; a refusal says where the JSON does not fit.</summary>
    public static T Read<T>(ReadOnlySpan<byte> json) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, SharedJson.Wire) ?? throw new RequestRefused(Problems.MalformedJson, "The pack is null.");
        }
        catch (JsonException error)
        {
            throw new RequestRefused(Problems.MalformedJson,
                $"The pack is not JSON of the shape that is taken here: {error.Path ?? "$"}, line {error.LineNumber + 1}. {Why(error)}");
        }
    }

    private static string Why(JsonException error) => error.InnerException switch
    {
        InvalidOperationException or FormatException =>
            "The value has another type: numbers, true and false are written without quotes or currency signs, everything else in quotes.",
        null => "The member is unknown, or a required one is missing; the schemas are in openapi/, settlement-pack.schema.json and PaymentPackDraft of "
            + "the API document.",
        _ => "The value is not JSON; leave an unknown value out instead of writing NaN.",
    };
}
