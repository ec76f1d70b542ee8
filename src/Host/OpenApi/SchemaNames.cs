using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.OpenApi;

namespace IntegratedCare.Host.OpenApi;

/// <summary>Names schemas; nested <c>Request</c> records get the name of their endpoint: <c>SignAgreementRequest</c>.</summary>
internal static class SchemaNames
{
    /// <summary>Top-level names that more than one assembly uses; these get their module's name as a prefix.</summary>
    private static readonly Lazy<HashSet<string>> Shared = new(() => typeof(SchemaNames).Assembly.GetReferencedAssemblies()
        .Where(a => a.Name!.StartsWith("IntegratedCare.", StringComparison.Ordinal))
        .Select(System.Reflection.Assembly.Load)
        .SelectMany(a => a.GetTypes().Where(t => !t.IsNested).Select(t => (t.Name, Assembly: a)).Distinct())
        .GroupBy(t => t.Name)
        .Where(g => g.Count() > 1)
        .Select(g => g.Key)
        .ToHashSet());

    public static string? Of(JsonTypeInfo info) =>
        OpenApiOptions.CreateDefaultSchemaReferenceId(info) is null ? null : Name(Nullable.GetUnderlyingType(info.Type) ?? info.Type);

    private static string Name(Type type)
    {
        if (type.IsArray)
            return $"ArrayOf{Name(type.GetElementType()!)}";
        if (type.IsGenericType)
            return $"{type.Name[..type.Name.IndexOf('`')]}Of{string.Join("And", type.GetGenericArguments().Select(Name))}";
        if (type.DeclaringType is { } declaring && type.Assembly != typeof(SchemaNames).Assembly)
        {
            var outer = Name(declaring);
            return type.Name.StartsWith(outer, StringComparison.Ordinal) ? type.Name : outer + type.Name;
        }

        var assembly = type.Assembly.GetName().Name!;
        return Shared.Value.Contains(type.Name) && assembly.StartsWith("IntegratedCare.", StringComparison.Ordinal)
            ? assembly.Split('.')[1] + type.Name
            : type.Name;
    }
}
