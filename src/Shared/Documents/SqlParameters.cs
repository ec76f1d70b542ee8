using Npgsql;
using NpgsqlTypes;

namespace IntegratedCare.Shared.Documents;

/// <summary>Typed parameters, such as the columns of rows for <c>unnest</c>, and reads of nullable columns.</summary>
public static class SqlParameters
{
    public static NpgsqlParameter Column<TRow, T>(IEnumerable<TRow> rows, NpgsqlDbType type, Func<TRow, T> value) =>
        new() { Value = rows.Select(value).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | type };

    public static NpgsqlParameter Text<TRow>(IEnumerable<TRow> rows, Func<TRow, string?> value) => Column(rows, NpgsqlDbType.Text, value);

    public static NpgsqlParameter Date(DateOnly value) => new() { Value = value, NpgsqlDbType = NpgsqlDbType.Date };

    public static NpgsqlParameter Instant(DateTimeOffset value) => new() { Value = value, NpgsqlDbType = NpgsqlDbType.TimestampTz };

    public static T? Nullable<T>(this NpgsqlDataReader reader, int ordinal) where T : struct =>
        reader.IsDBNull(ordinal) ? null : reader.GetFieldValue<T>(ordinal);

    public static string? Text(this NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetString(ordinal);
}
