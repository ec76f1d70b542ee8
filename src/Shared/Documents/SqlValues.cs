using Npgsql;

namespace IntegratedCare.Shared.Documents;

public static class SqlValues
{
    /// <summary>Adds positional parameters ($1, $2, ...) of types that Npgsql knows by value; null is an untyped NULL.</summary>
    public static NpgsqlCommand With(this NpgsqlCommand command, params ReadOnlySpan<object?> values)
    {
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        return command;
    }
}
