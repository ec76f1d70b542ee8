using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.Spend;
using IntegratedCare.Contracts.Statements;

namespace IntegratedCare.Contracts.Settlements;

/// <summary>
/// The inputs of a settlement beside published values, stated by the party that proposes it and agreed by all with the
/// statement. The terms decide which members are needed; others are refused.
/// </summary>
/// <param name="Benchmark">With a given benchmark: activity, or money.</param>
/// <param name="Actual">With a given measure: activity, or money.</param>
/// <param name="Persons">How many persons the population had, on average over the period; of a year that is its person-years.</param>
/// <param name="NeedRatio">Need of the population now over need when the benchmark was made: 1.02.</param>
/// <param name="Year">Year of the agreement: 1 is the first.</param>
/// <param name="QualifiesBelowMinimum">Whether a saving below the minimum is shared at the lower rate.</param>
/// <param name="QualityStandard"><c>met</c>, <c>alternative</c> or <c>not-met</c>.</param>
/// <param name="Quality">Scores from 0 to 1.</param>
/// <param name="Revenue">Revenue of all providers, for limits of revenue on the result.</param>
/// <param name="Parties">Figures of single parties.</param>
/// <param name="Adjustments">Amounts of the adjustments that the terms name, or what was affected.</param>
/// <param name="Costs">Care costs as they were frozen; set by the platform, not by a proposer.</param>
internal sealed record SettlementInputs(
    decimal? Benchmark = null,
    decimal? Actual = null,
    decimal? Persons = null,
    decimal? NeedRatio = null,
    int? Year = null,
    bool? QualifiesBelowMinimum = null,
    string? QualityStandard = null,
    IReadOnlyList<QualityScore>? Quality = null,
    decimal? Revenue = null,
    IReadOnlyList<PartyFigures>? Parties = null,
    IReadOnlyList<AdjustmentAmount>? Adjustments = null,
    FrozenCosts? Costs = null)
{
    public const string Met = "met";
    public const string Alternative = "alternative";
    public const string NotMet = "not-met";

    public static readonly SettlementInputs None = new();

    public SettlementInputs Normalised(RiskShareTerms terms)
    {
        var places = terms.InMoney ? terms.MoneyPlaces : Units.Scale(Units.Activity);
        return this with
        {
            Benchmark = Units.Fix(Benchmark, places),
            Actual = Units.Fix(Actual, places),
            Persons = Units.Fix(Persons, 2),
            NeedRatio = Units.Fix(NeedRatio, 6),
            Quality = Quality is null ? null
            : [.. Quality.OrderBy(q => q.Metric, StringComparer.Ordinal).Select(q => q with { Score = Units.Fix(q.Score, 6) })],
            Revenue = Units.Fix(Revenue, 2),
            Parties = Parties is null ? null
                : [.. Parties.OrderBy(p => p.Party, StringComparer.Ordinal)
                    .Select(p => p with { Revenue = Units.Fix(p.Revenue, 2), Budget = Units.Fix(p.Budget, 2), Score = Units.Fix(p.Score, 6),
                    OwnResult = Units.Fix(p.OwnResult, 2) })],
            Adjustments = Adjustments is null ? null
            : [.. Adjustments.OrderBy(a => a.Code, StringComparer.Ordinal)
            .Select(a => a with { Amount = Units.Fix(a.Amount, 2), PersonsAffected = Units.Fix(a.PersonsAffected, 6) })],
            Costs = Costs?.Normalised(),
        };
    }
}

/// <param name="Metric">A metric of the terms; <c>quality</c> where they name none.</param>
internal sealed record QualityScore(string Metric, decimal Score);

/// <param name="Budget">For division by budget share.</param>
/// <param name="Score">For division by performance, at least 0.</param>
/// <param name="OwnResult">The party's own gain or, negative, loss; for losers first.</param>
internal sealed record PartyFigures(string Party, decimal? Revenue = null, decimal? Budget = null, decimal? Score = null, decimal? OwnResult = null);

/// <param name="Amount">Of an adjustment by amount.</param>
/// <param name="PersonsAffected">Of one by what was affected: the share of the persons, 0 to 1.</param>
/// <param name="MonthsAffected">And the months of the period, 0 to all of them.</param>
internal sealed record AdjustmentAmount(string Code, decimal? Amount = null, decimal? PersonsAffected = null, int? MonthsAffected = null);

/// <summary>The care costs of the terms' population in the period, as they stood when the settlement froze them.</summary>
/// <param name="Records">Records counted; <paramref name="WithoutAmount"/> of them came without a price, or cost, and add nothing.</param>
/// <param name="Spend">At price or at actual cost, as the terms say.</param>
/// <param name="Cut">The part of <paramref name="Spend"/> that truncation removed.</param>
/// <param name="ActualCost">The same care at actual cost, less its own cut.</param>
/// <param name="Versions">Sum of the records' versions: it rises with every amendment, up to 2^53 - 1, and so identifies the state of the records.</param>
internal sealed record FrozenCosts(decimal Persons, long PersonsWithCare, long Records, long WithoutAmount, decimal Spend, decimal Cut, decimal ActualCost,
    long Versions)
{
    public static FrozenCosts Of(CostInput read, string valuedAt)
    {
        var spend = valuedAt == CostTerms.Price ? read.AtPrice : read.AtCost;
        return new FrozenCosts(read.Persons ?? 0, read.PersonsWithCare, read.Records, valuedAt == CostTerms.Price ? read.WithoutPrice : read.WithoutCost,
            spend.Before, spend.Cut, read.AtCost.After, read.Versions);
    }

    public FrozenCosts Normalised() =>
        this with { Persons = Units.Fix(Persons, 2), Spend = Units.Fix(Spend, 2), Cut = Units.Fix(Cut, 2), ActualCost = Units.Fix(ActualCost, 2) };
}
