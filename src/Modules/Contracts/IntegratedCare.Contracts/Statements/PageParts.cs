using System.Globalization;
using System.Text;
using static IntegratedCare.Contracts.Statements.StatementText;

namespace IntegratedCare.Contracts.Statements;

/// <summary>
/// The common parts of the pages of settlements and payments: style, head, table of lines. They load no script, style sheet or font.
/// </summary>
internal static class PageParts
{
    private const string Sans = "\"Liberation Sans\", Arial, Helvetica, sans-serif";

    private const string Ink = "{ print-color-adjust: exact; -webkit-print-color-adjust: exact }";

    private const string Style = $$"""
        @page { size: A4; margin: 16mm 14mm 18mm }
        * { box-sizing: border-box }
        body { margin: 0 auto; max-width: 50rem; padding: 1.5rem; color: #1b1b1b; background: #fff; font: 10.5pt/1.45 {{Sans}} }
        h1 { font-size: 1.6rem; line-height: 1.2; margin: 0.2rem 0 0.3rem; overflow-wrap: anywhere }
        h2 { font-size: 1.15rem; margin: 1.8rem 0 0.5rem; border-bottom: 2px solid #1d4f73; padding-bottom: 0.15rem; break-after: avoid }
        h3 { font-size: 1rem; margin: 1rem 0 0.3rem; break-after: avoid }
        p { margin: 0.4rem 0 }
        .kicker { color: #1d4f73; font-weight: bold; margin: 0 }
        .facts { display: grid; grid-template-columns: max-content max-content max-content 1fr; gap: 0.15rem 0.9rem; margin: 0.8rem 0 0; font-size: 0.9rem }
        .facts dt { color: #4a5663 } .facts dd { margin: 0; overflow-wrap: anywhere }
        .outcome { border: 1px solid #1d4f73; border-left-width: 6px; padding: 0.6rem 0.9rem; margin: 1rem 0 }
        .outcome p { margin: 0.25rem 0 } .outcome .who { font-size: 1.15rem; font-weight: bold; overflow-wrap: anywhere }
        table { border-collapse: collapse; width: 100%; margin: 0.5rem 0 }
        caption { text-align: left; font-weight: bold; padding: 0.3rem 0 }
        th, td { text-align: left; vertical-align: top; padding: 0.28rem 0.5rem; border-bottom: 1px solid #c5cdd5; overflow-wrap: anywhere }
        th { border-bottom: 1.5px solid #1b1b1b } thead { display: table-header-group } tr { break-inside: avoid }
        .n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; overflow-wrap: normal }
        .total td { border-top: 1.5px solid #1b1b1b; font-weight: bold }
        .warning { border: 1px dashed #6b7785; padding: 0.4rem 0.8rem; margin: 0.5rem 0; break-inside: avoid }
        .warning.raised { border: 3px solid #8a1c1c; background: #fff4f2 }
        .warning b { text-transform: uppercase; letter-spacing: 0.03em } .warning p { margin: 0.15rem 0 }
        .mark { display: inline-block; width: 1.4em; text-align: center; border: 2px solid #8a1c1c; font-weight: bold; margin-right: 0.4em; color: #8a1c1c }
        .lines { table-layout: fixed; font-size: 0.86rem } .lines .no { width: 2.6rem } .lines .what { width: 30% } .lines .result { width: 9.6rem }
        .lines td.result { white-space: normal }
        .key td, .key th { background: #eef3f7 }
        code { font: 0.85em/1.4 "Liberation Mono", Consolas, Menlo, monospace; overflow-wrap: anywhere }
        .small { color: #4a5663; font-size: 0.86em }
        .clauses th { width: 11rem; border-bottom: 1px solid #c5cdd5 }
        pre { background: #f3f5f7; border: 1px solid #c5cdd5; padding: 0.5rem 0.7rem; white-space: pre-wrap; margin: 0.4rem 0; break-inside: avoid }
        figure { margin: 0.6rem 0; break-inside: avoid } figcaption { color: #4a5663; font-size: 0.86rem }
        a { color: inherit }
        svg text { font-family: {{Sans}} }
        @media print { body { max-width: none; padding: 0; font-size: 9.5pt } a { text-decoration: none } .outcome, .warning, .key td, .key th, svg {{Ink}} }
        @media (max-width: 40rem) { .facts { grid-template-columns: max-content 1fr } }
        """;

    public static void Begin(StringBuilder page, string title) => page
        .Append("<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en-GB\"><head><meta charset=\"utf-8\"/><meta "
            + "name=\"viewport\" content=\"width=device-width\"/>")
        .Append($"<title>{Escape(title)}</title><style>{Style}</style></head>\n<body>\n");

    public static string End(StringBuilder page) => page.Append("</main>\n</body></html>\n").ToString();

    /// <summary>A table of names and values; nothing if it is empty.</summary>
    public static void Table(StringBuilder page, string heading, IReadOnlyList<(string Name, string Value)> rows)
    {
        if (rows.Count == 0)
            return;
        page.Append($"<h3>{heading}</h3>\n<table><tbody>\n");
        foreach (var (name, value) in rows)
            page.Append($"<tr><td>{Escape(name)}</td><td class=\"n\">{Escape(value)}</td></tr>\n");
        page.Append("</tbody></table>\n");
    }

    public static void Lines(StringBuilder page, IReadOnlyList<StatementLine> lines)
    {
        page.Append("<h2>The lines</h2>\n<p class=\"small\">Each line gives its rule, the arithmetic in numbers and where those come from. <code>round(x, "
            + "n)</code> rounds half away from zero, <code>down(x, n)</code> towards zero; <code>if(a &gt;= b, x, y)</code> is x where the condition holds, "
            + "else y; <code>normal</code> is the standard normal distribution.</p>\n")
            .Append("<table class=\"lines\"><thead><tr><th scope=\"col\" class=\"n no\">No.</th><th scope=\"col\" class=\"what\">Line</th><th "
                + "scope=\"col\">Arithmetic</th><th scope=\"col\" class=\"n result\">Result</th></tr></thead><tbody>\n");
        foreach (var line in lines)
        {
            var key = line.Code is "result-to-share" or "payment" or "payment-due" || line.Code.StartsWith("transfer:", StringComparison.Ordinal);
            var arithmetic = line.Arithmetic.Length == 0 ? "<span class=\"small\">from lines of other parties</span>"
                : $"<code>{Escape(line.Arithmetic)}</code>";
            page.Append($"<tr id=\"line-{Text(line.Number)}\"{(key ? " class=\"key\"" : "")}><td "
                + $"class=\"n\">{Text(line.Number)}</td><td><b>{Escape(line.Title)}</b><br/>{Escape(line.Rule)}</td><td>{arithmetic}");
            if (line.Inputs.Count > 0)
            {
                page.Append("<br/><span class=\"small\">").AppendJoin("; ",
                    line.Inputs.Select(i => $"{(i.Line is { } of ? $"line {Link(of)}" : Escape(i.Name))} = {Number(i.Value)}")).Append("</span>");
            }

            page.Append($"</td><td class=\"n result\">{Escape(Result(line.Result, line.Unit))}<br/><span "
                + $"class=\"small\">{Escape(line.Unit)}</span></td></tr>\n");
        }

        page.Append("</tbody></table>\n");
    }

    /// <summary>A party's name and code, or only the code where no register is given.</summary>
    public static string Name(string party, IReadOnlyDictionary<string, string>? names) =>
        names?.GetValueOrDefault(party) is { } name ? $"{name} ({party})" : party;

    public static string Link(int line) => $"<a href=\"#line-{Text(line)}\">{Text(line)}</a>";

    public static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
