using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace IntegratedCare.Contracts.Statements;

/// <summary>A statement as its canonical bytes, as CSV of its lines or as a printable page, as the caller accepts.</summary>
/// <typeparam name="TStatement">The type of the bytes, for the API document.</typeparam>
internal sealed class StatementAnswer<TStatement>(byte[] bytes, Func<string> csv, Func<string> page) : IResult, IEndpointMetadataProvider
{
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(200, typeof(TStatement), ["application/json", "text/csv", "text/html"]));

    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.Headers.Vary = "Accept";
        if (StatementFormats.WantsCsv(httpContext))
            return TypedResults.Text(csv(), "text/csv", Encoding.UTF8).ExecuteAsync(httpContext);
        if (StatementFormats.WantsPage(httpContext))
            return TypedResults.Text(page(), "text/html", Encoding.UTF8).ExecuteAsync(httpContext);
        // RFC 9530: lets a receiver check the bytes without knowing this API.
        httpContext.Response.Headers["Repr-Digest"] = $"sha-256=:{Convert.ToBase64String(SHA256.HashData(bytes))}:";
        return TypedResults.Bytes(bytes, "application/json").ExecuteAsync(httpContext);
    }
}

/// <summary>A document as its canonical bytes.</summary>
/// <typeparam name="TDocument">The type of the bytes, for the API document.</typeparam>
internal sealed class CanonicalAnswer<TDocument>(byte[] bytes) : IResult, IEndpointMetadataProvider
{
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(200, typeof(TDocument), ["application/json"]));

    public Task ExecuteAsync(HttpContext httpContext) => TypedResults.Bytes(bytes, "application/json").ExecuteAsync(httpContext);
}

/// <summary>The format in which a caller wants a statement.</summary>
internal static class StatementFormats
{
    public static bool WantsCsv(HttpContext http) => Accepts(http, "text/csv");

    public static bool WantsPage(HttpContext http) => Accepts(http, "text/html") && !WantsCsv(http);

    private static bool Accepts(HttpContext http, string type) => http.Request.Headers.Accept.ToString().Contains(type, StringComparison.OrdinalIgnoreCase);
}
