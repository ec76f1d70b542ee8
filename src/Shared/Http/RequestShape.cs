using System.Collections;
using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace IntegratedCare.Shared.Http;

/// <summary>
/// The members that a record's JSON must have: those that are neither nullable nor have a default. The serialiser alone would give a
/// handler nulls and zeroes for members that were left out.
/// </summary>
public static class RequestShape
{
    private static readonly ConcurrentDictionary<Type, IReadOnlyList<Member>> Shapes = new();

    /// <summary>Whether null is one of the member's values.</summary>
    public static bool MayBeNull(JsonPropertyInfo property) =>
        property.AttributeProvider is not PropertyInfo member || MayBeNull(new NullabilityInfoContext().Create(member), member.PropertyType);

    /// <summary>Whether the member may be left out because its record gives it a default.</summary>
    public static bool HasDefault(JsonPropertyInfo property) =>
        property.AttributeProvider is PropertyInfo member && Parameter(member) is { HasDefaultValue: true };

    /// <summary>
    /// For the serializer: a value that cannot be null must be sent. References are checked by <see cref="Faults"/>, which names all at once.
    /// </summary>
    internal static void RequireValues(JsonTypeInfo info)
    {
        if (info.Kind != JsonTypeInfoKind.Object || !IsOurs(info.Type))
            return;
        foreach (var property in info.Properties)
        {
            if (property.PropertyType.IsValueType && Nullable.GetUnderlyingType(property.PropertyType) is null
                && property.AttributeProvider is PropertyInfo member && Parameter(member) is { HasDefaultValue: false })
                property.IsRequired = true;
        }
    }

    /// <summary>The members, at any depth, that are null but must not be.</summary>
    public static IEnumerable<FieldError> Faults(object body, string at = "")
    {
        foreach (var member in Shapes.GetOrAdd(body.GetType(), ShapeOf))
        {
            var pointer = $"{at}/{member.Name}";
            var value = member.Property.GetValue(body);
            if (value is null)
            {
                if (!member.MayBeNull)
                    yield return new FieldError(pointer, "This member is needed.");
                continue;
            }

            if (member.Elements is { } elements)
            {
                var index = 0;
                foreach (var element in (IEnumerable)value)
                {
                    if (element is null)
                    {
                        if (!elements.MayBeNull)
                            yield return new FieldError($"{pointer}/{index}", "null is not taken here.");
                    }
                    else if (elements.IsOurs)
                    {
                        foreach (var fault in Faults(element, $"{pointer}/{index}"))
                            yield return fault;
                    }

                    index++;
                }
            }
            else if (member.IsOurs)
            {
                foreach (var fault in Faults(value, pointer))
                    yield return fault;
            }
        }
    }

    private static IReadOnlyList<Member> ShapeOf(Type type) =>
    [
        .. type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.CanRead && p.GetIndexParameters().Length == 0 && p.GetCustomAttribute<JsonIgnoreAttribute>() is null)
            .Where(p => p.SetMethod is not null || Parameter(p) is not null)
            .Select(p =>
            {
                var nullability = new NullabilityInfoContext().Create(p);
                var element = ElementOf(p.PropertyType);
                var inner = nullability.ElementType ?? nullability.GenericTypeArguments.LastOrDefault();
                return new Member(
                    p,
                    p.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? JsonNamingPolicy.CamelCase.ConvertName(p.Name),
                    MayBeNull(nullability, p.PropertyType) || Parameter(p) is { HasDefaultValue: true },
                    IsOurs(p.PropertyType),
                    element is null ? null : new Elements(inner is null || MayBeNull(inner, element), IsOurs(element)));
            })
            .Where(m => !m.MayBeNull || m.IsOurs || m.Elements is not null),
    ];

    private static bool MayBeNull(NullabilityInfo nullability, Type type) =>
        type.IsValueType ? Nullable.GetUnderlyingType(type) is not null : nullability.ReadState != NullabilityState.NotNull;

    private static Type? ElementOf(Type type) =>
        type == typeof(string) || typeof(IDictionary).IsAssignableFrom(type) ? null
        : type.IsArray ? type.GetElementType()
        : type.GetInterfaces().Append(type).FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEnumerable<>)) is { } sequence
            && !sequence.GetGenericArguments()[0].Name.StartsWith("KeyValuePair", StringComparison.Ordinal)
            ? sequence.GetGenericArguments()[0] : null;

    private static ParameterInfo? Parameter(PropertyInfo property) =>
        property.DeclaringType!.GetConstructors(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance)
            .OrderByDescending(c => c.GetParameters().Length).FirstOrDefault()
            ?.GetParameters().FirstOrDefault(p => string.Equals(p.Name, property.Name, StringComparison.OrdinalIgnoreCase)
                && p.ParameterType == property.PropertyType);

    private static bool IsOurs(Type type) =>
        type is { IsEnum: false } && type.Namespace?.StartsWith("IntegratedCare", StringComparison.Ordinal) == true;

    private sealed record Member(PropertyInfo Property, string Name, bool MayBeNull, bool IsOurs, Elements? Elements);

    private sealed record Elements(bool MayBeNull, bool IsOurs);
}
