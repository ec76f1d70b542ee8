using System.Globalization;
using System.Text;
using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.Statements;
using static IntegratedCare.Contracts.Statements.StatementText;

namespace IntegratedCare.Contracts.Settlements.Statements;

/// <summary>
/// A statement as one SVG: a waterfall from benchmark to actual, and from the result to the transfers. Two scales, each from zero,
/// because a transfer is a small part of a benchmark. Reads without colour, and has its numbers as a text alternative.
/// </summary>
internal static class StatementPicture
{
    private const int Width = 720;
    private const int Row = 22;
    private const int LabelEnds = 236;
    private const int BarsBegin = 246;
    private const int BarsEnd = 580;
    private const int MaxParties = 12;

    private enum Kind
    {
        Level,
        Change,
        Received,
        Paid,
    }

    private sealed record Bar(string Label, decimal From, decimal To, Kind Kind)
    {
        /// <summary>The amount written beside the bar.</summary>
        public decimal Amount => To - From;
    }

    public static string Of(Statement statement)
    {
        string[] titles = ["From benchmark to actual", "From the result to the transfers"];
        List<Bar>[] blocks = [MeasureBars(statement), ResultBars(statement)];
        string[] units = [statement.Terms.InMoney ? statement.Currency : Units.Activity, statement.Currency];
        var height = blocks.Sum(b => b.Count * Row) + blocks.Length * 40;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {height}\" width=\"100%\" role=\"img\" aria-labelledby=\"picture-title "
            + $"picture-text\">")
            .Append("<title id=\"picture-title\">How the settlement comes about</title><desc id=\"picture-text\">");
        foreach (var (i, block) in blocks.Index())
            svg.Append(Escape($"{titles[i]}: {string.Join("; ", block.Select(b => $"{b.Label} {Result(b.Amount, units[i])}"))}. "));
        svg.Append("</desc><defs><pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">")
            .Append("<rect width=\"6\" height=\"6\" fill=\"#fff\"/><rect width=\"3\" height=\"6\" fill=\"#a4262c\"/></pattern></defs>");
        var y = 0;
        foreach (var (i, block) in blocks.Index())
            y = Draw(svg, titles[i], block, units[i], y);
        return svg.Append("</svg>").ToString();
    }

    private static List<Bar> MeasureBars(Statement statement)
    {
        var benchmark = statement.Lines.First(l => l.Code == (statement.Terms.InMoney ? "benchmark-value" : "benchmark-activity"));
        var actual = statement.Lines.First(l => l.Code == (statement.Terms.InMoney ? "actual-value" : "actual-activity"));
        var below = benchmark.Result >= actual.Result;
        return
        [
            new(benchmark.Title, 0, benchmark.Result, Kind.Level),
            new(below ? "Below benchmark" : "Above benchmark", benchmark.Result, actual.Result, Kind.Change),
            new(actual.Title, 0, actual.Result, Kind.Level),
        ];
    }

    private static List<Bar> ResultBars(Statement statement)
    {
        decimal Line(string code) => statement.Lines.First(l => l.Code == code).Result;
        var saving = Line("saving-at-price");
        var bars = new List<Bar> { new(saving < 0 ? "Loss at price" : "Saving at price", 0, saving, Kind.Level) };
        var (at, result) = (saving, Line("result-to-share"));
        foreach (var stage in statement.Lines.Where(l => l.Code == "result-after-threshold" || l.Code.StartsWith("after", StringComparison.Ordinal)))
        {
            Step(stage.Code switch
            {
                "result-after-threshold" => "threshold",
                "after-limits" => "cap and floor",
                _ => string.Join(", ", stage.Title.Replace("Result after ", "", StringComparison.Ordinal).Split(", ").Select(LabelOf)),
            }, stage.Result);
        }


        Step(string.Join(", ", LastSteps(statement)), result);
        bars.Add(new("Result to share", 0, result, Kind.Level));
        if (statement.Lines.FirstOrDefault(l => l.Code == "reinvested") is { Result: not 0 } kept)
            bars.Add(new("Stays in the fund", 0, kept.Result, Kind.Received));
        var moved = statement.Transfers.Where(t => t.Amount != 0).OrderByDescending(t => Math.Abs(t.Amount)).ThenBy(t => t.Party, StringComparer.Ordinal)
            .ToList();
        foreach (var transfer in moved.Take(MaxParties))
        {
            bars.Add(new($"{transfer.Party} {(transfer.Amount > 0 ? "receives" : "pays")}", 0, transfer.Amount,
                transfer.Amount > 0 ? Kind.Received : Kind.Paid));
        }

        if (moved.Count > MaxParties)
            bars.Add(new($"{moved.Count - MaxParties} others together", 0, moved.Skip(MaxParties).Sum(t => t.Amount), Kind.Level));
        return bars;

        void Step(string label, decimal to)
        {
            if (to != at)
                bars.Add(new(label.Length == 0 ? "Last step" : char.ToUpperInvariant(label[0]) + label[1..], at, to, Kind.Change));
            at = to;
        }
    }

    /// <summary>The last steps of the order, which have no line of their own because they lead to the result to share.</summary>
    private static IEnumerable<string> LastSteps(Statement statement)
    {
        var terms = statement.Terms;
        var side = statement.Lines.First(l => l.Code == "result-after-threshold").Result >= 0 ? "gain" : "loss";
        var named = statement.Lines.Where(l => l.Code.StartsWith("after", StringComparison.Ordinal))
            .SelectMany(l => l.Code == "after-limits" ? ["limits"] : l.Title.Replace("Result after ", "", StringComparison.Ordinal).Split(", ")).ToHashSet();
        foreach (var step in terms.Order)
        {
            var (text, own) = step switch
            {
                Steps.Share when terms.Corridors.Count > 0 => ("corridors", "corridors"),
                Steps.Share when terms.Sharing is not null || statement.Lines.Any(l => l.Code == "below-minimum-factor") => (LabelOf(Steps.Share), Steps.Share),
                Steps.Gate when terms.Quality is not null && side == "gain" => (LabelOf(Steps.Gate), Steps.Gate),
                Steps.Multiplier when terms.Multipliers.FirstOrDefault(m => m.AppliesTo == "both" || m.AppliesTo == side) is { } multiplier =>
                (multiplier.Code, multiplier.Code),
                Steps.Cap when terms.Limits.AppliesTo == LimitTerms.Result => ("cap and floor", "limits"),
                Steps.Adjustment when terms.Adjustments.LastOrDefault(a => a.AppliesTo == "both" || a.AppliesTo == side) is { } adjustment =>
                (adjustment.Code, adjustment.Code),
                _ => ("", ""),
            };
            if (own.Length > 0 && !named.Contains(own))
                yield return text;
        }
    }

    private static string LabelOf(string step) => step switch
    {
        Steps.Share => "sharing rate",
        Steps.Gate => "quality",
        _ => step,
    };

    private static int Draw(StringBuilder svg, string title, List<Bar> bars, string unit, int top)
    {
        var min = Math.Min(0, bars.Min(b => Math.Min(b.From, b.To)));
        var max = Math.Max(0, bars.Max(b => Math.Max(b.From, b.To)));
        if (max == min)
            max = min + 1;
        decimal X(decimal value) => decimal.Round(BarsBegin + (value - min) / (max - min) * (BarsEnd - BarsBegin), 1);

        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"0\" y=\"{top + 18}\" font-size=\"13\" font-weight=\"bold\" fill=\"#1b1b1b\">{title}</text>");
        var y = top + 28;
        var bottom = y + bars.Count * Row;
        foreach (var (i, bar) in bars.Index())
        {
            var (left, right) = (X(Math.Min(bar.From, bar.To)), X(Math.Max(bar.From, bar.To)));
            var fill = bar.Kind switch
            {
                Kind.Level => "fill=\"#1d4f73\"",
                Kind.Change => "fill=\"#dfe7ee\" stroke=\"#1d4f73\" stroke-dasharray=\"3 2\"",
                Kind.Received => "fill=\"#2e7d4f\"",
                _ => "fill=\"url(#hatch)\" stroke=\"#a4262c\"",
            };
            var amount = (bar.Kind == Kind.Change && bar.Amount > 0 ? "+" : "") + Result(bar.Amount, unit);
            svg.Append(CultureInfo.InvariantCulture,
                $"<text x=\"{LabelEnds}\" y=\"{y + 15}\" font-size=\"12\" text-anchor=\"end\" fill=\"#1b1b1b\">{Escape(Shorten(bar.Label))}</text>")
                .Append(CultureInfo.InvariantCulture, $"<rect x=\"{left}\" y=\"{y + 3}\" width=\"{Math.Max(right - left, 1)}\" height=\"{Row - 6}\" {fill}/>")
                .Append(CultureInfo.InvariantCulture,
                    $"<text x=\"{Width}\" y=\"{y + 15}\" font-size=\"12\" text-anchor=\"end\" fill=\"#1b1b1b\">{Escape(amount)}</text>");
            if (i + 1 < bars.Count && (bar.Kind == Kind.Change || bars[i + 1].Kind == Kind.Change))
            {
                svg.Append(CultureInfo.InvariantCulture,
                    $"<line x1=\"{X(bar.To)}\" y1=\"{y + 3}\" x2=\"{X(bar.To)}\" y2=\"{y + 2 * Row - 3}\" stroke=\"#6b7785\" stroke-width=\"0.7\"/>");
            }

            y += Row;
        }

        svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{X(0)}\" y1=\"{top + 26}\" x2=\"{X(0)}\" y2=\"{bottom}\" stroke=\"#1b1b1b\"/>");
        return bottom + 12;
    }

    private static string Shorten(string label) => label.Length <= 36 ? label : label[..(char.IsHighSurrogate(label[34]) ? 34 : 35)] + "…";
}
