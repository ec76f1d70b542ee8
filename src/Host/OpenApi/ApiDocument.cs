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

    /// <summary>The problems written once and referred to by every operation, by status.</summary>
    internal static readonly IReadOnlyDictionary<int, (string Name, string Description)> ProblemResponses = new Dictionary<int, (string, string)>
    {
        [400] = ("BadRequest", "The request's shape is wrong; `errors` says where, by JSON pointer."),
        [401] = ("Unauthenticated", "No valid token."),
        [403] = ("Forbidden", "The scope, purpose or organisation does not allow it."),
        [404] = ("NotFound", "Nothing here that the caller may know of."),
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
        var frame = OpenApiDocument.Parse(Frame(), OpenApiConstants.Json).Document!;
        (document.Info, document.Servers) = (frame.Info, frame.Servers);
        document.Tags = new HashSet<OpenApiTag>(
        [
            .. services.GetServices<IModule>().Select(m => new OpenApiTag { Name = m.Name, Description = XmlDocs.Summary(m.GetType()) ?? m.Name }),
            new OpenApiTag { Name = PlatformTag, Description = "Token, health, problems and the outboxes: what belongs to no module." },
        ]);

        var components = document.Components ??= new OpenApiComponents();
        var framed = frame.Components!;
        framed.SecuritySchemes!["oauth2"].Flows!.ClientCredentials!.Scopes = Modules.Scopes.ToDictionary(s => s.Name, s => s.Description);
        ((OpenApiSchema)framed.Parameters!["PurposeOfUse"].Schema!).Enum = [.. Purposes.All.Select(p => (JsonNode)p!)];
        (components.SecuritySchemes, components.Headers, components.Parameters) = (framed.SecuritySchemes, framed.Headers, framed.Parameters);
        components.Schemas ??= new Dictionary<string, IOpenApiSchema>();
        SchemaRules.ReferToShapes(document);
        OpenResponseSchemas(document);
        foreach (var (name, schema) in framed.Schemas!)
            components.Schemas[name] = schema;

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

        document.RegisterComponents();
    }

    /// <summary>Requests are closed (unknown members are refused); responses stay open, because members may be added to them.</summary>
    private static void OpenResponseSchemas(OpenApiDocument document)
    {
        var closed = new HashSet<string>();
        var bodies = document.Paths.Values.SelectMany(p => p.Operations ?? []).Select(o => o.Value.RequestBody?.Content);
        foreach (var media in bodies.SelectMany(b => b?.Values ?? []))
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

    /// <summary>What the document says of the API as a whole: title, headers and parameters that operations share, problems, how to authenticate.</summary>
    private static string Frame()
    {
        using var reader = new StreamReader(typeof(ApiDocument).Assembly.GetManifestResourceStream("openapi.frame")!);
        return reader.ReadToEnd();
    }
}
