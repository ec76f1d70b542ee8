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
    // FastEndpoints keeps one configuration per process, so this is shared by all hosts in it.
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

/// <summary>FastEndpoints' configuration: strict binding, one problem format, access checked by <c>UseAccess</c>. One for all hosts of a process.</summary>
public static class CareEndpoints
{
    /// <summary>After all modules have been added.</summary>
    public static IServiceCollection AddCareEndpoints(this IServiceCollection services)
    {
        services.AddSingleton(typeof(IRequestBinder<>), typeof(StrictRequestBinder<>));
        services.AddSingleton<IEndpointFactory, CareEndpointFactory>();
        services.AddFastEndpoints([.. services.Where(s => s.ServiceType == typeof(EndpointTypes))
            .Select(s => ((EndpointTypes)s.ImplementationInstance!).WithRules())]);
        return services;
    }

    public static void MapCareEndpoints(this WebApplication app)
    {
        app.MapFastEndpoints(config =>
        {
            config.Validation.UsePropertyNamingPolicy = false;
            config.Endpoints.NameGenerator = context => OperationId(context.EndpointType);
            config.Endpoints.Configurator = endpoint => Configure(endpoint, EndpointTypes.ModuleOf(endpoint.EndpointType));
        });
    }

    /// <summary>Hides the path under which FastEndpoints lists all endpoints for its own tests.</summary>
    public static IApplicationBuilder UseClosedFramework(this IApplicationBuilder app) => app.Use((http, next) =>
        http.Request.Path.StartsWithSegments("/_test_url_cache_") ? ProblemWriter.WriteAsync(http, Problems.NotFound, null) : next(http));

    /// <summary>The operation's id in the API document: <c>AddPartner</c> is <c>addPartner</c>.</summary>
    public static string OperationId(Type endpoint) => char.ToLowerInvariant(endpoint.Name[0]) + endpoint.Name[1..];

    private static void Configure(EndpointDefinition endpoint, IModule? module)
    {
        if (endpoint.ReqDtoType != typeof(EmptyRequest) && endpoint.ValidatorType is null)
            throw new InvalidOperationException($"{endpoint.EndpointType.FullName} takes a request without rules: nest a class Rules : RequestRules<Request> "
                + "in it.");
        // UseAccess checks access by the endpoint's declaration, and refuses endpoints under /v1 without one.
        endpoint.AllowAnonymous();
        // ProblemWriter turns every exception into a problem document.
        endpoint.DontCatchExceptions();
        endpoint.DontAutoTag();
        endpoint.Description(_ => { }, clearDefaults: true);
        endpoint.Options(b =>
        {
            b.WithTags(module?.Name ?? "Platform").WithMetadata(new EndpointShape(endpoint.EndpointType, endpoint.ReqDtoType, endpoint.ResDtoType,
                endpoint.Routes[0]));
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

    /// <summary>FastEndpoints refuses a request without a content type unless */* is accepted; StrictRequestBinder checks the body's type.</summary>
    private static AcceptsMetadata Accepts(Type request, bool optional) =>
        new(optional ? ["application/json", "*/*"] : ["application/json"], request, optional);
}

/// <summary>
/// Creates endpoints. At start, when only the configuration is read, nothing is injected: routes must be known without a database.
/// </summary>
internal sealed class CareEndpointFactory : IEndpointFactory
{
    private readonly EndpointFactory _requests = new();

    public BaseEndpoint Create(EndpointDefinition definition, HttpContext ctx) => ctx.GetEndpoint() is null
        ? (BaseEndpoint)System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(definition.EndpointType)
        : _requests.Create(definition, ctx);
}

/// <summary>An endpoint's request and result types, for the API document.</summary>
public sealed record EndpointShape(Type Endpoint, Type Request, Type Result, string Route)
{
    /// <summary>The parameters of the query string.</summary>
    public IEnumerable<(string Name, ParameterInfo Declaration, bool Required)> Query() =>
        Request == typeof(EmptyRequest) ? [] : QueryRequest.ParametersOf(Request);
}
