using System.Globalization;
using IntegratedCare.Contracts.Statements;

namespace IntegratedCare.Contracts.Settlements.Engine;

/// <summary>The warnings on marginal cost, step-fixed costs and chance, which are always computed.</summary>
internal static partial class RiskShareEngine
{
    private static List<StatementWarning> Warn(Calculation c, Measured measured, Shared shared)
    {
        var (lines, saving, freed) = (c.Lines, measured.Saving, measured.Freed);
        Figure z;
        if (measured.Fewer is { } fewer)
        {
            z = lines.Add("chance-z", "Distance from the benchmark in standard deviations",
                "If nothing had changed, the count would vary as a Poisson count with the benchmark as its mean; normal approximation with continuity "
                    + "correction.", Units.Z,
                measured.Benchmark.Value == 0 ? measured.Benchmark * 0 : (Figure.Constant(0.5m) - Figure.Max(fewer, -fewer)) / Figure.Sqrt(measured.Benchmark));
        }
        else
        {
            // Costs of months are independent: three months of four persons vary as a year of one.
            var year = c.Period.Length == 12;
            var deviation = lines.Money("chance-deviation", "Standard deviation of the cost by chance",
                $"If nothing had changed: the benchmark times the variation of one person's cost over the root of the number of "
                    + $"{(year ? "persons" : "person-years, the persons by the months of the period")}.",
                measured.Benchmark * c.Rate("coefficientOfVariation", c.Terms.CoefficientOfVariation)
                / Figure.Sqrt(year ? c.Persons : c.Persons * c.Period.Length / 12));
            z = lines.Add("chance-z", "Distance from the benchmark in standard deviations",
                "The size of the result over that standard deviation, below the mean.", Units.Z,
                deviation.Value == 0 ? deviation * 0 : -Figure.Max(saving, -saving) / deviation);
        }

        var chance = lines.Add("chance-probability", "Probability of a difference this large by chance",
            "The normal probability of that distance or more, on the same side.",
            Units.Probability, Figure.Normal(z));

        var (atPrice, atCost) = (lines.NumberOf("saving-at-price"), lines.NumberOf("saving-at-marginal-cost"));
        var warnings = new List<StatementWarning>
        {
            new("price-beside-marginal-cost", Math.Abs(shared.Result.Value) > Math.Abs(freed.Value),
                $"At price the saving is {Text(saving)} (line {atPrice}); at actual marginal cost it is {Text(freed)} (line {atCost}). "
                + "It is raised when more is shared than marginal cost freed or added.", [atPrice, atCost]),
            new("chance", chance.Value > 0.05m && shared.Result.Value != 0,
                $"Had nothing changed, a difference this large on the same side would arise by chance with probability {Text(chance)} (line "
                    + $"{lines.NumberOf("chance-probability")}). "
                + (measured.Fewer is null ? "It rests on the terms' variation of one person's cost. "
                    : "Admissions vary more than Poisson counts, so the true probability is higher. ")
                + "It is raised above 0.05 when something is shared.", [lines.NumberOf("chance-z"), lines.NumberOf("chance-probability")]),
        };
        if (measured.Unfreed is { } unfreed)
        {
            var steps = lines.All.Where(l => l.Code.StartsWith("no-step:", StringComparison.Ordinal)).Select(l => l.Number).ToList();
            warnings.Add(new("step-fixed-costs", unfreed.Value != 0,
                $"Step-fixed costs go in whole steps only: {Text(unfreed)} of the difference frees none (lines {string.Join(", ", steps)}), and its fixed "
                    + $"cost stays.", steps));
        }

        return warnings;
    }

    private static string Text(Figure figure) => figure.Value < 0 ? $"({Digits(figure)})" : Digits(figure);

    private static string Digits(Figure figure) => figure.Value.ToString($"F{figure.Scale}", CultureInfo.InvariantCulture);
}
