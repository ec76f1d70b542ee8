using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using IntegratedCare.Shared.Documents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace IntegratedCare.Shared.Http;

/// <summary>An RFC 9457 document as this platform writes it.</summary>
public sealed record ProblemDocument(
    string Type,
    string Title,
    int Status,
    string Detail,
    string? Instance,
    string Code,
    string TraceId,
    IReadOnlyList<FieldError>? Errors = null);

/// <summary>The one place where exceptions and bare status codes become problem documents.</summary>
public static partial class ProblemWriter
{
    public static IApplicationBuilder UseProblemDocuments(this IApplicationBuilder app) => app.Use(async (http, next) =>
    {
        try
        {
            await next(http);
            if (!http.Response.HasStarted && http.Response.StatusCode >= 400 && http.Response.ContentType is null && http.Response.ContentLength is null)
                await WriteAsync(http, Problems.ForStatus(http.Response.StatusCode), null);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The caller has disconnected: no answer is written.
            if (!http.Response.HasStarted)
                http.Response.StatusCode = 499;
        }
        catch (Exception error) when (!http.Response.HasStarted)
        {
            var (type, detail, errors) = Explain(error);
            if (type.Status >= 500)
            {
                // The message and stack may hold personal data: only the type and place go to the log.
                var log = http.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("IntegratedCare.Http");
                LogFailure(log, http.Request.Method, (http.GetEndpoint() as Microsoft.AspNetCore.Routing.RouteEndpoint)?.RoutePattern.RawText,
                    SafeError.Describe(error));
            }

            http.Response.Clear();
            await WriteAsync(http, type, detail, errors);
        }
    });

    public static Task WriteAsync(HttpContext http, ProblemType type, string? detail, IReadOnlyList<FieldError>? errors = null)
    {
        http.Response.StatusCode = type.Status;
        if (type.Status is 503 or 429 && !http.Response.Headers.ContainsKey("Retry-After"))
            http.Response.Headers.RetryAfter = "5";
        return http.Response.WriteAsJsonAsync(Document(http, type, detail, errors), SharedJson.Storage, "application/problem+json", http.RequestAborted);
    }

    public static ProblemDocument Document(HttpContext http, ProblemType type, string? detail, IReadOnlyList<FieldError>? errors = null) => new(
        $"/problems/{type.Code}", type.Title, type.Status, detail ?? type.Explanation, RequestIds.Of(http), type.Code,
        Activity.Current?.TraceId.ToString() ?? http.TraceIdentifier, errors);

    private static (ProblemType Type, string? Detail, IReadOnlyList<FieldError>? Errors) Explain(Exception error) => error switch
    {
        RuleViolation rule => (rule.Type, rule.Message, null),
        FastEndpoints.ValidationFailureException { Failures: { } failures } =>
            (Problems.InvalidRequest, null, [.. failures.Select(f => new FieldError(f.PropertyName, f.ErrorMessage))]),
        RequestRefused refused => (refused.Type, refused.Message, refused.Errors),
        BadHttpRequestException bad => ExplainBadRequest(bad),
        // A chunk of a body says that it is longer than any number: the server reports its own overflow.
        IOException { InnerException: OverflowException } => (Problems.InvalidRequest, "The body is not in chunks as HTTP has them.", null),
        JsonException json => (Problems.MalformedJson, null, JsonFaults(json)),
        InvalidOperationException broken when IsBrokenText(broken) => (Problems.MalformedJson, null, null),
        JasperFx.ConcurrencyException => (Problems.StaleVersion, null, null),
        JasperFx.DocumentAlreadyExistsException => (Problems.AlreadyExists, null, null),
        _ when Causes(error).OfType<PostgresException>().FirstOrDefault() is { SqlState: PostgresErrorCodes.UniqueViolation } =>
            (Problems.AlreadyExists, null, null),
        // Text PostgreSQL cannot hold (U+0000), numbers and dates beyond its range: the request's fault, where no validator caught it.
        _ when Causes(error).OfType<PostgresException>().FirstOrDefault() is { SqlState: "22021" or "22P05" or "22003" or "22008" or "22001" } =>
            (Problems.InvalidRequest, "A value holds a character that cannot be stored, or is out of range.", null),
        TimeoutException => (Problems.Unavailable, null, null),
        _ when Causes(error).Any(e => e is NpgsqlException { IsTransient: true }) => (Problems.Unavailable, null, null),
        _ => (Problems.Internal, null, null),
    };

    /// <summary>
    /// Whether a JSON text held a string that is no Unicode: bytes that are not UTF-8, or half of a surrogate pair. JsonElement says
    /// so with this exception, which the serialiser alone turns into a JsonException.
    /// </summary>
    public static bool IsBrokenText(InvalidOperationException error) => error.Source == "System.Text.Json.Rethrowable";

    /// <summary>The exception and its inner ones: PostgreSQL's errors may be wrapped more than once.</summary>
    private static IEnumerable<Exception> Causes(Exception error)
    {
        for (var cause = error; cause is not null; cause = cause.InnerException)
            yield return cause;
    }

    private static (ProblemType, string?, IReadOnlyList<FieldError>?) ExplainBadRequest(BadHttpRequestException bad)
    {
        if (bad.InnerException is JsonException json)
            return (Problems.MalformedJson, null, JsonFaults(json));
        if (bad.StatusCode is 413 or 415 or 408)
            return (Problems.ForStatus(bad.StatusCode), null, null);
        // The framework's message quotes the value; keep the parameter's name only.
        var parameter = ParameterName().Match(bad.Message);
        return parameter.Success
            ? (Problems.InvalidRequest, null, [new FieldError($"/{JsonNamingPolicy.CamelCase.ConvertName(parameter.Groups["name"].Value)}",
                "Missing, or not of the type this parameter takes.")])
            : (Problems.InvalidRequest, "The request is missing its body or a required parameter, or is not well formed.", null);
    }

    /// <summary>The faults of a JSON text: one, or one per member that was left out.</summary>
    public static IReadOnlyList<FieldError> JsonFaults(JsonException json)
    {
        var list = json.Message.IndexOf("was missing required properties", StringComparison.Ordinal);
        if (list < 0)
            return [JsonFault(json)];
        var at = Pointers.FromJsonPath(json.Path);
        var missing = MissingMember().Matches(json.Message[list..].Split(" Path:")[0]);
        return missing.Count == 0 ? [JsonFault(json)] : [.. missing.Select(m => new FieldError($"{at}/{m.Groups["name"].Value}", "This member is needed."))];
    }

    public static FieldError JsonFault(JsonException json) => new(Pointers.FromJsonPath(json.Path),
        json.Message.Contains("could not be mapped", StringComparison.Ordinal) ? "This member is not known here."
        : json.Message.StartsWith("An instant", StringComparison.Ordinal) ? json.Message.Split(" Path:")[0]
        : json.Message.Contains("maximum configured depth", StringComparison.Ordinal) ? "Nested too deeply."
        : json.Message.Contains("could not be converted", StringComparison.Ordinal) || json.Message.Contains("cannot be converted", StringComparison.Ordinal)
            ? "Not of the type this member takes."
        : json.LineNumber is { } line ? $"Not valid JSON at line {line + 1}." : "Not valid JSON.");

    [GeneratedRegex("parameter \"[^\" ]+ (?<name>[A-Za-z_]+)\"", RegexOptions.NonBacktracking)]
    private static partial Regex ParameterName();

    [GeneratedRegex("'(?<name>[A-Za-z0-9_]+)'", RegexOptions.NonBacktracking)]
    private static partial Regex MissingMember();

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Route} failed: {Error}")]
    private static partial void LogFailure(ILogger log, string method, string? route, string error);
}

/// <summary>JSON pointers (RFC 6901) from the notations of System.Text.Json and FluentValidation.</summary>
public static class Pointers
{
    /// <summary><c>$.items[2].name</c> to <c>/items/2/name</c>.</summary>
    public static string FromJsonPath(string? path)
    {
        if (string.IsNullOrEmpty(path) || path == "$")
            return "";
        return "/" + path.TrimStart('$').TrimStart('.').Replace("['", ".").Replace("']", "").Replace("[", ".").Replace("]", "")
            .TrimStart('.').Replace("~", "~0").Replace("/", "~1").Replace('.', '/');
    }

    /// <summary>FluentValidation's <c>Items[2].NhsNumber</c> to <c>/items/2/nhsNumber</c>.</summary>
    public static string FromPropertyPath(string path) =>
        "/" + string.Join('/', path.Replace("[", ".").Replace("]", "").Split('.', StringSplitOptions.RemoveEmptyEntries)
            .Select(System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName));
}
