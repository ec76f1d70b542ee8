using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace IntegratedCare.Contracts.Statements;

/// <summary>Formats numbers and text for a statement's page: British, the same in every culture, and safe inside HTML and XML.</summary>
internal static partial class StatementText
{
    public const string Minus = "\u2212";
    private const char NoBreak = '\u00a0';

    /// <summary>Escapes text from callers. Characters that XML cannot hold become the replacement character.</summary>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length + 16);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                escaped.Append(c).Append(text[++i]);
                continue;
            }

            _ = c switch
            {
                '&' => escaped.Append("&amp;"),
                '<' => escaped.Append("&lt;"),
                '>' => escaped.Append("&gt;"),
                '"' => escaped.Append("&quot;"),
                '\'' => escaped.Append("&#39;"),
                '\t' or '\n' => escaped.Append(c),
                < ' ' or (>= '\u007f' and < '\u00a0') or (>= '\ud800' and <= '\udfff') or '\ufffe' or '\uffff' => escaped.Append('\ufffd'),
                _ => escaped.Append(c),
            };
        }

        return escaped.ToString();
    }

    /// <summary>Thousands separated, with the places the number holds and a true minus sign: −1,234.50.</summary>
    public static string Number(decimal value) => Signed(value, Math.Abs(value).ToString($"N{value.Scale}", CultureInfo.InvariantCulture));

    public static string Money(decimal amount, string currency) =>
        Signed(amount, Symbol(currency) + Math.Abs(amount).ToString($"N{amount.Scale}", CultureInfo.InvariantCulture));

    /// <summary>A fraction as a percentage with up to four places: 2.99 %.</summary>
    public static string Percent(decimal rate) => Signed(rate, Math.Abs(rate * 100).ToString("#,0.####", CultureInfo.InvariantCulture) + NoBreak + "%");

    /// <summary>A result with its unit: money with its sign, a rate as it is computed and as a percentage.</summary>
    public static string Result(decimal value, string unit) => unit switch
    {
        "GBP" or "EUR" or "USD" => Money(value, unit),
        Units.Rate or Units.Probability => $"{Shortened(value)} ({Percent(decimal.Round(value, 4, MidpointRounding.AwayFromZero))})",
        _ => Shortened(value),
    };

    /// <summary>A number to six places, and dots where it has more: the line's arithmetic gives them.</summary>
    private static string Shortened(decimal value) =>
        value.Scale > 6 ? Number(decimal.Round(value, 6, MidpointRounding.AwayFromZero)) + "…" : Number(value);

    /// <summary>A sentence of a statement with its numbers as this page writes them: (-9450000) becomes −9,450,000.</summary>
    public static string Readable(string sentence) =>
        NumberInSentence().Replace(sentence, m => Number(decimal.Parse(m.Value.Trim('(', ')'), NumberStyles.Number, CultureInfo.InvariantCulture)));

    public static string Day(DateOnly day) => day.ToString("d MMMM yyyy", CultureInfo.InvariantCulture);

    /// <summary>One, two and three.</summary>
    public static string List(IReadOnlyList<string> items) => items.Count switch
    {
        0 => "",
        1 => items[0],
        _ => $"{string.Join(", ", items.SkipLast(1))} and {items[^1]}",
    };

    private static string Signed(decimal value, string size) => value < 0 ? Minus + size : size;

    [GeneratedRegex("\\(-[0-9]+(\\.[0-9]+)?\\)|[0-9]+(\\.[0-9]+)?", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex NumberInSentence();

    private static string Symbol(string currency) => currency switch
    {
        "GBP" => "£",
        "EUR" => "€",
        "USD" => "$",
        _ => currency + NoBreak,
    };
}
