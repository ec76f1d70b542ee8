using System.Globalization;

namespace IntegratedCare.Contracts.Domain;

/// <summary>
/// Settles a risk-share: terms and frozen inputs in, statement out. Pure, decimal, and the same bytes wherever it runs.
/// Each line prints the arithmetic that gives its result, with these functions: <c>min</c>, <c>max</c>,
/// <c>round(x, n)</c> (half away from zero), <c>down(x, n)</c> (towards zero), <c>if(a >= b, x, y)</c>, <c>sqrt</c>, and
/// <c>normal</c> (standard normal distribution).
/// </summary>
internal static class RiskShareEngine
{
    public const string Schema = "integrated-care/settlement-statement/1";

    /// <summary>Expected activity of a period and how it was made up; null when the terms have none for it.</summary>
    public static (decimal Activity, string Arithmetic, IReadOnlyList<LineInput> Inputs)? Benchmark(BenchmarkTerms benchmark, SettlementPeriod period)
    {
        var named = benchmark.Periods.ToDictionary(p => p.Period, p => p.Activity);
        foreach (var parts in new[] { [period.Label], period.Months, period.Quarters })
        {
            if (parts.Count > 0 && parts.All(named.ContainsKey))
            {
                var inputs = parts.Select(p => new LineInput($"terms.benchmark.periods.{p}", null, named[p])).ToList();
                return (inputs.Sum(i => i.Value), Sum(inputs.Select(i => i.Value), Units.Activity), inputs);
            }
        }

        if (benchmark.PerQuarter is not { } quarter)
            return null;
        LineInput[] input = [new("terms.benchmark.perQuarter", null, quarter)];
        var printed = Print(quarter, Units.Activity);
        return period.Length switch
        {
            1 => (quarter / 3, $"round({printed} / 3, 2)", input),
            3 => (quarter, printed, input),
            _ => (quarter * 4, $"{printed} * 4", input),
        };
    }

    public static Statement Settle(SettlementPack pack)
    {
        var terms = pack.Terms.Normalised();
        var period = SettlementPeriod.Parse(pack.Period) ?? throw new ArgumentException("Not a period.");
        var values = pack.Values.OrderBy(v => v.Period, StringComparer.Ordinal).Select(v => v with { Activity = Units.Fix(v.Activity, Units.Activity) }).ToList();
        var lines = new LineList();

        // What was expected, what happened, and what the difference is worth.
        var (benchmarkActivity, benchmarkArithmetic, benchmarkInputs) = Benchmark(terms.Benchmark, period) ?? throw new ArgumentException("The terms have no benchmark for the period.");
        var benchmark = lines.Add("benchmark-activity", "Benchmark activity", "The activity the terms expect in the period.",
            Units.Activity, benchmarkArithmetic, benchmarkActivity, [.. benchmarkInputs]);
        var actual = lines.Add("actual-activity", "Actual activity", "The sum of the published values of the metric for the months of the period.",
            Units.Activity, Sum(values.Select(v => v.Activity), Units.Activity), values.Sum(v => v.Activity),
            [.. values.Select(v => new LineInput($"values.{v.Period}", null, v.Activity))]);
        var fewer = lines.Add("activity-difference", "Activity below benchmark", "Benchmark less actual activity; negative when there was more than expected.",
            Units.Activity, $"{benchmark} - {actual}", benchmark.Result - actual.Result, benchmark.Input, actual.Input);
        var price = new LineInput("terms.unitPrice", null, terms.UnitPrice);
        var marginal = new LineInput("terms.marginalCost", null, terms.MarginalCost);
        var benchmarkValue = lines.Money("benchmark-value", "Benchmark value", "Benchmark activity at the unit price.",
            $"round({benchmark} * {Print(price)}, 2)", benchmark.Result * price.Value, benchmark.Input, price);
        var saving = lines.Money("saving-at-price", "Saving at price", "Activity below benchmark at the unit price; a loss is negative.",
            $"round({fewer} * {Print(price)}, 2)", fewer.Result * price.Value, fewer.Input, price);
        var freed = lines.Money("saving-at-marginal-cost", "Saving at actual marginal cost", "What the activity that did not happen would really have cost; fixed costs stay.",
            $"round({fewer} * {Print(marginal)}, 2)", fewer.Result * marginal.Value, fewer.Input, marginal);
        lines.Add("saving-rate", "Saving as a share of the benchmark value", "For reading; the threshold is tested in pounds.",
            Units.Rate, $"round({saving} / {benchmarkValue}, 6)", saving.Result / benchmarkValue.Result, saving.Input, benchmarkValue.Input);

        // Threshold.
        var minimumSavingRate = new LineInput("terms.threshold.minimumSavingsRate", null, terms.Threshold.MinimumSavingsRate);
        var minimumLossRate = new LineInput("terms.threshold.minimumLossRate", null, terms.Threshold.MinimumLossRate);
        var leastSaving = lines.Money("minimum-saving", "Smallest saving that counts", "Minimum savings rate of the benchmark value.",
            $"round({Print(minimumSavingRate)} * {benchmarkValue}, 2)", minimumSavingRate.Value * benchmarkValue.Result, minimumSavingRate, benchmarkValue.Input);
        var leastLoss = lines.Money("minimum-loss", "Smallest loss that counts", "Minimum loss rate of the benchmark value.",
            $"round({Print(minimumLossRate)} * {benchmarkValue}, 2)", minimumLossRate.Value * benchmarkValue.Result, minimumLossRate, benchmarkValue.Input);
        var excess = terms.Threshold.Sharing == ThresholdTerms.ExcessOnly;
        var gainPart = excess ? $"{saving} - {leastSaving}" : $"{saving}";
        var lossPart = excess ? $"{saving} + {leastLoss}" : $"{saving}";
        var counted = lines.Money("result-after-threshold", "Result after threshold",
            excess ? "Nothing below the threshold; beyond it, what exceeds it." : "Nothing below the threshold; beyond it, the whole result.",
            $"if({saving} >= {leastSaving}, {gainPart}, if(-{saving} >= {leastLoss}, {lossPart}, 0.00))",
            saving.Result >= leastSaving.Result ? saving.Result - (excess ? leastSaving.Result : 0)
                : -saving.Result >= leastLoss.Result ? saving.Result + (excess ? leastLoss.Result : 0) : 0,
            saving.Input, leastSaving.Input, leastLoss.Input);

        // Cap and floor, on the result or on each share.
        var capRate = new LineInput("terms.limits.cap", null, terms.Limits.Cap);
        var floorRate = new LineInput("terms.limits.floor", null, terms.Limits.Floor);
        var cap = lines.Money("cap", "Cap", "The most of a gain that counts.",
            $"round({Print(capRate)} * {benchmarkValue}, 2)", capRate.Value * benchmarkValue.Result, capRate, benchmarkValue.Input);
        var floor = lines.Money("floor", "Floor", "The most of a loss that counts, as a negative amount.",
            $"round({Print(floorRate)} * {benchmarkValue}, 2)", floorRate.Value * benchmarkValue.Result, floorRate, benchmarkValue.Input);
        var limitResult = terms.Limits.AppliesTo == LimitTerms.Result;
        var shared = limitResult
            ? lines.Money("result-to-share", "Result to share", "The result, not above the cap and not below the floor; what lies beyond stays with the payer.",
                $"max(min({counted}, {cap}), {floor})", Math.Max(Math.Min(counted.Result, cap.Result), floor.Result), counted.Input, cap.Input, floor.Input)
            : lines.Money("result-to-share", "Result to share", "The whole result; cap and floor apply to each share.", $"{counted}", counted.Result, counted.Input);

        // Shares, by largest remainder to the penny.
        var gain = shared.Result >= 0;
        var fractions = terms.Shares.Select(s => (s.Party, Fraction: gain ? s.Gain : s.Loss)).ToList();
        var (down, extra) = LargestRemainder(Math.Abs(shared.Result), [.. fractions.Select(f => f.Fraction)]);
        var shares = new Dictionary<string, Line>();
        for (var i = 0; i < fractions.Count; i++)
        {
            var (party, fraction) = fractions[i];
            var input = new LineInput($"terms.shares.{party}.{(gain ? "gain" : "loss")}", null, fraction);
            var magnitude = $"down({Print(input)} * {Print(Math.Abs(shared.Result), Units.Money)}, 2) + {Print(extra[i], Units.Money)}";
            shares[party] = lines.Money($"share:{party}", $"Share of {party}",
                $"Its fraction of the {(gain ? "gain" : "loss")}, in whole pence; the pence left over go to the largest remainders, ties in order of code.",
                gain ? magnitude : $"-({magnitude})", (gain ? 1 : -1) * (down[i] + extra[i]), input, shared.Input);
        }

        lines.Money("shares-total", "Shares in total", "The shares add up to the result to share.",
            string.Join(" + ", shares.Values), shares.Values.Sum(s => s.Result), [.. shares.Values.Select(s => s.Input)]);

        // Transfers: everybody but the payer receives or bears its share; the payer is the other side of all of them.
        var transfers = new List<(string Party, Line Line)>();
        foreach (var (party, share) in shares.Where(s => s.Key != terms.Payer))
        {
            transfers.Add((party, limitResult
                ? lines.Money($"transfer:{party}", $"Transfer to {party}", "Its share: received from the fund, or paid into it when negative.", $"{share}", share.Result, share.Input)
                : lines.Money($"transfer:{party}", $"Transfer to {party}", "Its share, not above the cap and not below the floor: received from the fund, or paid into it when negative.",
                    $"max(min({share}, {cap}), {floor})", Math.Max(Math.Min(share.Result, cap.Result), floor.Result), share.Input, cap.Input, floor.Input)));
        }

        transfers.Add((terms.Payer, lines.Money($"transfer:{terms.Payer}", $"Transfer to {terms.Payer}",
            "The payer holds the saving or loss until settlement: it pays the others' shares of a gain and is paid their shares of a loss.",
            $"-({string.Join(" + ", transfers.Select(t => t.Line))})", -transfers.Sum(t => t.Line.Result), [.. transfers.Select(t => t.Line.Input)])));
        lines.Money("transfers-total", "Transfers in total", "The transfers sum to zero.",
            string.Join(" + ", transfers.Select(t => t.Line)), transfers.Sum(t => t.Line.Result), [.. transfers.Select(t => t.Line.Input)]);

        // The two warnings, always computed.
        var z = lines.Add("chance-z", "Distance from the benchmark in standard deviations",
            "If nothing had changed, the count would vary as a Poisson count with the benchmark as its mean; normal approximation with continuity correction.",
            Units.Z, $"round((0.5 - max({fewer}, -{fewer})) / sqrt({benchmark}), 6)", (0.5m - Math.Abs(fewer.Result)) / Chance.Sqrt(benchmark.Result), fewer.Input, benchmark.Input);
        var chance = lines.Add("chance-probability", "Probability of a difference this large by chance", "The normal probability of that distance or more, on the same side.",
            Units.Probability, $"round(normal({z}), 6)", Chance.Normal(z.Result), z.Input);

        return new Statement(Schema, pack.RiskShare, pack.TermsVersion, pack.Period, terms.Currency, terms, values, lines.All,
            [.. transfers.OrderBy(t => t.Party, StringComparer.Ordinal).Select(t => new StatementTransfer(t.Party, t.Line.Result, t.Line.Number))],
            [
                new StatementWarning("price-beside-marginal-cost", Math.Abs(shared.Result) > Math.Abs(freed.Result),
                    $"At price the saving is {Print(saving.Result, Units.Money)} (line {saving.Number}); at actual marginal cost it is {Print(freed.Result, Units.Money)} (line {freed.Number}). "
                    + "It is raised when more is shared than marginal cost freed or added.", [saving.Number, freed.Number]),
                new StatementWarning("chance", chance.Result > 0.05m && shared.Result != 0,
                    $"Had nothing changed, a difference this large on the same side would arise by chance with probability {Print(chance.Result, Units.Probability)} (line {chance.Number}). "
                    + "Admissions vary more than Poisson counts, so the true probability is higher. It is raised above 0.05 when something is shared.", [z.Number, chance.Number]),
            ]);
    }

    /// <summary>Splits an amount in whole pence: each fraction's share rounded down, and the pennies left over given one each to the largest remainders.</summary>
    public static (decimal[] Down, decimal[] Extra) LargestRemainder(decimal amount, decimal[] fractions)
    {
        var quotas = Array.ConvertAll(fractions, f => f * amount);
        var down = Array.ConvertAll(quotas, q => decimal.Round(q, 2, MidpointRounding.ToZero));
        var extra = new decimal[fractions.Length];
        var left = (int)((amount - down.Sum()) * 100);
        foreach (var i in Enumerable.Range(0, fractions.Length).OrderByDescending(i => quotas[i] - down[i]).ThenBy(i => i).Take(left))
            extra[i] = 0.01m;
        return (down, extra);
    }

    private static string Print(decimal value, string unit)
    {
        var text = value.ToString(unit is Units.Money or Units.Activity ? "F2" : "F6", CultureInfo.InvariantCulture);
        return value < 0 ? $"({text})" : text;
    }

    private static string Print(LineInput input) => Print(input.Value,
        input.Name is "terms.unitPrice" or "terms.marginalCost" ? Units.Money : Units.Rate);

    private static string Sum(IEnumerable<decimal> values, string unit) => string.Join(" + ", values.Select(v => Print(v, unit)));

    /// <summary>A finished line, which prints as its result where later lines use it.</summary>
    private sealed record Line(int Number, string Code, string Unit, decimal Result)
    {
        public LineInput Input => new(Code, Number, Result);

        public override string ToString() => Print(Result, Unit);
    }

    private sealed class LineList
    {
        public List<StatementLine> All { get; } = [];

        public Line Add(string code, string title, string rule, string unit, string arithmetic, decimal result, params LineInput[] inputs)
        {
            var line = new Line(All.Count + 1, code, unit, Units.Fix(result, unit));
            All.Add(new StatementLine(line.Number, code, title, rule, inputs, arithmetic, unit, line.Result));
            return line;
        }

        public Line Money(string code, string title, string rule, string arithmetic, decimal result, params LineInput[] inputs) =>
            Add(code, title, rule, Units.Money, arithmetic, result, inputs);
    }
}

/// <summary>The little statistics a statement needs, in decimal: a platform's <c>double</c> functions may differ in the last bit.</summary>
internal static class Chance
{
    private const decimal RootTwoPi = 2.5066282746310005024157652848m;

    public static decimal Sqrt(decimal value)
    {
        if (value <= 0)
            return 0;
        var root = (decimal)Math.Sqrt((double)value);
        for (var i = 0; i < 3; i++)
            root = (root + value / root) / 2;
        return root;
    }

    /// <summary>Standard normal distribution function, by its series about zero; beyond eight standard deviations it is 0 or 1 to 15 places.</summary>
    public static decimal Normal(decimal z)
    {
        if (Math.Abs(z) >= 8)
            return z < 0 ? 0 : 1;
        var square = z * z;
        var term = z;
        var sum = z;
        for (var n = 3; n < 400 && Math.Abs(term) > 0.0000000000000000001m; n += 2)
        {
            term = term * square / n;
            sum += term;
        }

        return 0.5m + sum / (Exp(square / 2) * RootTwoPi);
    }

    private static decimal Exp(decimal x)
    {
        // exp(x) = exp(x / 64)^64 keeps the series short.
        var small = x / 64;
        decimal sum = 1, term = 1;
        for (var n = 1; n < 30; n++)
        {
            term = term * small / n;
            sum += term;
        }

        for (var i = 0; i < 6; i++)
            sum *= sum;
        return sum;
    }
}
