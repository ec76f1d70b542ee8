using System.Text.Json;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts;

/// <summary>Reads packs that come as bytes, not as a request that the host has read.</summary>
internal static class PackJson
{
    /// <summary>The pack, or a refusal that says where it is no JSON of its shape.</summary>
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
            "What is there is of another kind: numbers, true and false are written without quotes or signs of currency, all else in quotes.",
        null => "There is no such member, or one that it needs is missing; the shapes are in openapi/, settlement-pack.schema.json and PaymentPackDraft of "
            + "the API document.",
        _ => "What is there is not JSON; an unknown value is left out, not written as NaN.",
    };
}
