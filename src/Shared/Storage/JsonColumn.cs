using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace IntegratedCare.Shared.Storage;

/// <summary>An aggregate's document: an immutable record kept as one <c>jsonb</c> column, written by our own serializer.</summary>
public static class JsonColumn
{
    public static PropertyBuilder<T> IsDocument<T>(this PropertyBuilder<T> property) where T : class
    {
        property.HasColumnType("jsonb").HasConversion(
            new ValueConverter<T, string>(
                v => JsonSerializer.Serialize(v, SharedJson.Storage),
                v => JsonSerializer.Deserialize<T>(v, SharedJson.Storage)!),
            new ValueComparer<T>(
                (a, b) => ReferenceEquals(a, b) || JsonSerializer.Serialize(a, SharedJson.Storage) == JsonSerializer.Serialize(b, SharedJson.Storage),
                v => StringComparer.Ordinal.GetHashCode(JsonSerializer.Serialize(v, SharedJson.Storage)),
                v => v));
        return property;
    }
}
