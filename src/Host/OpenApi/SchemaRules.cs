using System.Reflection;
using System.Text.Json.Serialization.Metadata;
using FluentValidation;
using FluentValidation.Validators;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace IntegratedCare.Host.OpenApi;

/// <summary>Completes a schema from nullability, XML comments and the request's validator.</summary>
internal static class SchemaRules
{
    public static async Task Transform(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken ct)
    {
        var type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
        if (type == typeof(decimal))
            schema.Format = "decimal";
        // Instants have their own converter, so the generator does not see that they are text.
        if (type == typeof(DateTimeOffset))
        {
            var nullable = context.JsonPropertyInfo is { } instant && RequestShape.MayBeNull(instant);
            (schema.Type, schema.Format) = (nullable ? JsonSchemaType.String | JsonSchemaType.Null : JsonSchemaType.String, "date-time");
        }

        if (context.JsonPropertyInfo is { } property)
        {
            if (property.AttributeProvider is PropertyInfo member && XmlDocs.Summary(member.DeclaringType!, member.Name) is { } summary)
                schema.Description = summary;
        }

        if (context.JsonTypeInfo.Kind == JsonTypeInfoKind.Object && type.Assembly.GetName().Name!.StartsWith("IntegratedCare", StringComparison.Ordinal))
        {
            DescribeObject(schema, context, type);
            await NameShapesAsync(schema, context, ct);
        }
    }

    /// <summary>A member with <see cref="ShapesAttribute"/> is any of those types; each is a schema of its own.</summary>
    private static async Task NameShapesAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken ct)
    {
        foreach (var property in context.JsonTypeInfo.Properties)
        {
            if (property.AttributeProvider is not PropertyInfo member || member.GetCustomAttribute<ShapesAttribute>() is not { } shapes)
                continue;
            foreach (var shape in shapes.Types)
                context.Document!.AddComponent(shape.Name, await context.GetOrCreateSchemaAsync(shape, null, ct));
            // A reference made here would be written out in full: ReferToShapes replaces these titles by references.
            schema.Properties![property.Name] = new OpenApiSchema
            {
                Description = XmlDocs.Summary(member.DeclaringType!, member.Name),
                AnyOf = [.. shapes.Types.Select(shape => new OpenApiSchema { Title = shape.Name })],
            };
        }
    }

    /// <summary>Replaces the titles from <see cref="NameShapesAsync"/> by references.</summary>
    public static void ReferToShapes(OpenApiDocument document)
    {
        foreach (var property in document.Components!.Schemas!.Values.SelectMany(s => s.Properties ?? new Dictionary<string, IOpenApiSchema>())
            .Select(p => p.Value).OfType<OpenApiSchema>())
        {
            if (property.AnyOf is { Count: > 0 } choices && choices.All(c => c.Title is { } title && document.Components.Schemas.ContainsKey(title)))
                property.AnyOf = [.. choices.Select(c => new OpenApiSchemaReference(c.Title!, document))];
        }
    }

    private static void DescribeObject(OpenApiSchema schema, OpenApiSchemaTransformerContext context, Type type)
    {
        if (context.JsonPropertyInfo is null)
            schema.Description ??= XmlDocs.Summary(type);
        schema.Required = context.JsonTypeInfo.Properties
            .Where(p => !RequestShape.MayBeNull(p) && !RequestShape.HasDefault(p))
            .Select(p => p.Name)
            .ToHashSet();
        if (context.ApplicationServices.GetService(typeof(IValidator<>).MakeGenericType(type)) is not IValidator validator)
            return;

        foreach (var rule in validator.CreateDescriptor().Rules)
        {
            if (rule.PropertyName is not { Length: > 0 } path || path.Contains('.'))
                continue;
            var property = context.JsonTypeInfo.Properties.FirstOrDefault(p => p.AttributeProvider is PropertyInfo member && member.Name == path);
            if (property is null || schema.Properties is null || !schema.Properties.TryGetValue(property.Name, out var described)
                || described is not OpenApiSchema target)
                continue;
            var each = rule.GetType().GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(ICollectionRule<,>));
            var conditional = rule.HasCondition || rule.HasAsyncCondition;
            foreach (var component in rule.Components.Where(c => c.Validator is not null))
                Apply(each ? target.Items as OpenApiSchema : target, component.Validator, schema, each ? null : property.Name, conditional
                    || component.HasCondition || component.HasAsyncCondition);
        }
    }

    private static void Apply(OpenApiSchema? target, IPropertyValidator validator, OpenApiSchema owner, string? name, bool conditional)
    {
        if (target is null || conditional)
            return;
        var isText = target.Type?.HasFlag(JsonSchemaType.String) == true;
        var isArray = target.Type?.HasFlag(JsonSchemaType.Array) == true;
        switch (validator)
        {
            case INotNullValidator or INotEmptyValidator:
                if (name is not null)
                    (owner.Required ??= new HashSet<string>()).Add(name);
                target.Type &= ~JsonSchemaType.Null;
                if (validator is INotEmptyValidator && isText)
                    target.MinLength ??= 1;
                if (validator is INotEmptyValidator && isArray)
                    target.MinItems ??= 1;
                break;
            case ILengthValidator length when isText:
                if (length.Min > 0)
                    target.MinLength = length.Min;
                if (length.Max > 0)
                    target.MaxLength = length.Max;
                break;
            case IRegularExpressionValidator pattern when isText:
                target.Pattern = pattern.Expression;
                break;
            case IBetweenValidator { From: { } from, To: { } to } between when IsNumber(target):
                var exclusive = between.Name.StartsWith("Exclusive", StringComparison.Ordinal);
                if (exclusive)
                    (target.ExclusiveMinimum, target.ExclusiveMaximum) = (Number(from), Number(to));
                else
                    (target.Minimum, target.Maximum) = (Number(from), Number(to));
                break;
            case IComparisonValidator { ValueToCompare: { } limit, MemberToCompare: null } comparison when IsNumber(target) && limit is IFormattable:
                switch (comparison.Comparison)
                {
                    case Comparison.GreaterThan: target.ExclusiveMinimum = Number(limit); break;
                    case Comparison.GreaterThanOrEqual: target.Minimum = Number(limit); break;
                    case Comparison.LessThan: target.ExclusiveMaximum = Number(limit); break;
                    case Comparison.LessThanOrEqual: target.Maximum = Number(limit); break;
                }

                break;
        }
    }

    private static bool IsNumber(OpenApiSchema schema) =>
        schema.Type is { } type && (type.HasFlag(JsonSchemaType.Integer) || type.HasFlag(JsonSchemaType.Number));

    private static string Number(object value) => Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture)!;
}
