using System.Globalization;
using System.Net;
using System.Text;

namespace IntegratedCare.Contracts.RiskShares.Simulations;

/// <summary>The distribution of what all but the payer receive or pay, a panel for each scenario, as SVG: readable in print and without colour.</summary>
internal static class SimulationPicture
{
    private const int Width = 760;
    private const int PanelHeight = 150;
    private const int Left = 70;
    private const int Right = 20;

    public static string Of(SimulationResult result)
    {
        var min = Math.Min(0, result.Scenarios.Min(s => s.Bins[0].From));
        var max = Math.Max(0, result.Scenarios.Max(s => s.Bins[^1].To));
        if (min == max)
            max = min + 1;
        var height = 60 + result.Scenarios.Count * PanelHeight;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} "
            + $"{height}\" width=\"{Width}\" height=\"{height}\" role=\"img\" aria-labelledby=\"title desc\" font-family=\"sans-serif\" font-size=\"12\">");
        svg.Append("<title id=\"title\">What the risk-share would pay, by chance and by scenario</title><desc id=\"desc\">")
            .Append(Escape(string.Join(" ", result.Scenarios.Select(Describe)))).Append("</desc>");
        svg.Append(CultureInfo.InvariantCulture, $"<rect width=\"{Width}\" height=\"{height}\" fill=\"#fff\"/>");
        svg.Append(CultureInfo.InvariantCulture,
            $"<text x=\"{Left}\" y=\"20\" font-size=\"14\" font-weight=\"bold\">Transfers to all but {Escape(result.Payer)}, {Escape(result.Currency)}: "
            + $"{result.Draws:N0} draws a scenario, seed {result.Seed}</text>");
        svg.Append(CultureInfo.InvariantCulture,
            $"<text x=\"{Left}\" y=\"38\" fill=\"#444\">Standard deviation by chance {result.StandardDeviation * 100:0.##} % of the expected figure</text>");
        foreach (var (i, scenario) in result.Scenarios.Index())
            Panel(svg, scenario, 50 + i * PanelHeight, min, max);
        return svg.Append("</svg>").ToString();
    }

    private static void Panel(StringBuilder svg, ScenarioResult scenario, int top, decimal min, decimal max)
    {
        const int plot = 86;
        var bottom = top + 22 + plot;
        double X(decimal amount) => Left + (double)((amount - min) / (max - min)) * (Width - Left - Right);
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left}\" y=\"{top + 12}\">{Escape(Describe(scenario))}</text>");
        var highest = scenario.Bins.Max(b => b.Draws);
        foreach (var bin in scenario.Bins.Where(b => b.Draws > 0))
        {
            // A square-root scale, so that rare outcomes are visible beside the many at zero.
            var tall = Math.Max(1, plot * Math.Sqrt((double)bin.Draws / highest));
            var (x, wide) = (X(bin.From), Math.Max(1.5, X(bin.To) - X(bin.From) - 0.5));
            var fill = bin.From >= 0 ? "#0b5cad" : bin.To <= 0 ? "#c55a11" : "#777";
            svg.Append(CultureInfo.InvariantCulture,
                $"<rect x=\"{x:0.#}\" y=\"{bottom - tall:0.#}\" width=\"{wide:0.#}\" height=\"{tall:0.#}\" fill=\"{fill}\"><title>{bin.From:N0} to "
                + $"{bin.To:N0}: {bin.Draws:N0} draws</title></rect>");
        }

        svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{Left}\" y1=\"{bottom}\" x2=\"{Width - Right}\" y2=\"{bottom}\" stroke=\"#222\"/>");
        svg.Append(CultureInfo.InvariantCulture,
            $"<line x1=\"{X(0):0.#}\" y1=\"{top + 20}\" x2=\"{X(0):0.#}\" y2=\"{bottom + 4}\" stroke=\"#222\" stroke-dasharray=\"3 2\"/>");
        foreach (var (amount, anchor) in new[] { (min, "start"), (0m, "middle"), (max, "end") }.DistinctBy(t => t.Item1))
        {
            svg.Append(CultureInfo.InvariantCulture,
                $"<text x=\"{X(amount):0.#}\" y=\"{bottom + 17}\" text-anchor=\"{anchor}\" fill=\"#444\">{amount:N0}</text>");
        }
    }

    private static string Describe(ScenarioResult s) => string.Create(CultureInfo.InvariantCulture,
        $"{s.Name} (true change {s.Effect * 100:0.##} %): gain in {s.ChanceOfGain * 100:0.##} %, loss in {s.ChanceOfLoss * 100:0.##} %, beyond the floor in "
            + $"{s.ChanceBeyondFloor * 100:0.##} % of draws.");

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
