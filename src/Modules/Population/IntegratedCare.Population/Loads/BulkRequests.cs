using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace IntegratedCare.Population.Loads;

internal static class BulkRequests
{
    public static string? MediaType(this HttpContext http) =>
        MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type) ? type.MediaType.Value?.ToLowerInvariant() : null;

    public static void UnlimitedBody(this HttpContext http) => http.LimitBody(null);

    public static void LimitBody(this HttpContext http, long? bytes)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = bytes;
        if (bytes is not null && http.Request.ContentLength > bytes)
            throw new RequestRefused(Problems.BodyTooLarge, Problems.BodyTooLarge.Explanation);
    }
}
