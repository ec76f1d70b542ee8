using IntegratedCare.Shared.Access;
using Microsoft.AspNetCore.HttpOverrides;

namespace IntegratedCare.Host.Platform;

/// <summary>Headers that keep a browser from doing more with an answer than was meant, and caches from keeping what is about persons.</summary>
internal static class ResponseSafety
{
    /// <summary>Pages bring their own styles, and the documentation its own scripts; nothing is loaded from elsewhere, and nobody frames them.</summary>
    private const string Page = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private const string Data = "default-src 'none'; frame-ancestors 'none'";

    public static WebApplication UseResponseSafety(this WebApplication app)
    {
        // Behind a proxy the caller's address and scheme are the proxy's word, believed of those that are named.
        var proxies = app.Configuration["Proxies"]?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
        if (proxies.Length > 0)
        {
            var forwarded = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto };
            forwarded.KnownIPNetworks.Clear();
            forwarded.KnownProxies.Clear();
            foreach (var proxy in proxies)
            {
                if (proxy.Contains('/', StringComparison.Ordinal))
                    forwarded.KnownIPNetworks.Add(System.Net.IPNetwork.Parse(proxy));
                else
                    forwarded.KnownProxies.Add(System.Net.IPAddress.Parse(proxy));
            }

            app.UseForwardedHeaders(forwarded);
        }

        app.Use((http, next) =>
        {
            http.Response.OnStarting(static state =>
            {
                var context = (HttpContext)state;
                var headers = context.Response.Headers;
                headers.XContentTypeOptions = "nosniff";
                headers["Referrer-Policy"] = "no-referrer";
                headers.ContentSecurityPolicy = IsPage(context.Response.ContentType) ? Page : Data;
                // Not for this machine's own names: other programs on it may not speak TLS.
                if (context.Request.IsHttps && context.Request.Host.Host is not ("localhost" or "127.0.0.1" or "[::1]"))
                    headers.StrictTransportSecurity = "max-age=31536000";
                if (headers.CacheControl.Count == 0)
                {
                    headers.CacheControl = context.GetEndpoint()?.Metadata.GetMetadata<EndpointAccess>() switch
                    {
                        { PersonLevel: true } => "no-store",
                        // What a token may see another may not.
                        not null => "private, no-cache",
                        null => default(Microsoft.Extensions.Primitives.StringValues),
                    };
                }

                return Task.CompletedTask;
            }, http);
            return next(http);
        });
        return app;
    }

    private static bool IsPage(string? type) => type is not null
        && (type.StartsWith("text/html", StringComparison.OrdinalIgnoreCase) || type.StartsWith("image/svg+xml", StringComparison.OrdinalIgnoreCase));
}
