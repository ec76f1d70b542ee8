using System.Globalization;

namespace IntegratedCare.Contracts.Tests.Settlements.Engine;

/// <summary>Evaluates the arithmetic printed on statements, written apart from the engine so that it can catch it out.</summary>
internal sealed class Evaluator
{
    private readonly string _text;
    private readonly List<decimal> _numbers = [];
    private readonly List<int> _places = [];
    private int _at;

    private Evaluator(string text) => _text = text.Replace(" ", "");

    public static decimal Evaluate(string text)
    {
        var evaluator = new Evaluator(text);
        var value = evaluator.Sum();
        return evaluator._at == evaluator._text.Length ? value : throw new FormatException($"Not understood after {evaluator._at}: {text}");
    }

    /// <summary>The numbers a text is made of, without their signs, and apart from them the places that it rounds to.</summary>
    public static (IReadOnlyList<decimal> Numbers, IReadOnlyList<int> Places) NumbersOf(string text)
    {
        var evaluator = new Evaluator(text);
        evaluator.Sum();
        return (evaluator._numbers, evaluator._places);
    }

    private decimal Sum()
    {
        var value = Product();
        while (true)
        {
            if (Take("+"))
                value += Product();
            else if (Take("-"))
                value -= Product();
            else
                return value;
        }
    }

    private decimal Product()
    {
        var value = Factor();
        while (true)
        {
            if (Take("*"))
                value *= Factor();
            else if (Take("/"))
                value /= Factor();
            else
                return value;
        }
    }

    private decimal Factor()
    {
        if (Take("-"))
            return -Factor();
        if (Take("("))
            return Closing(Sum());
        if (Take("if("))
        {
            var left = Sum();
            Need(">=");
            var right = Sum();
            Need(",");
            var yes = Sum();
            Need(",");
            var no = Closing(Sum());
            return left >= right ? yes : no;
        }

        if (Take("min("))
            return Two(Math.Min);
        if (Take("max("))
            return Two(Math.Max);
        if (Take("round("))
            return Rounded(MidpointRounding.AwayFromZero);
        if (Take("down("))
            return Rounded(MidpointRounding.ToZero);
        if (Take("sqrt("))
            return Root(Closing(Sum()));
        if (Take("normal("))
            return (decimal)Normal((double)Closing(Sum()));
        var start = _at;
        while (_at < _text.Length && (char.IsAsciiDigit(_text[_at]) || _text[_at] == '.'))
            _at++;
        var number = decimal.Parse(_text.AsSpan(start, _at - start), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);
        _numbers.Add(number);
        return number;
    }

    /// <summary>In decimals: what is converted from double has 15 digits, too few for the last place of a large quotient.</summary>
    private static decimal Root(decimal value)
    {
        if (value == 0)
            return 0;
        var root = (decimal)Math.Sqrt((double)value);
        for (var i = 0; i < 3; i++)
            root = (root + value / root) / 2;
        return root;
    }

    private decimal Rounded(MidpointRounding how)
    {
        var value = Sum();
        Need(",");
        var places = (int)Factor();
        _numbers.RemoveAt(_numbers.Count - 1);
        _places.Add(places);
        return Closing(decimal.Round(value, places, how));
    }

    private decimal Two(Func<decimal, decimal, decimal> function)
    {
        var first = Sum();
        Need(",");
        return function(first, Closing(Sum()));
    }

    private decimal Closing(decimal value)
    {
        Need(")");
        return value;
    }

    private bool Take(string token)
    {
        if (!_text.AsSpan(_at).StartsWith(token))
            return false;
        _at += token.Length;
        return true;
    }

    private void Need(string token)
    {
        if (!Take(token))
            throw new FormatException($"Expected {token} at {_at}: {_text}");
    }

    /// <summary>By Simpson's rule from 0 to z: another road than the engine's series.</summary>
    public static double Normal(double z)
    {
        if (Math.Abs(z) > 12)
            return z < 0 ? 0 : 1;
        const int steps = 2000;
        var h = z / steps;
        double sum = 0;
        for (var i = 0; i <= steps; i++)
            sum += Math.Exp(-i * h * (i * h) / 2) * (i is 0 or steps ? 1 : i % 2 == 1 ? 4 : 2);
        return 0.5 + sum * h / 3 / Math.Sqrt(2 * Math.PI);
    }
}
