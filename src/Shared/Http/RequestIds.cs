using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace IntegratedCare.Shared.Http;

/// <summary>Echoes <c>X-Request-ID</c> (made when absent) and <c>X-Correlation-ID</c>.</summary>
public static class RequestIds
{
    private const string Item = "request-id";

    public static IApplicationBuilder UseRequestIds(this IApplicationBuilder app) => app.Use((http, next) =>
    {
        var id = Guid.TryParse(http.Request.Headers["X-Request-ID"], out var given) ? given : Guid.CreateVersion7();
        http.Items[Item] = id;
        var correlation = http.Request.Headers["X-Correlation-ID"].ToString();
        http.Response.OnStarting(() =>
        {
            http.Response.Headers["X-Request-ID"] = id.ToString();
            if (correlation.Length is > 0 and <= 128 && correlation.All(c => c is > ' ' and < (char)127))
                http.Response.Headers["X-Correlation-ID"] = correlation;
            return Task.CompletedTask;
        });
        return next(http);
    });

    public static string Of(HttpContext http) => $"urn:uuid:{http.Items[Item] ?? Guid.Empty}";
}
