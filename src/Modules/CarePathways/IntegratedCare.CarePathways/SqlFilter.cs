using System.Globalization;

namespace IntegratedCare.CarePathways;

/// <summary>A WHERE clause that grows condition by condition; whatever is interpolated into one becomes a parameter.</summary>
internal sealed class SqlFilter
{
    private readonly List<FormattableString> _conditions = [];

    /// <summary>The values of the parameters, in their order.</summary>
    public object[] Values => [.. _conditions.SelectMany(c => c.GetArguments()).Select(a => a!)];

    /// <summary>The clause for a query of documents, whose parameters are <c>?</c>.</summary>
    public string ForDocuments => Sql(_ => "?");

    /// <summary>The clause for a command, whose parameters are <c>$1</c>, <c>$2</c>, ...</summary>
    public string ForCommand => Sql(number => $"${number}");

    public SqlFilter And(FormattableString condition)
    {
        _conditions.Add(condition);
        return this;
    }

    private string Sql(Func<int, string> parameter)
    {
        var number = 0;
        return _conditions.Count == 0 ? "" : "where " + string.Join(" and ", _conditions.Select(c =>
            string.Format(CultureInfo.InvariantCulture, c.Format, [.. Enumerable.Range(0, c.ArgumentCount).Select(_ => parameter(++number))])));
    }
}
