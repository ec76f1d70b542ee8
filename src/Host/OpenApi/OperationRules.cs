using System.Reflection;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.OpenApi;

namespace IntegratedCare.Host.OpenApi;

/// <summary>Completes an operation from its endpoint's metadata: access, headers, parameters and problems.</summary>
internal static class OperationRules
{
    public static async Task Transform(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken ct)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var document = context.Document!;
        var access = metadata.OfType<EndpointAccess>().FirstOrDefault();
        var module = metadata.OfType<ModuleMetadata>().FirstOrDefault();
        var method = metadata.OfType<MethodInfo>().FirstOrDefault();
        var post = HttpMethods.IsPost(context.Description.HttpMethod!);
        var get = HttpMethods.IsGet(context.Description.HttpMethod!);
        var shape = metadata.OfType<EndpointShape>().FirstOrDefault();
        var takesIfMatch = metadata.OfType<NeedsIfMatch>().Any();
        var takesKey = post && module is not null && metadata.OfType<NoIdempotencyKey>().All(n => n.ExceptContentType is not null);
        var results = shape is not null ? Results(shape.Result).ToList() : method is null ? [] : Results(method.ReturnType).ToList();
        var versioned = results.Exists(t => Is(t, typeof(OkVersioned<>)) || Is(t, typeof(CreatedVersioned<>)));

        var tag = module?.Module.Name ?? ApiDocument.PlatformTag;
        operation.Tags = new HashSet<OpenApiTagReference> { new(tag, document) };
        var summary = (shape is not null ? XmlDocs.Summary(shape.Endpoint) : module is not null ? XmlDocs.Summary(module.Endpoint) : null)
            ?? (method is not null ? XmlDocs.Summary(method) : null);
        var (first, more) = FirstSentence(summary);
        operation.Summary ??= first ?? TitleOf(operation.OperationId);
        operation.Description ??= more;
        Describe(operation, access, module);
        DescribeBulk(operation);
        foreach (var (type, media) in operation.RequestBody?.Content ?? new Dictionary<string, OpenApiMediaType>())
            media.Example ??= Examples.For(operation.OperationId, type);

        if (shape is not null)
            await AddParametersAsync(operation, context, shape, metadata.OfType<TakesPaging>().Any(), ct);

        foreach (var parameter in (operation.Parameters ?? []).OfType<OpenApiParameter>())
            parameter.Description ??= parameter.Name switch
            {
                "cursor" => "Where the page begins: the `next` of the page before.",
                "limit" => $"How many to answer with: 1 to {Paging.Max}, default {Paging.Default}.",
                "id" => "The id.",
                _ => null,
            };
        foreach (var parameter in (operation.Parameters ?? []).OfType<OpenApiParameter>().Where(p => p.Name == "limit"))
        {
            if (parameter.Schema is OpenApiSchema limit)
                (limit.Minimum, limit.Maximum) = ("1", $"{Paging.Max}");
        }

        if (access is not null)
        {
            operation.Security =
            [
                new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("oauth2", document)] = [access.Scope] },
                new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("bearer", document)] = [] },
            ];
            AddHeader(operation, document, "PurposeOfUse", "X-Purpose-Of-Use");
            AddHeader(operation, document, access.ActingUser ? "ActingUserRequired" : "ActingUser", "X-Acting-User");
        }

        if (takesKey)
            AddHeader(operation, document, "IdempotencyKey", "Idempotency-Key");
        if (takesIfMatch)
            AddHeader(operation, document, "IfMatch", "If-Match");
        if (get && versioned)
            AddHeader(operation, document, "IfNoneMatch", "If-None-Match");
        AddHeader(operation, document, "RequestId", "X-Request-ID");

        operation.Responses ??= [];
        AddSuccessHeaders(operation, document, results, versioned);
        if (metadata.OfType<ReadYourWrites>().Any() && operation.Responses["200"] is OpenApiResponse lagging)
            lagging.Headers![ReadYourWrites.LagHeader] = new OpenApiHeaderReference("AppliedLag", document);
        if (get && versioned)
            operation.Responses["304"] = new OpenApiResponse { Description = "The version you hold is the present one." };

        var hasBody = operation.RequestBody is not null;
        var statuses = new SortedSet<int>();
        if (access is not null)
            statuses.UnionWith([400, 401, 403, 429, 503]);
        // The token endpoint documents its own errors.
        if (hasBody && access is not null)
            statuses.UnionWith([400, 413, 415]);
        if (operation.Parameters?.Any(p => p.In == ParameterLocation.Path) == true)
            statuses.Add(404);
        if (access is not null && !get)
            statuses.Add(409);
        if (takesIfMatch)
            statuses.UnionWith([412, 428]);
        if (takesKey)
            statuses.Add(422);
        if (access is null)
            statuses.RemoveWhere(s => operation.Responses.TryGetValue(s.ToString(), out var own) && own.Content?.Count > 0);
        statuses.UnionWith(operation.Responses.Where(r => int.TryParse(r.Key, out var s) && s >= 400 && (access is not null || !(r.Value.Content?.Count > 0)))
            .Select(r => int.Parse(r.Key)));
        foreach (var status in statuses)
        {
            if (ApiDocument.ProblemResponses.TryGetValue(status, out var problem))
                operation.Responses[status.ToString()] = new OpenApiResponseReference(problem.Name, document);
        }

        // Sorted, so that the committed document does not depend on the order above.
        var ordered = operation.Responses.OrderBy(r => r.Key, StringComparer.Ordinal).ToList();
        operation.Responses.Clear();
        foreach (var (status, response) in ordered)
            operation.Responses[status] = response;
    }

    /// <summary>Adds the parameters of the route and, from the request's record, of the query string.</summary>
    private static async Task AddParametersAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, EndpointShape shape, bool paged,
        CancellationToken ct)
    {
        var parameters = operation.Parameters ??= [];
        foreach (var segment in RoutePatternFactory.Parse(shape.Route).Parameters.Where(s => parameters.All(p => p.Name != s.Name)))
        {
            parameters.Add(new OpenApiParameter
            {
                Name = segment.Name,
                In = ParameterLocation.Path,
                Required = true,
                Schema = await context.GetOrCreateSchemaAsync(RouteTypeOf(segment), null, ct),
            });
        }

        if (HttpMethods.IsGet(context.Description.HttpMethod!) || HttpMethods.IsDelete(context.Description.HttpMethod!))
        {
            foreach (var (name, declaration, required) in shape.Query())
            {
                parameters.Add(new OpenApiParameter
                {
                    Name = name,
                    In = ParameterLocation.Query,
                    Required = required,
                    Description = XmlDocs.Summary(shape.Request, declaration.Name!),
                    Schema = await context.GetOrCreateSchemaAsync(Nullable.GetUnderlyingType(declaration.ParameterType) ?? declaration.ParameterType, null, ct),
                });
            }
        }

        if (!paged)
            return;
        parameters.Add(new OpenApiParameter
        {
            Name = "cursor",
            In = ParameterLocation.Query,
            Schema = await context.GetOrCreateSchemaAsync(typeof(string), null, ct)
        });
        parameters.Add(new OpenApiParameter
        {
            Name = "limit",
            In = ParameterLocation.Query,
            Schema = await context.GetOrCreateSchemaAsync(typeof(int), null, ct)
        });
    }

    private static void Describe(OpenApiOperation operation, EndpointAccess? access, ModuleMetadata? module)
    {
        var lines = new List<string?> { operation.Description, module is not null ? XmlDocs.Remarks(module.Endpoint) : null };
        if (access is not null)
        {
            lines.Add($"Scope `{access.Scope}`; purposes: {string.Join(", ", access.Purposes.Select(p => $"`{p}`"))}." +
                (access.PersonLevel ? " Person-level: name the purpose where your token allows several." : "") +
                (access.Kinds is { } kinds ? $" For: {string.Join(", ", kinds.Select(k => $"`{k}`"))}." : "") +
                (access.ActingUser ? " Name the person acting." : ""));
        }
        else
        {
            lines.Add("Needs no token.");
        }

        operation.Description = string.Join("\n\n", lines.Where(l => !string.IsNullOrEmpty(l)));
    }

    /// <summary>Media types that are not one JSON value: lines are text here, a batch is an array.</summary>
    private static void DescribeBulk(OpenApiOperation operation)
    {
        // Such an endpoint accepts plain JSON only to refuse it with a reason.
        if (operation.RequestBody?.Content is { } offered && offered.ContainsKey("application/cloudevents+json"))
            offered.Remove("application/json");
        // Where the body is optional, routing accepts any content type; a body that is sent must be JSON.
        operation.RequestBody?.Content?.Remove("*/*");
        foreach (var (type, media) in operation.RequestBody?.Content ?? new Dictionary<string, OpenApiMediaType>())
        {
            if (type.Contains("-batch+json", StringComparison.Ordinal))
                media.Schema = new OpenApiSchema { Type = JsonSchemaType.Array, Items = media.Schema, MaxItems = 1000 };
            else if (type is "application/x-ndjson" or "text/csv")
                media.Schema = Lines(type);
        }

        foreach (var (type, media) in (operation.Responses ?? []).SelectMany(r => r.Value.Content ?? new Dictionary<string, OpenApiMediaType>()))
        {
            if (type is "application/x-ndjson" or "text/csv")
                media.Schema = Lines(type);
        }
    }

    private static OpenApiSchema Lines(string type) => new()
    {
        Type = JsonSchemaType.String,
        Description = type == "text/csv" ? "A header line that names the members as JSON does, then a line each." : "One JSON object a line.",
    };

    private static (string? First, string? More) FirstSentence(string? summary)
    {
        var end = summary?.IndexOf(". ", StringComparison.Ordinal) ?? -1;
        return end < 0 ? (summary?.TrimEnd('.'), null) : (summary![..end], summary[(end + 2)..]);
    }

    private static void AddSuccessHeaders(OpenApiOperation operation, OpenApiDocument document, List<Type> results, bool versioned)
    {
        var located = results.Exists(t => Is(t, typeof(CreatedVersioned<>)) || Is(t, typeof(Created<>)) || Is(t, typeof(Accepted<>)) || t == typeof(Created)
            || t == typeof(Accepted));
        foreach (var (status, response) in operation.Responses!)
        {
            if (!status.StartsWith('2') || response is not OpenApiResponse own)
                continue;
            own.Description = status switch
            {
                "200" => "Done.",
                "201" => "Created.",
                "202" => "Accepted; it is being worked on.",
                "204" => "Done.",
                _ => own.Description
            };
            own.Headers ??= new Dictionary<string, IOpenApiHeader>();
            own.Headers["X-Request-ID"] = new OpenApiHeaderReference("RequestId", document);
            if (versioned && status is "200" or "201")
                own.Headers["ETag"] = new OpenApiHeaderReference("ETag", document);
            if (located && status is "201" or "202")
                own.Headers["Location"] = new OpenApiHeaderReference("Location", document);
            if (results.Exists(t => Is(t, typeof(Ok<>)) && Is(t.GetGenericArguments()[0], typeof(Page<>))))
                own.Headers["Link"] = new OpenApiHeaderReference("Link", document);
        }
    }

    private static void AddHeader(OpenApiOperation operation, OpenApiDocument document, string component, string header)
    {
        var parameters = operation.Parameters ??= [];
        foreach (var own in parameters.Where(p => p.In == ParameterLocation.Header && string.Equals(p.Name, header, StringComparison.OrdinalIgnoreCase))
            .ToList())
            parameters.Remove(own);
        parameters.Add(new OpenApiParameterReference(component, document));
    }

    /// <summary>The result types a handler can return, out of tasks and unions.</summary>
    private static IEnumerable<Type> Results(Type type)
    {
        if (Is(type, typeof(Task<>)) || Is(type, typeof(ValueTask<>)))
            return Results(type.GetGenericArguments()[0]);
        return type.Namespace == typeof(Ok).Namespace && type.Name.StartsWith("Results`", StringComparison.Ordinal)
            ? type.GetGenericArguments().SelectMany(Results)
            : [type];
    }

    private static bool Is(Type type, Type definition) => type.IsGenericType && type.GetGenericTypeDefinition() == definition;

    /// <summary><c>listParkedEvents</c> to <c>List parked events</c>.</summary>
    private static string? TitleOf(string? id) => id is null ? null
        : char.ToUpperInvariant(id[0]) + string.Concat(id.Skip(1).Select(c => char.IsUpper(c) ? $" {char.ToLowerInvariant(c)}" : $"{c}"));

    private static Type RouteTypeOf(RoutePatternParameterPart parameter) => parameter.ParameterPolicies.FirstOrDefault()?.Content switch
    {
        "guid" => typeof(Guid),
        "int" => typeof(int),
        "long" => typeof(long),
        _ => typeof(string),
    };
}
