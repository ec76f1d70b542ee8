using IntegratedCare.Contracts.PublishedValues;
using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.Spend;
using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared.Calendar;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts.Settlements;

/// <summary>Freezes published values and care costs when a settlement is proposed.</summary>
internal static class FrozenInputs
{
    /// <summary>The published values that the terms measure, and the inputs with the care costs that they measure.</summary>
    public static async Task<(IReadOnlyList<FrozenValue> Values, SettlementInputs? Inputs)> FreezeAsync(
        this ContractsSession session, RiskShareTerms terms, SettlementInputs? inputs, Period period, CancellationToken ct)
    {
        IReadOnlyList<FrozenValue> values = terms.Measure.Source == MeasureTerms.PublishedMetric ? await session.FreezeValuesAsync(terms.Measure, period, ct)
            : [];
        return terms.Measure.Costs is not { } costs ? (values, inputs)
            : (values, (inputs ?? SettlementInputs.None) with { Costs = await session.FreezeCostsAsync(terms.Measure, costs, period, ct) });
    }

    private static async Task<IReadOnlyList<FrozenValue>> FreezeValuesAsync(this ContractsSession session, MeasureTerms measure, Period period,
        CancellationToken ct)
    {
        const double max = 1e9;
        var known = await session.PublishedValuesAsync(measure, period.Months, ct);
        var missing = period.Months.Where(m => !known.TryGetValue(m, out var v) || !(v.Numerator is >= 0 and < max)).ToList();
        if (missing.Count > 0)
        {
            throw new RuleViolation(ContractsProblems.ValuesMissing,
                $"No published value of {measure.Metric} for {measure.AreaKind} {measure.Area} in {string.Join(", ", missing)}.");
        }

        return [.. period.Months.Select(m => known[m]).Select(v =>
            new FrozenValue(v.Period, Units.Fix((decimal)v.Numerator, 2), v.ValueId, v.DefinitionVersion, v.Version, v.Status, v.KnownAt))];
    }

    /// <summary>Freezes the costs of the population. Every month of the period must have a register count, for costs per head.</summary>
    private static async Task<FrozenCosts> FreezeCostsAsync(
        this ContractsSession session, MeasureTerms measure, CostTerms costs, Period period, CancellationToken ct)
    {
        var read = (await CostReader.ReadAsync(await session.ConnectionAsync(ct), [costs.Scope(measure)], period, ct))[0];
        if (read.MonthsCounted < period.Length)
        {
            throw new RuleViolation(ContractsProblems.ValuesMissing,
                $"Of {period.Label}, {read.MonthsCounted} of {period.Length} months have a count of the persons "
                + $"registered in {measure.AreaKind} {measure.Area}.");
        }

        return FrozenCosts.Of(read, costs.ValuedAt);
    }
}
