namespace IntegratedCare.Contracts.Statements;

/// <summary>
/// The numbered lines of a statement, each computed from figures and rounded to its unit's places; but a rate, which gates or multiplies money,
/// is not rounded: only money is, to the penny.
/// </summary>
/// <param name="moneyPlaces">2: to the penny; 0: to whole pounds or dollars.</param>
internal sealed class LineList(string currency, int moneyPlaces)
{
    public List<StatementLine> All { get; } = new(32);

    public int MoneyPlaces => moneyPlaces;

    /// <summary>Adds a line; gives its result as a figure that later lines may use.</summary>
    public Figure Add(string code, string title, string rule, string unit, Figure figure)
    {
        var places = unit == Units.Money ? moneyPlaces : Units.Scale(unit);
        var printed = unit is Units.Rate or Units.PerHead ? figure : figure.At(places);
        var result = Units.Pad(printed.Value, places);
        All.Add(new StatementLine(All.Count + 1, code, title, rule, printed.Inputs(), printed.ToString(), unit == Units.Money ? currency : unit, result));
        return Figure.OfLine(All.Count, code, result, result.Scale);
    }

    public int NumberOf(string code) => All.FindIndex(l => l.Code == code) + 1;

    public Figure Money(string code, string title, string rule, Figure figure) => Add(code, title, rule, Units.Money, figure);
}
