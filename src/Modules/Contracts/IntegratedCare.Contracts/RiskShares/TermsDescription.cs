using static IntegratedCare.Contracts.Statements.StatementText;

namespace IntegratedCare.Contracts.RiskShares;

/// <summary>The terms of a risk-share as sentences, one per clause.</summary>
internal static class TermsDescription
{
    public static IReadOnlyList<(string Clause, string Text)> Of(RiskShareTerms terms)
    {
        var clauses = new List<(string, string)>
        {
            ("Measure", Measure(terms)),
            ("Benchmark", Benchmark(terms)),
            (terms.InMoney ? "Marginal cost" : "Price and marginal cost", Prices(terms)),
        };
        if (terms.StepCosts.Count > 0)
        {
            var steps = terms.StepCosts.Select(s => $"{s.Code}, {Money(s.Cost, terms.Currency)} for each {Measured(terms, s.Size)}");
            clauses.Add(("Step-fixed costs", $"These costs go only in whole steps: {List([.. steps])}."));
        }

        clauses.Add(("Threshold", Threshold(terms.Threshold, terms.Currency)));
        if (terms.Corridors.Count > 0)
            clauses.Add(("Corridors", Corridors(terms)));
        if (terms.Sharing is { } sharing)
            clauses.Add(("Sharing rate", Sharing(sharing)));
        if (terms.Quality is { } quality)
            clauses.Add(("Quality", Quality(quality)));
        if (terms.Multipliers.Count > 0)
            clauses.Add(("Multipliers", $"{List([.. terms.Multipliers.Select(m => $"{m.Code} times {Trim(m.Factor)} on {Side(m.AppliesTo)}")])}."));
        clauses.Add(("Cap and floor", Limits(terms.Limits)));
        if (terms.Adjustments.Count > 0)
        {
            var adjustments = terms.Adjustments.Select(a => $"{a.Code} on {Side(a.AppliesTo)}{(a.Kind is null ? "" : ", by the persons and months affected")}");
            clauses.Add(("Adjustments", $"What is stated with the settlement lessens the result, never past nothing: {List([.. adjustments])}."));
        }

        clauses.Add(("Order of the steps",
            $"{string.Join(", then ", terms.Order)}. A step without a clause does nothing; neighbours that multiply are one product, rounded once."));
        clauses.Add(("Division", Division(terms)));
        clauses.Add(("Payer and fund", $"{terms.Payer} pays for the care, so a saving or loss first falls on it. Transfers pass through the fund "
            + $"{terms.Fund}{(terms.FundId is { } id ? $" ({id})" : "")}, in the system {terms.System}."));
        clauses.Add(("Rounding", terms.MoneyPlaces == 2 ? "Every line to the penny, half away from zero."
            : "Every line to whole units of the currency, half away from zero."));
        if (terms.InMoney)
        {
            clauses.Add(("Chance", $"One person's yearly cost varies by a coefficient of {Trim(terms.CoefficientOfVariation)} (standard deviation "
                + $"over mean)."));
        }

        clauses.Add(("Open book", terms.OpenBook == RiskShareTerms.AllLines ? "Every party sees every line."
            : "A party that is not the payer sees, of the lines that belong to one party, only its own."));
        return clauses;
    }

    private static string Measure(RiskShareTerms terms)
    {
        var measure = terms.Measure;
        var where = $"{measure.AreaKind} {measure.Area}";
        if (measure.Source == MeasureTerms.PublishedMetric)
            return $"The published metric {measure.Metric} of {where}{(terms.InMoney ? ", in money" : "")}.";
        if (measure.Costs is not { } costs)
            return $"{(terms.InMoney ? "The cost of care" : "Activity")} of {where}, as stated with the settlement.";
        var parts = new List<string>
        {
            costs.Kinds.Count == 0 ? "all kinds of care" : $"only {List(costs.Kinds)}",
            costs.ValuedAt == CostTerms.ActualCost ? "at actual cost" : "at price",
        };
        if (costs.AdmissionMethods.Count > 0)
            parts.Add($"admission methods {List(costs.AdmissionMethods)}");
        if (costs.PatientClasses.Count > 0)
            parts.Add($"patient classes {List(costs.PatientClasses)}");
        if (costs.ExcludedProviders.Count > 0)
            parts.Add($"without {List(costs.ExcludedProviders)}");
        if (costs.AgeFrom is not null || costs.AgeTo is not null)
            parts.Add($"persons aged {costs.AgeFrom ?? 0} {(costs.AgeTo is { } to ? $"to {to}" : "and over")}");
        if (costs.TruncateAt is { } max)
            parts.Add($"at most {Money(max, terms.Currency)} of one person");
        return $"The care costs of the persons registered in {where}: {string.Join("; ", parts)}.";
    }

    private static string Benchmark(RiskShareTerms terms)
    {
        var benchmark = terms.Benchmark;
        var text = benchmark.Kind switch
        {
            BenchmarkTerms.Given => "As stated with the settlement.",
            BenchmarkTerms.Peer => $"The peers' {Measured(terms, benchmark.PeerPerHead!.Value)} a head and year, times the persons of the period.",
            BenchmarkTerms.Historical => Historical(terms),
            _ => Fixed(terms),
        };
        return benchmark.NeedCap is { } cap ? $"{text} It moves with the population's need, by no more than {Percent(cap)} either way." : text;
    }

    private static string Fixed(RiskShareTerms terms)
    {
        var parts = terms.Benchmark.Periods.Select(p => $"{p.Period}: {Measured(terms, p.Activity)}").ToList();
        if (terms.Benchmark.PerQuarter is { } quarter)
            parts.Add($"{(parts.Count == 0 ? "" : "otherwise ")}{Measured(terms, quarter)} a quarter (a month is a third of it, a year four times)");
        return $"Fixed. {string.Join("; ", parts)}.";
    }

    private static string Historical(RiskShareTerms terms)
    {
        var benchmark = terms.Benchmark;
        var years = List([.. benchmark.BaseYears!
            .Select(y => $"{y.Label} ({Measured(terms, y.Amount)}{(y.Persons is { } p ? $" for {Number(p)} persons" : "")}, trend {Trim(y.Trend)}, weight "
            + $"{Percent(y.Weight)})")]);
        var text = $"History{(benchmark.PerHead ? " per head" : "")}: {years}.";
        return benchmark.PeerPerHead is { } peer
            ? $"{text} Blended with the peers' {Measured(terms, peer)} a head at a weight of {Percent(benchmark.PeerWeight!.Value)}." : text;
    }

    private static string Prices(RiskShareTerms terms) => terms.InMoney
        ? terms.MarginalCostShare is { } part and < 1 ? $"Of a saving {Percent(part)} is really freed; the rest stays as fixed cost."
            : "A saving is really freed in full."
        : $"One unit of activity is priced at {Money(terms.UnitPrice, terms.Currency)}; one that does not happen really frees "
            + $"{Money(terms.MarginalCost, terms.Currency)}.";

    private static string Threshold(ThresholdTerms threshold, string currency)
    {
        var rates = threshold.BySize is { } table
            ? $"The smallest saving that counts follows from the number of persons, by "
                + $"{(table.Table is { } name ? $"the table {name}" : "a table of the terms")}: from {Percent(table.Bands.Max(b => b.AtFrom))} down to "
                + $"{Percent(table.Bands.Min(b => b.AtTo))} of the benchmark. "
                + (table.Losses ? "The smallest loss follows it too." : $"A loss counts from {Percent(threshold.MinimumLossRate)}.")
            : threshold is { MinimumSavingsRate: 0, MinimumLossRate: 0 }
                ? $"None: a saving or loss counts from the first {currency switch { "USD" => "dollar", "EUR" => "euro", _ => "pound" }}."
            : $"A saving counts from {Percent(threshold.MinimumSavingsRate)} of the benchmark value, a loss from {Percent(threshold.MinimumLossRate)}.";
        var beyond = threshold.Sharing == ThresholdTerms.ExcessOnly ? " Only what exceeds it is shared."
            : threshold is { BySize: null, MinimumSavingsRate: 0, MinimumLossRate: 0 } ? "" : " Past it the whole result is shared.";
        return rates + beyond + (threshold.BelowMinimum is { } below
            ? $" Where the provider qualifies, a saving below the minimum is shared at {Percent(below.Factor)} of the rate." : "");
    }

    private static string Corridors(RiskShareTerms terms) => "The providers' part of what lies in each band of the benchmark value: "
        + string.Join("; ", terms.Corridors
            .Select(c => $"{(c.To is { } to ? $"{Percent(c.From)} to {Percent(to)}" : $"beyond {Percent(c.From)}")}: {Percent(c.Gain)} of a gain, "
            + $"{Percent(c.Loss)} of a loss")) + ".";

    private static string Sharing(SharingTerms sharing) => $"{Percent(sharing.Gain)} of a gain; " + (sharing.Loss switch
    {
        null => "nothing of a loss.",
        { Kind: LossRate.Fixed } fixedRate => $"{Percent(fixedRate.Rate!.Value)} of a loss.",
        var loss => $"of a loss one less {Percent(sharing.Gain)} times the quality score, but at least {Percent(loss.Floor!.Value)} and at most "
            + $"{Percent(loss.Ceiling!.Value)}.",
    });

    private static string Quality(QualityTerms quality)
    {
        var score = quality.Metrics is { Count: > 0 } metrics
            ? $"The score is made of {List([.. metrics.Select(m => $"{m.Metric} (weight {Trim(m.Weight)})")])}. " : "";
        return score + quality.Kind switch
        {
            QualityTerms.Binary => $"A gain is earned in full from a score of {Trim(quality.Minimum ?? 0)}, and not at all below it.",
            QualityTerms.Proportional => $"A gain is earned in proportion to the score{(quality.Minimum is { } min ? $"; below {Trim(min)} nothing" : "")}.",
            QualityTerms.Ladder => $"A gain is earned by steps: "
                + $"{List([.. quality.Steps!.Select(s => $"{Percent(s.Factor)} from a score of {Trim(s.From)}")])}.",
            _ => "A gain is earned in full when the quality standard is met, in proportion to the score by the alternative standard, and otherwise not at all.",
        };
    }

    private static string Limits(LimitTerms limits)
    {
        var to = limits.AppliesTo == LimitTerms.Result ? "the result before it is divided" : "each share other than the payer's";
        var cap = Percent(limits.Cap) + " of the benchmark value" + (limits.CapOfRevenue is { } c ? $" or {Percent(c)} of revenue, whichever is lower" : "");
        var floor = limits.FloorByYear is { Count: > 0 } years
            ? $"{List([.. years.Select((f, i) => $"{Percent(-f)} in year {i + 1}")])} of the benchmark value" : limits.Floor == 0 ? "nothing"
            : $"{Percent(-limits.Floor)} of the benchmark value";
        if (limits.FloorOfRevenue is { } r)
            floor += $" or {Percent(-r)} of revenue, whichever is lower";
        return $"They bound {to}: a gain at {cap}, a loss at {floor}. What lies beyond stays with the payer.";
    }

    private static string Division(RiskShareTerms terms)
    {
        var shares = List([.. terms.Shares.Where(s => s.Gain != 0 || s.Loss != 0)
            .Select(s => $"{s.Party} {Percent(s.Gain)} of a gain and {Percent(s.Loss)} of a loss")]);
        var text = terms.Division.Method switch
        {
            DivisionTerms.Equal => "In equal parts among all but the payer.",
            DivisionTerms.ByBudget => "Among all but the payer, by their budgets.",
            DivisionTerms.ByPerformance => "Among all but the payer, by their scores.",
            DivisionTerms.LosersFirst => $"A gain first makes good the parties' own losses; the rest, and a loss, by the shares: {shares}.",
            _ => $"By the shares: {shares}.",
        };
        return terms.Division.Reinvestment > 0 ? $"{Percent(terms.Division.Reinvestment)} of a gain stays in the fund. {text}" : text;
    }

    /// <summary>An amount in the unit of the measure: money, or units of activity.</summary>
    private static string Measured(RiskShareTerms terms, decimal amount) => terms.InMoney ? Money(amount, terms.Currency) : $"{Number(amount)} units";

    private static string Trim(decimal value) =>
        Number(decimal.Parse(value.ToString("0.######", System.Globalization.CultureInfo.InvariantCulture), System.Globalization.CultureInfo.InvariantCulture));

    private static string Side(string appliesTo) => appliesTo switch
    {
        "both" => "a gain and a loss",
        _ => $"a {appliesTo}",
    };
}
