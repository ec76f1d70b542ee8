using System.Globalization;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace IntegratedCare.Shared.Http;

/// <summary>The version a change is made against, from <c>If-Match</c>. Its absence is 428, another version 412.</summary>
public sealed record IfMatch(string ETag)
{
    public static IfMatch Of(HttpContext http)
    {
        var header = http.Request.Headers.IfMatch.ToString();
        return header.Length == 0
            ? throw new RequestRefused(Problems.IfMatchRequired, Problems.IfMatchRequired.Explanation)
            : new IfMatch(header);
    }

    public void Check(long version)
    {
        if (ETag != "*" && !ETag.Split(',').Any(tag => tag.Trim() == ETags.Of(version)))
            throw new RequestRefused(Problems.StaleVersion, Problems.StaleVersion.Explanation);
    }
}

/// <summary>A version as a strong ETag.</summary>
public static class ETags
{
    public static string Of(long version, string? view = null) =>
        view is null ? string.Create(CultureInfo.InvariantCulture, $"\"{version}\"") : string.Create(CultureInfo.InvariantCulture, $"\"{version}-{view}\"");
}

/// <summary>200 with the aggregate and its strong ETag; 304 when <c>If-None-Match</c> already names it.</summary>
/// <param name="view">Which view of the aggregate this is, where callers get different ones: each has a tag of its own.</param>
public sealed class OkVersioned<T>(T value, long version, string? view = null) : IResult, IEndpointMetadataProvider, IStatusCodeHttpResult, IValueHttpResult<T>
{
    public int? StatusCode => 200;
    public T? Value => value;

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var tag = ETags.Of(version, view);
        httpContext.Response.Headers.ETag = tag;
        if (HttpMethods.IsGet(httpContext.Request.Method)
            && httpContext.Request.Headers.IfNoneMatch.ToString().Split(',').Any(t => Strong(t.Trim()) == tag || t.Trim() == "*"))
        {
            httpContext.Response.StatusCode = 304;
            return Task.CompletedTask;
        }

        return TypedResults.Ok(value).ExecuteAsync(httpContext);
    }

    /// <summary>If-None-Match compares weakly (RFC 9110): a proxy that compresses makes a strong tag weak.</summary>
    private static string Strong(string tag) => tag.StartsWith("W/", StringComparison.Ordinal) ? tag[2..] : tag;

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(200, typeof(T), ["application/json"]));
}

/// <summary>201 with <c>Location</c>, the new aggregate and its ETag.</summary>
public sealed class CreatedVersioned<T>(string location, T value, long version) : IResult, IEndpointMetadataProvider, IStatusCodeHttpResult, IValueHttpResult<T>
{
    public int? StatusCode => 201;
    public T? Value => value;

    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.Headers.ETag = ETags.Of(version);
        return TypedResults.Created(location, value).ExecuteAsync(httpContext);
    }

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(201, typeof(T), ["application/json"]));
}

public static class Answers
{
    public static OkVersioned<T> Ok<T>(T value, long version, string? view = null) => new(value, version, view);

    public static CreatedVersioned<T> Created<T>(string location, T value, long version) => new(location, value, version);
}
