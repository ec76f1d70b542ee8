using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.Statements;

namespace IntegratedCare.Contracts.Settlements.Engine;

/// <summary>Computes how much of the result is shared: threshold, then the steps in the order of the terms.</summary>
internal static partial class RiskShareEngine
{
    private const string AfterLimits = "after-limits";

    /// <param name="Cap">Most of a gain, and <paramref name="Floor"/> least of a loss; on the result, or on each share.</param>
    private sealed record Shared(Figure Result, Figure Cap, Figure Floor, bool Gain);

    /// <param name="Apply">Adds the lines it needs and returns the figure of its own line.</param>
    /// <param name="Factors">Whether it only multiplies.</param>
    /// <param name="Notes">Sentences on single factors, appended to the rule.</param>
    private sealed record Stage(string Code, string Title, string Rule, Func<Figure, Figure> Apply, bool Factors = false, string Notes = "");

    private static Shared Pool(Calculation c, Measured measured)
    {
        var (counted, belowMinimum) = Threshold(c, measured);
        var gain = counted.Value >= 0;
        var (cap, floor, unrounded) = Limits(c, measured);
        var stages = Stages(c, measured, belowMinimum, cap, floor, unrounded, gain);
        if (stages.Count == 0)
            stages.Add(new("", "", "The whole result; cap and floor apply to each share.", amount => amount));

        var amount = counted;
        foreach (var stage in stages.SkipLast(1))
            amount = c.Lines.Money(stage.Code, stage.Title, stage.Rule, stage.Apply(amount));
        var last = stages[^1];
        return new Shared(c.Lines.Money("result-to-share", "Result to share", last.Rule, last.Apply(amount)), cap, floor, gain);
    }

    /// <summary>
    /// The steps of the terms. Neighbours that multiply are one line, so that the product is rounded once. A multiplier may have the code of
    /// such a line (<c>share-gate</c>): the later one gets its place as a suffix, since versions are compared line by line.
    /// </summary>
    private static List<Stage> Stages(Calculation c, Measured measured, Figure? belowMinimum, Figure cap, Figure floor, (Figure Cap, Figure Floor) unrounded,
        bool gain)
    {
        var terms = c.Terms;
        var stages = new List<Stage>();
        var factors = new List<Func<Figure>>();
        var names = new List<string>();
        var oneLine = false;
        var notes = "";
        foreach (var step in terms.Order)
        {
            switch (step)
            {
                case Steps.Share:
                    if (belowMinimum is not null)
                        Factor("share", () => belowMinimum);
                    if (terms.Corridors.Count > 0)
                    {
                        Flush();
                        stages.Add(new("after-corridors", "Result after corridors", "The parts of the bands together.",
                            amount => Corridors(c, measured, amount, gain)));
                    }
                    else if (terms.Sharing is { } sharing)
                    {
                        Factor("share", () => SharingRate(c, sharing, gain));
                    }

                    break;
                case Steps.Gate when gain && terms.Quality is { } quality:
                    Factor("gate", () => QualityFactor(c, quality));
                    break;
                case Steps.Multiplier:
                    foreach (var multiplier in terms.Multipliers.Where(m => Applies(m.AppliesTo, gain)))
                        Factor(multiplier.Code, () => c.Rate($"multipliers.{multiplier.Code}.factor", multiplier.Factor));
                    break;
                case Steps.Cap when terms.Limits.AppliesTo == LimitTerms.Result:
                    Flush();
                    stages.Add(new(AfterLimits, "Result within the limits",
                        "The result, not above the cap and not below the floor; what lies beyond stays with the payer.",
                        amount => oneLine ? Figure.Clamp(amount, unrounded.Floor, unrounded.Cap) : Figure.Clamp(amount, floor, cap)));
                    break;
                case Steps.Adjustment:
                    foreach (var adjustment in terms.Adjustments.Where(a => Applies(a.AppliesTo, gain)))
                    {
                        if (adjustment.Kind == AdjustmentTerms.Affected)
                        {
                            // An adjustment without a stated amount is a factor of one: no line, and no rounding.
                            if (Stated(c, adjustment) is not { } stated)
                                continue;
                            notes += $" The part taken off for {adjustment.Code} is the share of the persons affected times the months affected over the "
                                + $"months of the period.";
                            Factor(adjustment.Code, () => Unaffected(c, stated));
                            continue;
                        }

                        Flush();
                        var (rule, lessened) = Adjustment(c, adjustment, gain);
                        stages.Add(new($"after:{adjustment.Code}", $"Result after {adjustment.Code}", rule, lessened));
                    }

                    break;
            }
        }

        Flush();
        return [.. stages.Select((stage, i) => stage with
        {
            Code = stages.Take(i).Any(s => s.Code == stage.Code) ? $"{stage.Code}-{i + 1}" : stage.Code,
            Rule = stage.Rule + stage.Notes,
        })];

        void Factor(string name, Func<Figure> factor)
        {
            factors.Add(factor);
            if (!names.Contains(name))
                names.Add(name);
        }

        void Flush()
        {
            if (factors.Count == 0)
                return;
            Func<Figure>[] these = [.. factors];
            stages.Add(new($"after-{string.Join('-', names)}", $"Result after {string.Join(", ", names)}", "The result times each factor, rounded once.",
                amount => these.Aggregate(amount, (product, factor) => product * factor()), Factors: true, notes));
            notes = "";
            factors.Clear();
            names.Clear();
            OneLineFromTheLimits();
        }

        // Factors after the limits would multiply a rounded amount and could be a penny off: half of a rounded amount is not the rounded
        // half. So everything from the factors before the limits is one line.
        void OneLineFromTheLimits()
        {
            var limits = stages.FindIndex(s => s.Code == AfterLimits);
            if (limits < 0 || limits == stages.Count - 1)
                return;
            oneLine = true;
            var first = limits > 0 && stages[limits - 1].Factors ? limits - 1 : limits;
            var together = stages[first..];
            var steps = together.ConvertAll(s => s.Code["after-".Length..]);
            stages.RemoveRange(first, together.Count);
            stages.Add(new($"after-{string.Join('-', steps)}", $"Result after {string.Join(", ", steps)}",
                "The factors, the limits and what follows them, in the order of the terms and rounded once.",
                amount => together.Aggregate(amount, (result, stage) => stage.Apply(result)), Notes: string.Concat(together.Select(s => s.Notes))));
        }
    }

    private static AdjustmentAmount? Stated(Calculation c, AdjustmentTerms terms) => c.Inputs.Adjustments?.FirstOrDefault(a => a.Code == terms.Code);

    private static (string Rule, Func<Figure, Figure> Lessened) Adjustment(Calculation c, AdjustmentTerms terms, bool gain)
    {
        if (Stated(c, terms) is not { } stated)
            return ("The terms name the adjustment; none was stated.", amount => amount);
        var given = Figure.Named($"inputs.adjustments.{terms.Code}.amount", stated.Amount!.Value, 2);
        return ("The adjustment lessens the result, never past nothing.", amount => gain ? Figure.Max(amount - given, 0) : Figure.Min(amount + given, 0));
    }

    /// <summary>The factor that an adjustment by persons and months affected leaves of the result.</summary>
    private static Figure Unaffected(Calculation c, AdjustmentAmount stated)
    {
        var name = $"inputs.adjustments.{stated.Code}";
        return 1 - Figure.Named($"{name}.personsAffected", stated.PersonsAffected!.Value, 6)
            * Figure.Named($"{name}.monthsAffected", stated.MonthsAffected!.Value, 0) / c.Period.Length;
    }

    private static bool Applies(string to, bool gain) => to == "both" || to == (gain ? "gain" : "loss");

    /// <summary>The result that counts, and the factor of a saving below the minimum where the provider qualifies for it.</summary>
    private static (Figure Counted, Figure? BelowMinimum) Threshold(Calculation c, Measured measured)
    {
        var (terms, lines, saving) = (c.Terms.Threshold, c.Lines, measured.Saving);
        var savingRate = c.Rate("threshold.minimumSavingsRate", terms.MinimumSavingsRate);
        var lossRate = c.Rate("threshold.minimumLossRate", terms.MinimumLossRate);
        if (terms.BySize is { } table)
        {
            var bySize = lines.Add("minimum-rate", "Minimum rate for this number of persons", "From the table, linear between the ends of the band.",
                Units.Rate, FromTable(c.Persons, table));
            savingRate = bySize;
            lossRate = table.Losses ? bySize : lossRate;
        }

        var excess = terms.Sharing == ThresholdTerms.ExcessOnly;
        var leastSaving = Least("minimum-saving", "Smallest saving that counts", "Minimum savings rate of the benchmark value.",
            savingRate * measured.BenchmarkValue);
        var leastLoss = Least("minimum-loss", "Smallest loss that counts", "Minimum loss rate of the benchmark value.", lossRate * measured.BenchmarkValue);
        var gainPart = excess ? saving - leastSaving : saving;
        var lossPart = Figure.IfAtLeast(-saving, leastLoss, excess ? saving + leastLoss : saving, Figure.Zero(c.Lines.MoneyPlaces));
        if (terms.BelowMinimum is { } below && c.Inputs.QualifiesBelowMinimum == true)
        {
            var all = lines.Money("result-after-threshold", "Result after threshold",
                "A saving counts from the first pound, at a lower rate below the minimum; a loss from the minimum.",
                Figure.IfAtLeast(saving, 0, saving, lossPart));
            return (all, saving.Value < 0 ? null
                : lines.Add("below-minimum-factor", "Factor below the minimum", "All from the minimum; below it the part that the terms name.", Units.Rate,
                Figure.IfAtLeast(saving, leastSaving, Figure.Constant(1.000000m), c.Rate("threshold.belowMinimum.factor", below.Factor))));
        }

        return (lines.Money("result-after-threshold", "Result after threshold",
            excess ? "Nothing below the threshold; beyond it, what exceeds it." : "Nothing below the threshold; beyond it, the whole result.",
            Figure.IfAtLeast(saving, leastSaving, gainPart, lossPart)), null);

        // Rounded down, an amount just below the minimum would count in full. Where only the excess counts, it makes no difference.
        Figure Least(string code, string title, string rule, Figure min)
        {
            var rounded = Figure.Round(min, lines.MoneyPlaces);
            return excess || rounded.Value >= min.Value
                ? lines.Money(code, title, rule, min)
                : lines.Money(code, title, $"{rule} Rounded up, since less does not reach it.",
                    rounded + Figure.Constant(new decimal(1, 0, 0, false, (byte)lines.MoneyPlaces)));
        }
    }

    private static Figure FromTable(Figure persons, SizeTable table)
    {
        var (band, i) = table.Bands.Select((b, i) => (b, i)).Last(b => b.b.From <= persons.Value);
        var from = Named("from", band.From, 2);
        var atFrom = Named("atFrom", band.AtFrom, 6);
        if (band.To is not { } last || band.AtTo == band.AtFrom)
            return atFrom;
        var to = Named("to", last, 2);
        return atFrom + (Named("atTo", band.AtTo, 6) - atFrom) * (Figure.Min(persons, to) - from) / (to - from);

        Figure Named(string member, decimal value, int places) => Figure.Named($"terms.threshold.bySize.bands.{i}.{member}", value, places);
    }

    private static (Figure Cap, Figure Floor, (Figure Cap, Figure Floor) Unrounded) Limits(Calculation c, Measured measured)
    {
        var (terms, lines) = (c.Terms.Limits, c.Lines);
        var floorRate = c.Rate("limits.floor", terms.Floor);
        var floorRule = "The most of a loss that counts, as a negative amount.";
        if (terms.FloorByYear is { Count: > 0 } years)
        {
            var year = Math.Min(c.Inputs.Year!.Value, years.Count);
            floorRate = c.Rate($"limits.floorByYear.{year - 1}", years[year - 1]);
            floorRule = $"The most of a loss that counts in year {year} of the agreement{(year == years.Count ? " and after" : "")}, as a negative amount.";
        }

        var cap = c.Rate("limits.cap", terms.Cap) * measured.BenchmarkValue;
        var floor = floorRate * measured.BenchmarkValue;
        if (c.Inputs.Revenue is { } stated)
        {
            var revenue = Figure.Named("inputs.revenue", stated, 2);
            if (terms is { AppliesTo: LimitTerms.Result, CapOfRevenue: { } capOfRevenue })
                cap = Figure.Min(cap, c.Rate("limits.capOfRevenue", capOfRevenue) * revenue);
            if (terms is { AppliesTo: LimitTerms.Result, FloorOfRevenue: { } floorOfRevenue })
                floor = Figure.Max(floor, c.Rate("limits.floorOfRevenue", floorOfRevenue) * revenue);
        }

        return (lines.Money("cap", "Cap", "The most of a gain that counts.", cap), lines.Money("floor", "Floor", floorRule, floor), (cap, floor));
    }

    /// <summary>The providers' part of each band of the result.</summary>
    private static Figure Corridors(Calculation c, Measured measured, Figure amount, bool gain)
    {
        var size = Figure.Max(amount, -amount);
        var parts = new List<Figure>();
        foreach (var (i, band) in c.Terms.Corridors.Index())
        {
            var from = c.Rate($"corridors.{i}.from", band.From) * measured.BenchmarkValue;
            var within = band.To is { } to ? Figure.Min(size, c.Rate($"corridors.{i}.to", to) * measured.BenchmarkValue) : size;
            parts.Add(c.Lines.Money($"corridor:{i + 1}", $"Part of band {i + 1}", "What of the result lies in the band, at the band's rate.",
                c.Rate($"corridors.{i}.{(gain ? "gain" : "loss")}", gain ? band.Gain : band.Loss) * Figure.Max(within - from, 0)));
        }

        var sum = Figure.Sum(parts);
        return gain ? sum : -sum;
    }

    private static Figure SharingRate(Calculation c, SharingTerms sharing, bool gain)
    {
        var earned = c.Rate("sharing.gain", sharing.Gain);
        if (gain)
            return earned;
        if (sharing.Loss is not { } loss)
            return Figure.Constant(0);
        if (loss.Kind == LossRate.Fixed)
            return c.Rate("sharing.loss.rate", loss.Rate!.Value);
        var (rule, quality) = QualityEarned(c, c.Terms.Quality!);
        return c.Lines.Add("loss-rate", "Loss rate", rule, Units.Rate,
            Figure.Clamp(1 - earned * quality, c.Rate("sharing.loss.floor", loss.Floor!.Value), c.Rate("sharing.loss.ceiling", loss.Ceiling!.Value)));
    }
}
