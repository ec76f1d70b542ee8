using IntegratedCare.Contracts.Statements;

namespace IntegratedCare.Contracts.Payments.Engine;

/// <summary>Capitation: the lines of a payment per head of the weighted population, and of years of care.</summary>
internal static partial class PaymentEngine
{
    /// <summary>
    /// Weighted population x rate x (1 + price change - efficiency); or baseline spend x growth of the weighted population x the
    /// same factor (whole population annual payment). In twelfths.
    /// </summary>
    private static Figure Capitation(Calculation c, CapitationPart part, out Figure? movement)
    {
        var (lines, inputs) = (c.Lines, c.Inputs);
        var population = part.Weighting is { } weighting ? Weighted(c, weighting)
            : lines.Add("weighted-population", "Weighted population", "As stated with the payment.", Units.Persons,
                Figure.Named("inputs.weightedPopulation", inputs.WeightedPopulation!.Value, 2));

        Figure year;
        string rule;
        if (part.Kind == CapitationPart.Rate)
        {
            year = population * c.Rate("capitation.ratePerYear", part.RatePerYear!.Value);
            rule = "Weighted persons at the yearly rate";
        }
        else
        {
            var spend = Figure.Named("terms.capitation.baselineSpend", part.BaselineSpend!.Value, Penny);
            if (part.Excluded is { } excluded)
            {
                spend = lines.Money("spend-in-scope", "Spend in scope", "The baseline spend less what is left out.",
                    spend - Figure.Named("terms.capitation.excluded", excluded, Penny));
            }

            var then = Figure.Named("terms.capitation.baselinePopulation", part.BaselinePopulation!.Value, 2);
            lines.Add("growth", "Growth of the weighted population", "For reading; the payment is computed from the numbers of persons.", Units.Rate,
                (population / then - 1).At(Units.Scale(Units.Rate)));
            year = spend * population / then;
            rule = "Spend in scope at the growth of the weighted population";
        }

        if (part.PriceChange is not null || part.Efficiency is not null)
        {
            var factor = Figure.Constant(1m);
            if (part.PriceChange is { } price)
                factor += c.Rate("capitation.priceChange", price);
            if (part.Efficiency is { } efficiency)
                factor -= c.Rate("capitation.efficiency", efficiency);
            year *= lines.Add("price-factor", "Price change less efficiency", "1 + price change - efficiency.", Units.Rate, factor);
            rule += ", at price change less efficiency";
        }

        var annual = lines.Money("capitation-year", "Capitation of the year", $"{rule}.", year);
        movement = part.ListMovement
            ? lines.Money("list-movement", "List movement",
                "The capitation of the weighted persons by which the list differed from the count, in the months of the period.",
                population.Value == 0 ? annual * 0 : c.OfYear(annual * Figure.Named("inputs.listMovement", inputs.ListMovement!.Value, 2) / population))
            : null;
        return lines.Money("capitation", "Capitation", "The amount of the year, in twelfths by the months of the period.", c.Instalment(annual));
    }

    private static Figure Weighted(Calculation c, PopulationWeighting weighting)
    {
        var (lines, inputs) = (c.Lines, c.Inputs);
        const string at = "capitation.weighting";
        var persons = inputs.Population!.ToDictionary(p => p.Group, p => Figure.Named($"inputs.population.{p.Group}", p.Persons, 2));
        var sum = lines.Add("weighted-sum", "Persons at their weights", "The persons of each group times its weight.", Units.Persons,
            Figure.Sum(weighting.Weights.Select(w => persons[w.Group] * c.Rate($"{at}.weights.{w.Group}", w.Weight))));
        var weighted = sum / c.Rate($"{at}.mean", weighting.Mean);
        if (weighting.Need is { } need)
        {
            var index = c.Rate($"{at}.need.constant", need.Constant);
            foreach (var coefficient in need.Coefficients)
            {
                index += c.Rate($"{at}.need.coefficients.{coefficient.Code}", coefficient.Coefficient)
                    * Figure.Named($"inputs.need.{coefficient.Code}", inputs.Need!.First(n => n.Code == coefficient.Code).Value, 6);
            }

            weighted *= lines.Add("need-index", "Index of need",
                "Constant and measures by their coefficients, over the same sum of the reference population.", Units.Rate,
                index / c.Rate($"{at}.need.mean", need.Mean));
        }

        if (weighting.Loadings.Count > 0)
        {
            var list = lines.Add("list", "Persons on the list", "All groups.", Units.Persons, Figure.Sum(persons.Values));
            foreach (var loading in weighting.Loadings)
            {
                weighted *= lines.Add($"loading:{loading.Code}", $"Loading for {loading.Code}", "1 + (weight - 1) times their share of the list.", Units.Rate,
                    1 + (c.Rate($"{at}.loadings.{loading.Code}", loading.Weight) - 1)
                    * Figure.Named($"inputs.loadings.{loading.Code}", inputs.Loadings!.First(l => l.Code == loading.Code).Persons, 2) / list);
            }
        }

        return lines.Add("weighted-population", "Weighted population", "Persons at their weights over the mean weight, by each index.", Units.Persons,
            weighted);
    }

    private static Figure YearOfCare(Calculation c)
    {
        var bands = c.Terms.YearOfCare.Select(band =>
        {
            var persons = Figure.Named($"inputs.yearOfCare.{band.Band}", c.Inputs.YearOfCare!.First(b => b.Band == band.Band).Persons, 2);
            return c.Lines.Money($"band:{band.Band}", $"Years of care in band {band.Band}", "Persons at the yearly price, for the months of the period.",
                c.OfYear(persons * Figure.Named($"terms.yearOfCare.{band.Band}", band.PerYear, Penny)));
        }).ToList();
        return c.Lines.Money("year-of-care", "Years of care", "All bands.", Figure.Sum(bands));
    }
}
