using System.Collections.Concurrent;
using System.Reflection;
using FastEndpoints;
using IntegratedCare.Shared.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace IntegratedCare.Shared.Http;

/// <summary>The hand-written list of a module's endpoints, or of the platform's own.</summary>
public sealed class EndpointTypes(IModule? module)
{
    // The framework keeps the first configuration of a process for every host in it, so the modules of all of them are known here.
    private static readonly ConcurrentDictionary<Type, IModule?> Modules = new();
    private readonly List<Type> _types = [];

    public IModule? Module => module;

    public IReadOnlyList<Type> Endpoints => _types;

    public EndpointTypes Add<TEndpoint>() where TEndpoint : BaseEndpoint
    {
        _types.Add(typeof(TEndpoint));
        Modules[typeof(TEndpoint)] = module;
        return this;
    }

    internal static IModule? ModuleOf(Type endpoint) => Modules[endpoint];

    /// <summary>The endpoints, and the rules nested in them or in a request that several of them take.</summary>
    internal List<Type> WithRules() =>
    [
        .. _types,
        .. _types.SelectMany(t => (Type[])[t, RequestOf(t)])
            .SelectMany(t => t.GetNestedTypes(BindingFlags.Public | BindingFlags.NonPublic))
            .Where(t => !t.IsAbstract && t.IsAssignableTo(typeof(FluentValidation.IValidator)))
            .Distinct(),
    ];

    private static Type RequestOf(Type endpoint)
    {
        for (var type = endpoint.BaseType; type is not null; type = type.BaseType)
        {
            if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Endpoint<,>))
                return type.GetGenericArguments()[0];
        }

        return typeof(EmptyRequest);
    }
}

/// <summary>FastEndpoints, set up so that what is not declared is closed. One setup for every host of a process.</summary>
public static class CareEndpoints
{
    /// <summary>After all modules have been added.</summary>
    public static IServiceCollection AddCareEndpoints(this IServiceCollection services)
    {
        services.AddSingleton(typeof(IRequestBinder<>), typeof(StrictRequestBinder<>));
        services.AddSingleton<IEndpointFactory, CareEndpointFactory>();
        services.AddFastEndpoints([.. services.Where(s => s.ServiceType == typeof(EndpointTypes)).Select(s => ((EndpointTypes)s.ImplementationInstance!).WithRules())]);
        return services;
    }

    public static void MapCareEndpoints(this WebApplication app)
    {
        app.MapFastEndpoints(config =>
        {
            config.Validation.UsePropertyNamingPolicy = false;
            config.Endpoints.NameGenerator = context => OperationId(context.EndpointType);
            config.Endpoints.Configurator = endpoint => Close(endpoint, EndpointTypes.ModuleOf(endpoint.EndpointType));
        });
    }

    /// <summary>The framework lists all endpoints to anybody, for its own tests; here it does not.</summary>
    public static IApplicationBuilder UseClosedFramework(this IApplicationBuilder app) => app.Use((http, next) =>
        http.Request.Path.StartsWithSegments("/_test_url_cache_") ? ProblemWriter.WriteAsync(http, Problems.NotFound, null) : next(http));

    /// <summary>The operation's id in the API document: <c>AddPartner</c> is <c>addPartner</c>.</summary>
    public static string OperationId(Type endpoint) => char.ToLowerInvariant(endpoint.Name[0]) + endpoint.Name[1..];

    private static void Close(EndpointDefinition endpoint, IModule? module)
    {
        if (endpoint.ReqDtoType != typeof(EmptyRequest) && endpoint.ValidatorType is null)
            throw new InvalidOperationException($"{endpoint.EndpointType.FullName} takes a request without rules: nest a class Rules : RequestRules<Request> in it.");
        // Access is checked by UseAccess, which reads the endpoint's own declaration and lets nothing under /v1 pass without one.
        endpoint.AllowAnonymous();
        // Whatever is wrong becomes a problem document in one place, ProblemWriter.
        endpoint.DontCatchExceptions();
        endpoint.DontAutoTag();
        endpoint.Description(_ => { }, clearDefaults: true);
        endpoint.Options(b =>
        {
            b.WithTags(module?.Name ?? "Platform").WithMetadata(new EndpointShape(endpoint.EndpointType, endpoint.ReqDtoType, endpoint.ResDtoType, endpoint.Routes[0]));
            if (module is not null)
                b.WithMetadata(new ModuleMetadata(module, endpoint.EndpointType));
            b.Finally(builder =>
            {
                if (builder.Metadata.OfType<TakesBody>().LastOrDefault() is { } body)
                    builder.Metadata.Add(new AcceptsMetadata([.. body.MediaTypes], body.Type));
                else if (endpoint.ReqDtoType != typeof(EmptyRequest) && !endpoint.Verbs!.All(v => v is "GET" or "DELETE"))
                    builder.Metadata.Add(Accepts(endpoint.ReqDtoType, optional: builder.Metadata.OfType<OptionalBody>().Any()));
            });
        });
    }

    /// <summary>FastEndpoints refuses a request without a content type unless any is taken; what the body must be, StrictRequestBinder checks.</summary>
    private static AcceptsMetadata Accepts(Type request, bool optional) =>
        new(optional ? ["application/json", "*/*"] : ["application/json"], request, optional);
}

/// <summary>
/// Makes endpoints. One that is only asked for its configuration, before there is a request, gets nothing injected: routes must be
/// known without a database.
/// </summary>
internal sealed class CareEndpointFactory : IEndpointFactory
{
    private readonly EndpointFactory _requests = new();

    public BaseEndpoint Create(EndpointDefinition definition, HttpContext ctx) => ctx.GetEndpoint() is null
        ? (BaseEndpoint)System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(definition.EndpointType)
        : _requests.Create(definition, ctx);
}

/// <summary>What an endpoint takes and answers, for the API document.</summary>
public sealed record EndpointShape(Type Endpoint, Type Request, Type Result, string Route)
{
    /// <summary>The parameters of the query string.</summary>
    public IEnumerable<(string Name, ParameterInfo Declaration, bool Required)> Query() => Request == typeof(EmptyRequest) ? [] : QueryRequest.ParametersOf(Request);
}
