using System.Globalization;
using System.Text;
using IntegratedCare.Contracts.Settlements.Engine;

namespace IntegratedCare.Contracts.Statements;

/// <summary>
/// A number together with the arithmetic that gives it. Statements are computed from figures, so that a line prints exactly its
/// computation. The functions that may be printed are <c>min</c>, <c>max</c>, <c>round(x, n)</c> (half away from zero),
/// <c>down(x, n)</c> (towards zero), <c>if(a >= b, x, y)</c>, <c>sqrt</c> and <c>normal</c> (standard normal distribution).
/// </summary>
internal sealed class Figure
{
    private enum Kind
    {
        Number,
        Add,
        Subtract,
        Multiply,
        Divide,
        Negate,
        Min,
        Max,
        Round,
        Down,
        IfAtLeast,
        Sqrt,
        Normal,
    }

    /// <summary>Decimal places beyond which a quotient or root is not printed exactly.</summary>
    private const int Endless = 28;

    private readonly Kind _kind;
    private readonly Figure[] _of;
    private readonly string? _name;
    private readonly int? _line;

    private readonly decimal _input;

    private Figure(Kind kind, decimal value, int scale, Figure[] of, string? name = null, int? line = null, decimal? input = null)
    {
        _input = input ?? value;
        _kind = kind;
        Value = value;
        Scale = Math.Min(scale, Endless);
        _of = of;
        _name = name;
        _line = line;
    }

    public decimal Value { get; }

    /// <summary>Decimal places the value may need.</summary>
    public int Scale { get; }

    /// <summary>
    /// A term, a value or an input, by its path in the pack: members by name, entries of a list by their code (party, metric, period,
    /// label) or, where they have none, by their place from 0.
    /// </summary>
    public static Figure Named(string name, decimal value, int scale) => new(Kind.Number, value, scale, [], name);

    /// <summary>The result of an earlier line.</summary>
    public static Figure OfLine(int number, string code, decimal value, int scale) => new(Kind.Number, value, scale, [], code, number);

    /// <summary>A number that belongs to the rule itself: the 3 months of a quarter.</summary>
    public static Figure Constant(decimal value) => new(Kind.Number, value, value.Scale, []);

    /// <summary>Zero, with the places of money.</summary>
    public static Figure Zero(int places) => Constant(Units.Fix(0m, places));

    /// <summary>The size of a line's result or an input, without its sign.</summary>
    public static Figure Abs(Figure a) => new(Kind.Number, Math.Abs(a.Value), a.Scale, [], a._name, a._line, a.Value);

    public static implicit operator Figure(int value) => Constant(value);

    public static Figure operator +(Figure a, Figure b) => new(Kind.Add, a.Value + b.Value, Math.Max(a.Scale, b.Scale), [a, b]);

    public static Figure operator -(Figure a, Figure b) => new(Kind.Subtract, a.Value - b.Value, Math.Max(a.Scale, b.Scale), [a, b]);

    public static Figure operator *(Figure a, Figure b) => new(Kind.Multiply, a.Value * b.Value, a.Scale + b.Scale, [a, b]);

    public static Figure operator /(Figure a, Figure b) => new(Kind.Divide, a.Value / b.Value, Endless, [a, b]);

    public static Figure operator -(Figure a) => new(Kind.Negate, -a.Value, a.Scale, [a]);

    public static Figure Min(Figure a, Figure b) => new(Kind.Min, Math.Min(a.Value, b.Value), Math.Max(a.Scale, b.Scale), [a, b]);

    public static Figure Max(Figure a, Figure b) => new(Kind.Max, Math.Max(a.Value, b.Value), Math.Max(a.Scale, b.Scale), [a, b]);

    /// <summary>Half away from zero.</summary>
    public static Figure Round(Figure a, int places) => new(Kind.Round, decimal.Round(a.Value, places, MidpointRounding.AwayFromZero), places, [a, places]);

    /// <summary>Towards zero.</summary>
    public static Figure Down(Figure a, int places) => new(Kind.Down, decimal.Round(a.Value, places, MidpointRounding.ToZero), places, [a, places]);

    public static Figure IfAtLeast(Figure a, Figure b, Figure yes, Figure no) =>
        new(Kind.IfAtLeast, a.Value >= b.Value ? yes.Value : no.Value, Math.Max(yes.Scale, no.Scale), [a, b, yes, no]);

    public static Figure Sqrt(Figure a) => new(Kind.Sqrt, DecimalMath.Sqrt(a.Value), Endless, [a]);

    public static Figure Normal(Figure a) => new(Kind.Normal, DecimalMath.Normal(a.Value), Endless, [a]);

    public static Figure Sum(IEnumerable<Figure> figures) => figures.Aggregate((a, b) => a + b);

    public static Figure Clamp(Figure a, Figure min, Figure max) => Max(Min(a, max), min);

    /// <summary>The same figure, rounded where its arithmetic may give more places than the unit has.</summary>
    public Figure At(int places) => Scale > places ? Round(this, places) : this;

    /// <summary>The named numbers it is made of, each once, in order of appearance.</summary>
    public IReadOnlyList<LineInput> Inputs()
    {
        var inputs = new List<LineInput>(4);
        Collect(inputs);
        return inputs;
    }

    public override string ToString()
    {
        var text = new StringBuilder(64);
        Print(text);
        return text.ToString();
    }

    private void Collect(List<LineInput> inputs)
    {
        if (_name is not null && !inputs.Exists(i => i.Name == _name))
            inputs.Add(new LineInput(_name, _line, _input));
        foreach (var part in _of)
            part.Collect(inputs);
    }

    private void Print(StringBuilder text)
    {
        switch (_kind)
        {
            case Kind.Number:
                PrintNumber(text);
                break;
            case Kind.Add:
                Infix(text, " + ", bracketLeft: false, _of[1]._kind is Kind.Add or Kind.Subtract or Kind.Negate);
                break;
            case Kind.Subtract:
                Infix(text, " - ", bracketLeft: false, _of[1]._kind is Kind.Add or Kind.Subtract or Kind.Negate);
                break;
            case Kind.Multiply:
                Infix(text, " * ", _of[0]._kind is Kind.Add or Kind.Subtract or Kind.Negate,
                    _of[1]._kind is Kind.Add or Kind.Subtract or Kind.Negate or Kind.Multiply or Kind.Divide);
                break;
            case Kind.Divide:
                Infix(text, " / ", _of[0]._kind is Kind.Add or Kind.Subtract or Kind.Negate,
                    _of[1]._kind is Kind.Add or Kind.Subtract or Kind.Negate or Kind.Multiply or Kind.Divide);
                break;
            case Kind.Negate:
                text.Append('-');
                Bracketed(text, _of[0], _of[0]._kind is Kind.Add or Kind.Subtract or Kind.Negate or Kind.Multiply or Kind.Divide);
                break;
            case Kind.IfAtLeast:
                text.Append("if(");
                _of[0].Print(text);
                text.Append(" >= ");
                _of[1].Print(text);
                text.Append(", ");
                _of[2].Print(text);
                text.Append(", ");
                _of[3].Print(text);
                text.Append(')');
                break;
            default:
                text.Append(_kind switch
                {
                    Kind.Min => "min(",
                    Kind.Max => "max(",
                    Kind.Round => "round(",
                    Kind.Down => "down(",
                    Kind.Sqrt => "sqrt(",
                    _ => "normal(",
                });
                _of[0].Print(text);
                if (_of.Length > 1)
                {
                    text.Append(", ");
                    _of[1].Print(text);
                }

                text.Append(')');
                break;
        }
    }

    private void PrintNumber(StringBuilder text)
    {
        Span<char> digits = stackalloc char[48];
        Value.TryFormat(digits, out var length, Scale switch { 2 => "F2", 6 => "F6", 0 => "F0", _ => $"F{Scale}" }, CultureInfo.InvariantCulture);
        if (Value < 0)
            text.Append('(').Append(digits[..length]).Append(')');
        else
            text.Append(digits[..length]);
    }

    private void Infix(StringBuilder text, string sign, bool bracketLeft, bool bracketRight)
    {
        Bracketed(text, _of[0], bracketLeft);
        text.Append(sign);
        Bracketed(text, _of[1], bracketRight);
    }

    private static void Bracketed(StringBuilder text, Figure figure, bool bracket)
    {
        if (bracket)
            text.Append('(');
        figure.Print(text);
        if (bracket)
            text.Append(')');
    }
}
