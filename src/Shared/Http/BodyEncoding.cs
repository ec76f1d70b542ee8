using IntegratedCare.Shared.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;

namespace IntegratedCare.Shared.Http;

/// <summary>
/// Bodies are UTF-8 and not compressed; others are refused with 415. Another charset would be misread, and a compressed body may be
/// far larger than it looks.
/// </summary>
public static class BodyEncoding
{
    public static IApplicationBuilder UseBodyEncoding(this IApplicationBuilder app) => app.Use((http, next) =>
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<EndpointAccess>() is null)
            return next(http);
        if (IsCompressed(http.Request))
        {
            http.Response.OnStarting(() =>
            {
                // RFC 9110, section 12.5.3: the codings that are accepted.
                http.Response.Headers.AcceptEncoding = "identity";
                return Task.CompletedTask;
            });
            throw new RequestRefused(Problems.UnsupportedMediaType, "Bodies are not taken compressed: leave out Content-Encoding.");
        }

        if (IsInAnotherCharset(http.Request))
            throw new RequestRefused(Problems.UnsupportedMediaType, "Bodies are UTF-8: leave out the charset, or name utf-8.");
        return next(http);
    });

    /// <summary>Whether a body's headers name a content coding or another charset than UTF-8.</summary>
    public static bool IsEncoded(HttpRequest request) => IsCompressed(request) || IsInAnotherCharset(request);

    private static bool IsInAnotherCharset(HttpRequest request) => MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && type.Charset.HasValue && !HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase);

    private static bool IsCompressed(HttpRequest request) =>
        request.Headers.ContentEncoding.ToString() is { Length: > 0 } coding && !coding.Equals("identity", StringComparison.OrdinalIgnoreCase);
}
