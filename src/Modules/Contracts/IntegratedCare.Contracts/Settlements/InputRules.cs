using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Calendar;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts.Settlements;

/// <summary>Validates a settlement's inputs: those that the terms need, and no others. Reports all faults at once.</summary>
internal static class InputRules
{
    private const decimal MaxMoney = 1_000_000_000_000;
    private const decimal MaxPersons = 1_000_000_000;

    public static void Check(RiskShareTerms terms, SettlementInputs? given, Period period, string at = "/inputs")
    {
        var inputs = given ?? SettlementInputs.None;
        var faults = new Faults(at);
        foreach (var fault in RequestShape.Faults(inputs))
            faults.Add(fault.Pointer[1..], fault.Detail);
        faults.ThrowIfAny(ContractsProblems.InputsUnfit);
        var places = terms.InMoney ? terms.MoneyPlaces : 2;
        Use("benchmark", inputs.Benchmark, terms.Benchmark.Kind == BenchmarkTerms.Given, 0.01m, MaxMoney, places);
        Use("actual", inputs.Actual, terms.Measure.Source == MeasureTerms.Given, 0, MaxMoney, places);
        Use("needRatio", inputs.NeedRatio, terms.Benchmark.NeedCap is not null, 0.01m, 100, 6);
        Use("year", inputs.Year, terms.Limits.FloorByYear is { Count: > 0 }, 1, 1000, 0);
        var ofRevenue = terms.Limits.CapOfRevenue is not null || terms.Limits.FloorOfRevenue is not null;
        var revenueUsed = ofRevenue && terms.Limits.AppliesTo == LimitTerms.Result;
        // A limit on losses alone needs no revenue when there is no loss: published results often leave it out.
        var noLoss = terms.Limits.CapOfRevenue is null && terms.Benchmark.NeedCap is null && inputs.Benchmark >= inputs.Actual;
        if (revenueUsed && inputs.Revenue is null && !noLoss)
        {
            faults.Add("revenue", "Missing: a limit is a share of it. Where it is not known, use terms whose limits leave out capOfRevenue and "
                + "floorOfRevenue.");
        }
        else if (!revenueUsed || inputs.Revenue is not null)
            Use("revenue", inputs.Revenue, revenueUsed, 0.01m, MaxMoney, 2);

        var counted = terms.Measure.Source == MeasureTerms.CareCosts;
        var needsPersons = terms.InMoney || terms.Benchmark.NeedsPersons || terms.Threshold.BySize is not null;
        if (counted && inputs.Costs is null)
            faults.Add("costs", "The frozen care costs are missing.");
        if (!counted && inputs.Costs is not null)
            faults.Add("costs", "The terms do not measure care costs.");
        if (counted && inputs.Persons is not null)
            faults.Add("persons", "The persons come with the care costs.");
        if (!counted)
            Use("persons", inputs.Persons, needsPersons, 1, MaxPersons, 2);
        var persons = inputs.Persons ?? inputs.Costs?.Persons;
        if (terms.Threshold.BySize is { } table && persons is { } number && number < table.Bands.Min(b => b.From))
            faults.Add("persons", $"The table of minimum rates begins at {Text.Number(table.Bands.Min(b => b.From))} persons.");
        if (counted && needsPersons && inputs.Costs is { Persons: < 1 })
            faults.Add("costs/persons", "Nobody is counted in the population of the period.");

        if (terms.Threshold.BelowMinimum is not null && inputs.QualifiesBelowMinimum is null)
            faults.Add("qualifiesBelowMinimum", "Missing: say whether a saving below the minimum is shared at the lower rate.");
        if (terms.Threshold.BelowMinimum is null && inputs.QualifiesBelowMinimum is not null)
            faults.Add("qualifiesBelowMinimum", "The terms have no use for it.");
        if (counted && inputs.Costs is { } costs)
            Costs(costs);
        Quality();
        Parties();
        Adjustments();
        faults.ThrowIfAny(ContractsProblems.InputsUnfit);

        void Use(string name, decimal? value, bool wanted, decimal min, decimal max, int decimals)
        {
            if (wanted)
                faults.Number(name, value, min, max, decimals);
            else if (value is not null)
                faults.Add(name, "The terms have no use for it.");
        }

        void Costs(FrozenCosts frozen)
        {
            faults.Number("costs/persons", frozen.Persons, 0, MaxPersons, 2);
            var counts = new[]
            {
                ("personsWithCare", frozen.PersonsWithCare), ("records", frozen.Records), ("withoutAmount", frozen.WithoutAmount),
                    ("versions", frozen.Versions),
            };
            foreach (var (name, count) in counts)
                faults.Number($"costs/{name}", count, 0, SharedJson.MaxExactInteger, 0);
            foreach (var (name, amount) in new[] { ("spend", frozen.Spend), ("cut", frozen.Cut), ("actualCost", frozen.ActualCost) })
                faults.Number($"costs/{name}", amount, 0, MaxMoney, 2);
            if (frozen.Cut > frozen.Spend)
                faults.Add("costs/cut", "More than the spend it was cut from.");
        }

        void Quality()
        {
            var standard = terms.Quality?.Kind == QualityTerms.Standard;
            if (standard)
                faults.OneOf("qualityStandard", inputs.QualityStandard ?? "", SettlementInputs.Met, SettlementInputs.Alternative, SettlementInputs.NotMet);
            else if (inputs.QualityStandard is not null)
                faults.Add("qualityStandard", "The terms have no use for it.");

            // With a standard, a score is used only for the alternative standard and, by the engine, for the rate of a loss.
            var optional = standard && inputs.QualityStandard != SettlementInputs.Alternative;
            var wanted = terms.Quality?.Scored.Select(m => m.Metric).ToHashSet() ?? [];
            foreach (var (i, score) in (inputs.Quality ?? []).Index())
            {
                if (!wanted.Remove(score.Metric))
                    faults.Add($"quality/{i}/metric", "Not a metric of the terms, or named twice.");
                faults.Number($"quality/{i}/score", score.Score, 0, 1, 6);
            }

            if (!optional && wanted.Count > 0)
                faults.Add("quality", $"The score is missing of: {string.Join(", ", wanted.Order(StringComparer.Ordinal))}.");
        }

        void Parties()
        {
            var others = terms.Shares.Select(s => s.Party).Where(p => p != terms.Payer).ToList();
            var seen = new HashSet<string>();
            foreach (var (i, party) in (inputs.Parties ?? []).Index())
            {
                if (terms.Shares.All(s => s.Party != party.Party))
                    faults.Add($"parties/{i}/party", "Not a party to the agreement.");
                else if (!seen.Add(party.Party))
                    faults.Add($"parties/{i}/party", "Named twice.");
                var payer = party.Party == terms.Payer;
                PartyUse("revenue", party.Revenue, ofRevenue && terms.Limits.AppliesTo == LimitTerms.PartyShare && !payer, 0, 2);
                PartyUse("budget", party.Budget, terms.Division.Method == DivisionTerms.ByBudget && !payer, 0, 2);
                PartyUse("score", party.Score, terms.Division.Method == DivisionTerms.ByPerformance && !payer, 0, 6);
                PartyUse("ownResult", party.OwnResult, terms.Division.Method == DivisionTerms.LosersFirst, -MaxMoney, 2);

                void PartyUse(string name, decimal? value, bool wanted, decimal min, int decimals) =>
                    Use($"parties/{i}/{name}", value, wanted, min, MaxMoney, decimals);
            }

            var needed = (ofRevenue && terms.Limits.AppliesTo == LimitTerms.PartyShare)
                || terms.Division.Method is DivisionTerms.ByBudget or DivisionTerms.ByPerformance ? others
                : terms.Division.Method == DivisionTerms.LosersFirst ? [.. terms.Shares.Select(s => s.Party)] : [];
            var missing = needed.Where(p => !seen.Contains(p)).ToList();
            if (missing.Count > 0)
                faults.Add("parties", $"Figures are missing of: {string.Join(", ", missing)}.");
            var weights = terms.Division.Method switch
            {
                DivisionTerms.ByBudget => inputs.Parties?.Sum(p => p.Budget ?? 0),
                DivisionTerms.ByPerformance => inputs.Parties?.Sum(p => p.Score ?? 0),
                _ => null,
            };
            if (weights == 0)
                faults.Add("parties", "All figures are nothing: there is no proportion to divide by.");
        }

        void Adjustments()
        {
            var wanted = terms.Adjustments.ToDictionary(a => a.Code, a => a.Kind);
            foreach (var (i, adjustment) in (inputs.Adjustments ?? []).Index())
            {
                if (!wanted.Remove(adjustment.Code, out var kind))
                    faults.Add($"adjustments/{i}/code", "Not an adjustment of the terms, or named twice.");
                var affected = kind == AdjustmentTerms.Affected;
                Use($"adjustments/{i}/amount", adjustment.Amount, !affected, 0, MaxMoney, 2);
                Use($"adjustments/{i}/personsAffected", adjustment.PersonsAffected, affected, 0, 1, 6);
                Use($"adjustments/{i}/monthsAffected", adjustment.MonthsAffected, affected, 0, period.Length, 0);
            }
        }
    }
}
