using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared.Calendar;

namespace IntegratedCare.Contracts.Settlements.Engine;

/// <summary>Computes benchmark, actual figure and the value of the difference.</summary>
internal static partial class RiskShareEngine
{
    /// <summary>The benchmark of fixed terms for a period; null when they have none for it.</summary>
    public static Figure? FixedBenchmark(BenchmarkTerms benchmark, Period period, int places = 2)
    {
        foreach (var parts in new[] { [period.Label], period.Months, period.Quarters })
        {
            if (parts.Count > 0 && parts.All(p => benchmark.Periods.Any(b => b.Period == p)))
            {
                return Figure.Sum(parts.Select(p =>
                    Figure.Named($"terms.benchmark.periods.{p}.activity", benchmark.Periods.First(b => b.Period == p).Activity, places)));
            }
        }

        if (benchmark.PerQuarter is not { } perQuarter)
            return null;
        var quarter = Figure.Named("terms.benchmark.perQuarter", perQuarter, places);
        return period.Length switch
        {
            1 => quarter / 3,
            3 => quarter,
            _ => quarter * 4,
        };
    }

    private static Measured Measure(Calculation c)
    {
        var (terms, lines) = (c.Terms, c.Lines);
        var benchmark = Benchmark(c);
        if (terms.InMoney)
        {
            var spent = Actual(c, "actual-value", "Actual cost");
            var saved = lines.Money("saving-at-price", "Saving", "Benchmark less actual cost; a loss is negative.", benchmark - spent);
            var (steps, unfreed) = StepCosts(c, saved);
            var freed = lines.Money("saving-at-marginal-cost", "Saving at actual marginal cost",
                "The part of the saving that is really freed, and whole steps of step-fixed cost; the rest stays.",
                Plus(saved * c.Rate("marginalCostShare", terms.MarginalCostShare ?? 1), steps));
            Rate(c, saved, benchmark);
            return new Measured(benchmark, benchmark, null, saved, freed, unfreed);
        }

        var actual = Actual(c, "actual-activity", "Actual activity");
        var fewer = lines.Add("activity-difference", "Activity below benchmark",
            "Benchmark less actual activity; negative when there was more than expected.", Units.Activity, benchmark - actual);
        var price = Figure.Named("terms.unitPrice", terms.UnitPrice, 2);
        var value = lines.Money("benchmark-value", "Benchmark value", "Benchmark activity at the unit price.", benchmark * price);
        var saving = lines.Money("saving-at-price", "Saving at price", "Activity below benchmark at the unit price; a loss is negative.", fewer * price);
        var (whole, left) = StepCosts(c, fewer);
        var marginal = lines.Money("saving-at-marginal-cost", "Saving at actual marginal cost",
            "What the activity that did not happen would really have cost; fixed costs stay.",
            Plus(fewer * Figure.Named("terms.marginalCost", terms.MarginalCost, 2), whole));
        Rate(c, saving, value);
        return new Measured(benchmark, value, fewer, saving, marginal, left);
    }

    private static void Rate(Calculation c, Figure saving, Figure benchmark) =>
        c.Lines.Add("saving-rate", "Saving as a share of the benchmark value", "For reading; the threshold is tested in money.", Units.Rate,
            (benchmark.Value == 0 ? benchmark * 0 : saving / benchmark).At(Units.Scale(Units.Rate)));

    private static Figure Benchmark(Calculation c)
    {
        var (terms, lines, places) = (c.Terms.Benchmark, c.Lines, c.MeasurePlaces);
        var (code, title) = c.Terms.InMoney ? ("benchmark-value", "Benchmark") : ("benchmark-activity", "Benchmark activity");
        var (rule, figure) = terms.Kind switch
        {
            BenchmarkTerms.Given => ("As stated with the settlement.", Figure.Named("inputs.benchmark", c.Inputs.Benchmark!.Value, places)),
            BenchmarkTerms.Historical or BenchmarkTerms.Peer => Historical(c),
            _ => (c.Terms.InMoney ? "What the terms expect in the period." : "The activity the terms expect in the period.",
                FixedBenchmark(terms, c.Period, places) ?? throw new ArgumentException("The terms have no benchmark for the period.")),
        };
        if (terms.NeedCap is not { } cap)
            return lines.Add(code, title, rule, c.MeasureUnit, figure);

        var before = lines.Add("benchmark-before-need", $"{title} before need", rule, c.MeasureUnit, figure);
        var limit = c.Rate("benchmark.needCap", cap);
        var need = lines.Add("need-factor", "Change of need", "Need now over need when the benchmark was made, moved by no more than the cap.", Units.Rate,
            1 + Figure.Clamp(Figure.Named("inputs.needRatio", c.Inputs.NeedRatio!.Value, 6) - 1, -limit, limit));
        return lines.Add(code, title, "The benchmark at the population's need.", c.MeasureUnit, before * need);
    }

    /// <summary>Base years with their trends and weights, the peers' figure, or a blend of both.</summary>
    private static (string Rule, Figure Figure) Historical(Calculation c)
    {
        var (terms, lines) = (c.Terms.Benchmark, c.Lines);
        var unit = terms.NeedsPersons ? Units.PerHead : c.MeasureUnit;
        Figure? own = null;
        foreach (var year in terms.BaseYears ?? [])
        {
            var name = $"benchmark.baseYears.{year.Label}";
            var amount = Figure.Named($"terms.{name}.amount", year.Amount, c.MeasurePlaces);
            var trend = c.Rate($"{name}.trend", year.Trend);
            var line = lines.Add($"base-year:{year.Label}", $"Base year {year.Label}",
                terms.NeedsPersons ? "Per head, brought forward by its trend." : "Brought forward by its trend.", unit,
                terms.NeedsPersons ? amount / Figure.Named($"terms.{name}.persons", year.Persons!.Value, 2) * trend : amount * trend);
            var weighted = line * c.Rate($"{name}.weight", year.Weight);
            own = own is null ? weighted : own + weighted;
        }

        Figure yearly;
        var peer = terms.PeerPerHead is { } rate ? c.Rate("benchmark.peerPerHead", rate) : null;
        if (own is null)
        {
            yearly = peer!;
        }
        else
        {
            yearly = lines.Add("base-years", "Base years together", "Each by its weight.", unit, own);
            if (peer is not null)
            {
                var weight = c.Rate("benchmark.peerWeight", terms.PeerWeight!.Value);
                yearly = lines.Add("blended-benchmark", "Blended with the peers", "Own history and peers by the peers' weight.", unit,
                    (1 - weight) * yearly + weight * peer);
            }
        }

        if (terms.NeedsPersons)
            yearly *= c.Persons;
        return ("The yearly figure for the months of the period.", c.Period.Length == 12 ? yearly : yearly * c.Period.Length / 12);
    }

    private static Figure Actual(Calculation c, string code, string title)
    {
        var measure = c.Terms.Measure;
        if (measure.Source == MeasureTerms.Given)
        {
            return c.Lines.Add(code, title, "As stated with the settlement.", c.MeasureUnit,
                Figure.Named("inputs.actual", c.Inputs.Actual!.Value, c.MeasurePlaces));
        }

        if (measure.Source == MeasureTerms.CareCosts)
        {
            var costs = c.Inputs.Costs!;
            var spend = Figure.Named("inputs.costs.spend", costs.Spend, 2);
            return c.Lines.Money(code, title,
                measure.Costs!.TruncateAt is null ? "The care of the population in the period."
                : "The care of the population in the period, less what lies above the limit for one person.",
                measure.Costs.TruncateAt is null ? spend : spend - Figure.Named("inputs.costs.cut", costs.Cut, 2));
        }

        return c.Lines.Add(code, title, "The sum of the published values of the metric for the months of the period.", c.MeasureUnit,
            Figure.Sum(c.Values.Select(v => Figure.Named($"values.{v.Period}.activity", v.Activity, 2))));
    }

    /// <summary>The freed costs of whole steps, and the largest part of the difference that frees no step.</summary>
    private static (Figure? Freed, Figure? Unfreed) StepCosts(Calculation c, Figure difference)
    {
        Figure? freed = null, unfreed = null;
        foreach (var step in c.Terms.StepCosts)
        {
            var size = Figure.Named($"terms.stepCosts.{step.Code}.size", step.Size, 2);
            var steps = c.Lines.Add($"steps:{step.Code}", $"Whole steps of {step.Code}",
                "Steps that the difference frees, or adds when negative; part of a step frees nothing.", Units.Activity, Figure.Down(difference / size, 0));
            var cost = c.Lines.Money($"step-cost:{step.Code}", $"Step-fixed cost of {step.Code}", "Whole steps at the cost of one.",
                steps * Figure.Named($"terms.stepCosts.{step.Code}.cost", step.Cost, 2));
            freed = freed is null ? cost : freed + cost;
            var left = c.Lines.Add($"no-step:{step.Code}", $"Frees no step of {step.Code}",
                "The difference that is less than a whole step: its step-fixed cost stays.", c.MeasureUnit, difference - steps * size);
            unfreed = unfreed is null || Math.Abs(left.Value) > Math.Abs(unfreed.Value) ? left : unfreed;
        }

        return (freed, unfreed);
    }

    private static Figure Plus(Figure figure, Figure? more) => more is null ? figure : figure + more;
}
