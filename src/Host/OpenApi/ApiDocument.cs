using System.Text.Json.Nodes;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace IntegratedCare.Host.OpenApi;

/// <summary>The OpenAPI document, in 3.1 and in 3.0 for older generators, and the page that browses it.</summary>
internal static class ApiDocument
{
    public const string V31 = "v1";
    public const string V30 = "v1-3.0";
    public const string PlatformTag = "Platform";

    /// <summary>The documents by name, with the version each is written in.</summary>
    public static readonly IReadOnlyDictionary<string, OpenApiSpecVersion> Versions = new Dictionary<string, OpenApiSpecVersion>
    {
        [V31] = OpenApiSpecVersion.OpenApi3_1,
        [V30] = OpenApiSpecVersion.OpenApi3_0,
    };

    /// <summary>The problem responses that operations refer to, by status.</summary>
    internal static readonly IReadOnlyDictionary<int, (string Name, string Description)> ProblemResponses = new Dictionary<int, (string, string)>
    {
        [400] = ("BadRequest", "The request's shape is wrong; `errors` says where, by JSON pointer."),
        [401] = ("Unauthenticated", "No valid token."),
        [403] = ("Forbidden", "The scope, purpose or organisation does not allow it."),
        [404] = ("NotFound", "Nothing here that the caller may see."),
        [406] = ("NotAcceptable", "The answer is not offered in any form that Accept names."),
        [409] = ("Conflict", "A rule or the present state refuses it, or a request with this Idempotency-Key is still running."),
        [412] = ("StaleVersion", "If-Match names another version than the present one."),
        [413] = ("BodyTooLarge", "The body is larger than this endpoint takes."),
        [415] = ("UnsupportedMediaType", "The body's media type is not taken here."),
        [422] = ("IdempotencyMismatch", "The Idempotency-Key was used with another body."),
        [428] = ("IfMatchRequired", "If-Match is missing."),
        [429] = ("TooManyRequests", "The client's limit is used up; Retry-After says when to come back."),
        [503] = ("Unavailable", "Not available for the moment; Retry-After says when to come back."),
    };

    public static void AddApiDocuments(this IServiceCollection services)
    {
        foreach (var (name, version) in Versions)
        {
            services.AddOpenApi(name, options =>
            {
                options.OpenApiVersion = version;
                options.CreateSchemaReferenceId = SchemaNames.Of;
                options.AddSchemaTransformer(SchemaRules.Transform);
                options.AddOperationTransformer(OperationRules.Transform);
                options.AddDocumentTransformer((document, context, _) =>
                {
                    Describe(document, context.ApplicationServices);
                    return Task.CompletedTask;
                });
            });
        }
    }

    public static void MapApiDocuments(this WebApplication app)
    {
        app.MapOpenApi(@"/openapi/{documentName:regex(^v1$|^v1-3\.0$)}.json");
        app.UseSwaggerUI(options =>
        {
            options.RoutePrefix = "docs";
            options.DocumentTitle = "IntegratedCare API";
            options.SwaggerEndpoint("/openapi/v1.json", "IntegratedCare v1");
            options.EnableDeepLinking();
        });
    }

    private static void Describe(OpenApiDocument document, IServiceProvider services)
    {
        document.Info = new OpenApiInfo
        {
            Title = "IntegratedCare",
            Version = "1",
            Description =
                "One platform that lets the organisations of a local health and care system act as one: who is at risk, what was agreed, " +
                "who is paid for what, who is on which pathway, and whether it works.\n\n" +
                "Get a token by OAuth 2.0 client credentials and send it as a bearer token. Every 4xx and 5xx is a problem document " +
                "(RFC 9457) whose `code` is stable and is explained at `/problems/{code}`. Members that are not known are refused. " +
                "`RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` come with every answer.",
            Contact = new OpenApiContact { Name = "The operator of this IntegratedCare system" },
        };
        document.Servers = [new OpenApiServer { Url = "/", Description = "The host that serves this document" }];

        document.Tags = new HashSet<OpenApiTag>(
        [
            .. services.GetServices<IModule>().Select(m => new OpenApiTag { Name = m.Name, Description = XmlDocs.Summary(m.GetType()) ?? m.Name }),
            new OpenApiTag { Name = PlatformTag, Description = "Token, health, problems and the outboxes: the endpoints of no module." },
        ]);

        var components = document.Components ??= new OpenApiComponents();
        components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            ["oauth2"] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.OAuth2,
                Description = "Client credentials. In Development the host issues tokens itself; in Production the OIDC authority does.",
                Flows = new OpenApiOAuthFlows
                {
                    ClientCredentials = new OpenApiOAuthFlow
                    {
                        TokenUrl = new Uri("/connect/token", UriKind.Relative),
                        Scopes = Modules.Scopes.ToDictionary(s => s.Name, s => s.Description),
                    },
                },
            },
            ["bearer"] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                BearerFormat = "JWT",
                Description = "A token that was fetched before. Claims: client_id, org, org_kind, scope, purpose.",
            },
        };

        components.Schemas ??= new Dictionary<string, IOpenApiSchema>();
        SchemaRules.ReferToShapes(document);
        OpenResponseSchemas(document);
        components.Schemas["FieldFault"] = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Description = "One fault in a request. Never repeats the value.",
            Required = new HashSet<string> { "pointer", "detail" },
            Properties = new Dictionary<string, IOpenApiSchema>
            {
                ["pointer"] = new OpenApiSchema
                {
                    Type = JsonSchemaType.String,
                    Description = "JSON pointer (RFC 6901) to the member, or to the parameter by name.",
                    Examples = ["/name"]
                },
                ["detail"] = new OpenApiSchema { Type = JsonSchemaType.String },
            },
        };
        components.Schemas["Problem"] = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Description = "What went wrong (RFC 9457).",
            Required = new HashSet<string> { "type", "title", "status", "detail", "code", "traceId" },
            Properties = new Dictionary<string, IOpenApiSchema>
            {
                ["type"] = new OpenApiSchema
                {
                    Type = JsonSchemaType.String,
                    Format = "uri-reference",
                    Description = "Where the problem is explained.",
                    Examples = ["/problems/invalid-request"]
                },
                ["title"] = new OpenApiSchema { Type = JsonSchemaType.String },
                ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32", Minimum = "400", Maximum = "599" },
                ["detail"] = new OpenApiSchema { Type = JsonSchemaType.String },
                ["instance"] = new OpenApiSchema { Type = JsonSchemaType.String, Format = "uri", Description = "This occurrence: the request's id." },
                ["code"] = new OpenApiSchema
                {
                    Type = JsonSchemaType.String,
                    Pattern = "^[a-z0-9]+(-[a-z0-9]+)*$",
                    Description = "Stable; act on this.",
                    Examples = ["invalid-request"]
                },
                ["traceId"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "Quote it when you report the problem." },
                ["errors"] = new OpenApiSchema
                {
                    Type = JsonSchemaType.Array,
                    Description = "Validation: every fault at once.",
                    Items = new OpenApiSchemaReference("FieldFault", document),
                },
            },
        };

        components.Headers = new Dictionary<string, IOpenApiHeader>
        {
            ["ETag"] = Header("The aggregate's version: send it as If-Match when you change it."),
            ["Location"] = Header("Where the new resource is.", "uri-reference"),
            ["Link"] = Header("The next page, where there is one: `<...>; rel=\"next\"`."),
            ["RequestId"] = Header("The request's id: yours, or one made for you.", "uuid"),
            ["AppliedLag"] = Count("Only when the answer may lack what was acknowledged before the request: for how many seconds the oldest of it has "
                + "waited. Ask again after a second."),
            ["RateLimit-Limit"] = Count("Requests a client may make in a window."),
            ["RateLimit-Remaining"] = Count("Requests left in this window."),
            ["RateLimit-Reset"] = Count("Seconds until the next window."),
            ["RetryAfter"] = new OpenApiHeader
            {
                Description = "Seconds to wait.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "0" }
            },
        };

        components.Responses = new Dictionary<string, IOpenApiResponse>();
        foreach (var (status, (name, description)) in ProblemResponses)
        {
            var headers = new Dictionary<string, IOpenApiHeader> { ["X-Request-ID"] = new OpenApiHeaderReference("RequestId", document) };
            if (status is 429 or 503)
                headers["Retry-After"] = new OpenApiHeaderReference("RetryAfter", document);
            if (status == 429)
            {
                foreach (var header in new[] { "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset" })
                    headers[header] = new OpenApiHeaderReference(header, document);
            }

            components.Responses[name] = new OpenApiResponse
            {
                Description = description,
                Headers = headers,
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    ["application/problem+json"] = new OpenApiMediaType { Schema = new OpenApiSchemaReference("Problem", document) },
                },
            };
        }

        components.Parameters = new Dictionary<string, IOpenApiParameter>
        {
            ["PurposeOfUse"] = Parameter("X-Purpose-Of-Use", "The purpose of this request: one that your token allows and this operation serves.",
                new OpenApiSchema { Type = JsonSchemaType.String, Enum = [.. Purposes.All.Select(p => (JsonNode)p!)] }),
            ["ActingUser"] = Parameter("X-Acting-User", "The human acting: `name=Jo Bell; role=nurse; registration=NMC 01A2345E`.",
                new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = 400 }),
            ["ActingUserRequired"] = Parameter("X-Acting-User",
                "The human acting, who must be named here: `name=Jo Bell; role=nurse; registration=NMC 01A2345E`.",
                new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = 400 }, required: true),
            ["RequestId"] = Parameter("X-Request-ID", "Your id for this request; echoed, and made for you when absent.",
                new OpenApiSchema { Type = JsonSchemaType.String, Format = "uuid" }),
            ["IdempotencyKey"] = Parameter("Idempotency-Key",
                "The same key and body replays the stored response; kept 30 days. Of an answer about a person only status, Location and ETag are kept: the "
                + "replay has no body and says `Preference-Applied: return=minimal`.", new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = 200 }),
            ["IfMatch"] = Parameter("If-Match", "The ETag of the version you are changing.", new OpenApiSchema { Type = JsonSchemaType.String },
                required: true),
            ["IfNoneMatch"] = Parameter("If-None-Match", "An ETag you hold: answers 304 when it is still the present version.",
                new OpenApiSchema { Type = JsonSchemaType.String }),
        };
        document.RegisterComponents();
    }

    /// <summary>Requests are closed (unknown members are refused); responses stay open, because members may be added to them.</summary>
    private static void OpenResponseSchemas(OpenApiDocument document)
    {
        var closed = new HashSet<string>();
        foreach (var media in document.Paths.Values.SelectMany(p => p.Operations ?? []).Select(o => o.Value)
            .SelectMany(o => o.RequestBody?.Content ?? new Dictionary<string, OpenApiMediaType>()).Select(m => m.Value))
            Collect(media.Schema, closed, document);
        foreach (var (name, schema) in document.Components!.Schemas!)
        {
            if (schema is OpenApiSchema { AdditionalProperties: null } whole && !closed.Contains(name))
                whole.AdditionalPropertiesAllowed = true;
        }
    }

    private static void Collect(IOpenApiSchema? schema, HashSet<string> names, OpenApiDocument document)
    {
        switch (schema)
        {
            case null:
                return;
            case OpenApiSchemaReference { Reference.Id: { } id }:
                if (names.Add(id))
                    Collect(document.Components!.Schemas!.TryGetValue(id, out var target) ? target : null, names, document);
                return;
            default:
                foreach (var inner in (schema.Properties?.Values ?? []).Concat(schema.AllOf ?? []).Concat(schema.OneOf ?? []).Concat(schema.AnyOf ?? []))
                    Collect(inner, names, document);
                Collect(schema.Items, names, document);
                Collect(schema.AdditionalProperties, names, document);
                return;
        }
    }

    private static OpenApiHeader Header(string description, string? format = null) =>
        new() { Description = description, Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = format } };

    private static OpenApiHeader Count(string description) =>
        new() { Description = description, Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "0" } };

    private static OpenApiParameter Parameter(string name, string description, OpenApiSchema schema, bool required = false) =>
        new() { Name = name, In = ParameterLocation.Header, Description = description, Schema = schema, Required = required };
}
