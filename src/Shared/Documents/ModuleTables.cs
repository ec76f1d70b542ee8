using Weasel.Postgresql;
using Weasel.Postgresql.Tables;

namespace IntegratedCare.Shared.Documents;

/// <summary>
/// Declares tables, with columns written as in SQL:
/// <c>table.With("id uuid", "title text not null").Key("id")</c>.
/// </summary>
public static class ModuleTables
{
    private const string NotNull = " not null";
    private const string Default = " default ";

    public static Table Table(string schema, string name) => new(new PostgresqlObjectName(schema, name, SchemaUtils.IdentifierUsage.General));

    /// <summary>Columns as <c>name type [not null] [default expression]</c>, in lower case.</summary>
    public static Table With(this Table table, params ReadOnlySpan<string> columns)
    {
        foreach (var column in columns)
        {
            var text = column;
            string? expression = null;
            if (text.IndexOf(Default, StringComparison.Ordinal) is >= 0 and var at)
                (text, expression) = (text[..at], text[(at + Default.Length)..]);
            var required = text.EndsWith(NotNull, StringComparison.Ordinal);
            if (required)
                text = text[..^NotNull.Length];
            var space = text.IndexOf(' ', StringComparison.Ordinal);
            var added = table.AddColumn(text[..space], text[(space + 1)..]);
            if (required)
                added = added.NotNull();
            if (expression is not null)
                added.DefaultValueByExpression(expression);
        }

        return table;
    }

    /// <summary>The primary key, in this order of columns.</summary>
    public static Table Key(this Table table, params ReadOnlySpan<string> columns)
    {
        foreach (var column in columns)
            table.ModifyColumn(column).AsPrimaryKey();
        table.PrimaryKeyName = $"{table.Identifier.Name}_pkey";
        return table;
    }

    /// <summary>An index over columns or expressions, each as in SQL: <c>"practice"</c>, <c>"started desc"</c>.</summary>
    public static Table Index(this Table table, string name, string[] columns, bool unique = false, string? where = null, string? method = null)
    {
        var index = new IndexDefinition(name) { Columns = columns, IsUnique = unique, Predicate = where };
        if (method is not null)
            index.Method = Enum.Parse<IndexMethod>(method);
        table.Indexes.Add(index);
        return table;
    }
}
