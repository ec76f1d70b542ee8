using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using FastEndpoints;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace IntegratedCare.Shared.Http;

/// <summary>
/// Binds a request from one source only: the JSON body of POST, PUT and PATCH, the query string of GET and DELETE. So no query
/// parameter overwrites a member of the body, and no body sets values that come from route or headers.
/// </summary>
internal sealed class StrictRequestBinder<TRequest> : IRequestBinder<TRequest> where TRequest : notnull
{
    private static readonly TRequest? Empty = typeof(TRequest) == typeof(EmptyRequest) ? (TRequest)(object)EmptyRequest.Instance : default;

    public async ValueTask<TRequest> BindAsync(BinderContext ctx, CancellationToken ct)
    {
        var http = ctx.HttpContext;
        if (http.GetEndpoint()?.Metadata.GetMetadata<NeedsIfMatch>() is not null)
            _ = IfMatch.Of(http);
        if (Empty is not null)
            return Empty;
        return HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsDelete(http.Request.Method)
            ? (TRequest)QueryRequest.Of(typeof(TRequest), http.Request.Query) : await BodyAsync(http, ct);
    }

    private static async Task<TRequest> BodyAsync(HttpContext http, CancellationToken ct)
    {
        var optional = http.GetEndpoint()?.Metadata.GetMetadata<OptionalBody>() is not null;
        if (http.Request.ContentLength is 0 || (http.Request.ContentType is null && http.Request.ContentLength is null))
            return optional ? Default() : throw new BadHttpRequestException("No body.");
        if (!http.Request.HasJsonContentType())
            throw new BadHttpRequestException("Not JSON.", StatusCodes.Status415UnsupportedMediaType);
        return await JsonSerializer.DeserializeAsync<TRequest>(http.Request.Body, SharedJson.Wire, ct)
            ?? (optional ? Default() : throw new BadHttpRequestException("The body is null."));
    }

    private static TRequest Default() => JsonSerializer.Deserialize<TRequest>("{}", SharedJson.Wire)!;
}

/// <summary>A request's record from the query string: one parameter a member, by its name in camelCase.</summary>
internal static class QueryRequest
{
    private static readonly ConcurrentDictionary<Type, (ConstructorInfo Constructor, Parameter[] Parameters)> Shapes = new();

    /// <summary>The parameters that a request's record takes from the query string, with their types.</summary>
    public static IEnumerable<(string Name, ParameterInfo Declaration, bool Required)> ParametersOf(Type request) =>
        Shape(request).Parameters.Select(p => (p.Name, p.Declaration, !p.MayBeNull && !p.Declaration.HasDefaultValue));

    public static object Of(Type request, IQueryCollection query)
    {
        var (constructor, parameters) = Shape(request);
        var faults = new List<FieldError>();
        var values = new object?[parameters.Length];
        for (var i = 0; i < parameters.Length; i++)
        {
            var parameter = parameters[i];
            if (!query.TryGetValue(parameter.Name, out var given) || given.Count == 0)
            {
                if (parameter.Declaration.HasDefaultValue)
                    values[i] = parameter.Declaration.DefaultValue;
                else if (!parameter.MayBeNull)
                    faults.Add(new FieldError($"/{parameter.Name}", "Missing, or not of the type this parameter takes."));
                continue;
            }

            if (!parameter.TryRead(given, out values[i]))
                faults.Add(new FieldError($"/{parameter.Name}", "Missing, or not of the type this parameter takes."));
        }

        return faults.Count == 0 ? constructor.Invoke(values) : throw new RequestRefused(Problems.InvalidRequest, Problems.InvalidRequest.Explanation, faults);
    }

    private static (ConstructorInfo Constructor, Parameter[] Parameters) Shape(Type request) => Shapes.GetOrAdd(request, static type =>
    {
        var constructor = type.GetConstructors(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance)
            .OrderByDescending(c => c.GetParameters().Length).First();
        return (constructor, [.. constructor.GetParameters().Select(p => new Parameter(p))]);
    });

    private sealed class Parameter
    {
        private readonly Type _type;
        private readonly MethodInfo? _parse;

        public Parameter(ParameterInfo declaration)
        {
            Declaration = declaration;
            Name = JsonNamingPolicy.CamelCase.ConvertName(declaration.Name!);
            var underlying = Nullable.GetUnderlyingType(declaration.ParameterType);
            _type = underlying ?? declaration.ParameterType;
            MayBeNull = underlying is not null || (!_type.IsValueType && new NullabilityInfoContext()
                .Create(declaration).WriteState != NullabilityState.NotNull);
            if (_type != typeof(string) && _type != typeof(string[]))
                _parse = typeof(Parameter).GetMethod(_type.IsEnum ? nameof(ParseEnum) : nameof(Parse),
                    BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(_type);
        }

        public ParameterInfo Declaration { get; }

        public string Name { get; }

        public bool MayBeNull { get; }

        public bool TryRead(StringValues given, out object? value)
        {
            if (_type == typeof(string[]))
            {
                value = given.Where(g => g is not null).ToArray();
                return true;
            }

            var text = given.ToString();
            value = _parse is null ? text : text.Length == 0 && MayBeNull ? null : _parse.Invoke(null, [text]);
            return value is not null || (text.Length == 0 && MayBeNull);
        }

        private static object? Parse<T>(string text) where T : IParsable<T> => T.TryParse(text, CultureInfo.InvariantCulture, out var value) ? value : null;

        private static object? ParseEnum<T>(string text) where T : struct, Enum
        {
            foreach (var value in Enum.GetValues<T>())
            {
                if (JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString()) == text)
                    return value;
            }

            return null;
        }
    }
}
