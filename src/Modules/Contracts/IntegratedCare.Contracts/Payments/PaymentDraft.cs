using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.Statements;

namespace IntegratedCare.Contracts.Payments;

/// <summary>
/// Payment terms as a caller sends them. A member that is left out comes from the preset or the agreement, is not part of the terms,
/// or is a fault. Complete terms are a valid draft, and completing them changes nothing.
/// </summary>
/// <param name="Preset">A named starting point; see <c>GET /v1/contracts/payment-presets</c>.</param>
/// <param name="Form">Which part there must be: <c>block</c>, <c>activity-at-price</c>, <c>blended</c>,
/// <c>aligned-payment-and-incentive</c>, <c>capitation</c>, <c>year-of-care</c>, <c>outcome-share</c> or <c>incentive</c>. Any other part
/// may stand beside it.</param>
/// <param name="Currency"><c>GBP</c> (default), <c>EUR</c> or <c>USD</c>.</param>
/// <param name="Payer">The commissioner that pays; left out: the only one of the agreement.</param>
/// <param name="Provider">The provider that is paid; left out: the only one of the agreement.</param>
/// <param name="Fixed">Money of a financial year, paid in twelfths.</param>
/// <param name="Prices">Price of one unit of activity, by point of delivery.</param>
/// <param name="Activity">Activity paid at price, each point of delivery in one part; at most 20 parts.</param>
/// <param name="Capitation">Money for a weighted population.</param>
/// <param name="YearOfCare">Persons by band of need at the yearly price of the band; at most 50 bands.</param>
/// <param name="Outcomes">Amounts that scores earn; at most 20.</param>
internal sealed record PaymentDraft(
    string? Preset = null,
    string? Form = null,
    string? Currency = null,
    string? Payer = null,
    string? Provider = null,
    FixedDraft? Fixed = null,
    IReadOnlyList<PriceDraft?>? Prices = null,
    IReadOnlyList<ActivityDraft?>? Activity = null,
    CapitationDraft? Capitation = null,
    IReadOnlyList<CareBandDraft?>? YearOfCare = null,
    IReadOnlyList<OutcomeDraft?>? Outcomes = null)
{
    /// <summary>The draft with missing members from the preset: member by member; activity and outcomes by their codes.</summary>
    public PaymentDraft WithDefaults(PaymentDraft preset) => new(
        Preset,
        Form ?? preset.Form,
        Currency ?? preset.Currency,
        Payer ?? preset.Payer,
        Provider ?? preset.Provider,
        Fixed ?? preset.Fixed,
        Prices ?? preset.Prices,
        ByCode(Activity, preset.Activity, a => a.Code, (a, p) => a.WithDefaults(p)),
        Capitation is null || preset.Capitation is null ? Capitation ?? preset.Capitation : Capitation.WithDefaults(preset.Capitation),
        YearOfCare ?? preset.YearOfCare,
        ByCode(Outcomes, preset.Outcomes, o => o.Code, (o, p) => o.WithDefaults(p)));

    private static IReadOnlyList<T?>? ByCode<T>(IReadOnlyList<T?>? own, IReadOnlyList<T?>? preset, Func<T, string?> code, Func<T, T, T> over)
        where T : class
    {
        if (own is null || preset is null)
            return own ?? preset;
        return
        [
            .. own.Select(o => o is not null && preset.FirstOrDefault(p => code(p!) == code(o)) is { } named ? over(o, named) : o),
            .. preset.Where(p => own.All(o => o is null || code(o) != code(p!))),
        ];
    }
}

/// <param name="PerYear">Money of a financial year; instalments add up to it to the penny.</param>
internal sealed record FixedDraft(decimal? PerYear = null);

/// <param name="PointOfDelivery">Such as <c>NEL</c>.</param>
/// <param name="Price">Money for one unit, 0.01 to 10,000,000.</param>
internal sealed record PriceDraft(string? PointOfDelivery = null, decimal? Price = null);

/// <param name="Code">Name of the part.</param>
/// <param name="PointsOfDelivery">What it pays for; each has a price.</param>
/// <param name="Baseline">The expected value of the activity; left out: all of it is paid at full price.</param>
internal sealed record ActivityDraft(string? Code = null, IReadOnlyList<string?>? PointsOfDelivery = null, BaselineDraft? Baseline = null)
{
    public ActivityDraft WithDefaults(ActivityDraft preset) => new(
        Code,
        PointsOfDelivery ?? preset.PointsOfDelivery,
        Baseline is not { } b || preset.Baseline is not { } p ? Baseline ?? preset.Baseline
            : new(b.Kind ?? p.Kind, b.InFixed ?? p.InFixed, b.PerYear ?? p.PerYear, b.Expected ?? p.Expected, b.Tolerance ?? p.Tolerance,
                b.RateAbove ?? p.RateAbove, b.RateBelow ?? p.RateBelow, b.BreakGlass ?? p.BreakGlass));
}

/// <summary>The expected value of activity, and the rates for differences from it.</summary>
/// <param name="Kind"><c>value</c>: money; <c>activity</c>: expected activity at price; <c>given</c>: expected activity stated with each payment.</param>
/// <param name="InFixed">The fixed part or the capitation pays for the baseline, so that only the difference is paid here.</param>
/// <param name="PerYear">With kind <c>value</c>: money of a year.</param>
/// <param name="Expected">With kind <c>activity</c>: of each point of delivery.</param>
/// <param name="Tolerance">Share of the baseline either way within which the rates do not apply yet, 0 to 1; left out: 0.</param>
/// <param name="RateAbove">Part of the price above the baseline, 0 to 2: 0.3 is the 30 % marginal rate.</param>
/// <param name="RateBelow">Part of the price taken off below it, 0 to 2: 1 pays for exactly what was done, 0 pays the whole baseline.</param>
/// <param name="BreakGlass">A difference beyond this share of the baseline raises a warning that the parties agreed to talk again.</param>
internal sealed record BaselineDraft(
    string? Kind = null, bool? InFixed = null, decimal? PerYear = null, IReadOnlyList<ExpectedDraft?>? Expected = null, decimal? Tolerance = null,
    decimal? RateAbove = null, decimal? RateBelow = null,
    decimal? BreakGlass = null);

/// <param name="PointOfDelivery">One of the part.</param>
/// <param name="PerYear">Units of activity in a year.</param>
internal sealed record ExpectedDraft(string? PointOfDelivery = null, decimal? PerYear = null);

/// <summary>Money for a population, times 1 + price change - efficiency.</summary>
/// <param name="Kind"><c>rate</c>: weighted population x rate; <c>baseline-spend</c>: spend x growth of the weighted population.</param>
/// <param name="RatePerYear">With kind <c>rate</c>: money per weighted person and year.</param>
/// <param name="BaselineSpend">With kind <c>baseline-spend</c>: money of the baseline year.</param>
/// <param name="Excluded">The part of it that is left out, such as high-cost items.</param>
/// <param name="BaselinePopulation">With kind <c>baseline-spend</c>: weighted persons of the baseline year.</param>
/// <param name="Weighting">How persons are weighted; left out: the weighted population is stated with each payment.</param>
/// <param name="PriceChange">-0.5 to 1: 0.029 is 2.9 %.</param>
/// <param name="Efficiency">0 to 0.5.</param>
/// <param name="ListMovement">Whether each payment states by how many weighted persons the list of the period differed from the count.</param>
internal sealed record CapitationDraft(
    string? Kind = null, decimal? RatePerYear = null, decimal? BaselineSpend = null, decimal? Excluded = null, decimal? BaselinePopulation = null,
    WeightingDraft? Weighting = null,
    decimal? PriceChange = null, decimal? Efficiency = null, bool? ListMovement = null)
{
    public CapitationDraft WithDefaults(CapitationDraft p) => new(
        Kind ?? p.Kind, RatePerYear ?? p.RatePerYear, BaselineSpend ?? p.BaselineSpend, Excluded ?? p.Excluded, BaselinePopulation ?? p.BaselinePopulation,
        Weighting is null || p.Weighting is null ? Weighting ?? p.Weighting : Weighting.WithDefaults(p.Weighting), PriceChange ?? p.PriceChange,
        Efficiency ?? p.Efficiency, ListMovement ?? p.ListMovement);
}

/// <summary>Persons by group x weight / mean weight, then by the index of need and by each loading.</summary>
/// <param name="Name">A weighting that the product holds, such as <c>carr-hill</c>; see <c>GET /v1/contracts/weightings</c>.</param>
/// <param name="Weights">The weights themselves, where none is named.</param>
/// <param name="Mean">Mean weight of the reference population.</param>
/// <param name="Need">Index of need from measures of the area; left out: none.</param>
/// <param name="Loadings">Persons of some kind count as more than one.</param>
internal sealed record WeightingDraft(
    string? Name = null, IReadOnlyList<GroupWeightDraft?>? Weights = null, decimal? Mean = null, NeedDraft? Need = null,
    IReadOnlyList<LoadingDraft?>? Loadings = null)
{
    public WeightingDraft WithDefaults(WeightingDraft p) => new(
        Name ?? p.Name, Weights ?? p.Weights, Mean ?? p.Mean,
        Need is null || p.Need is null ? Need ?? p.Need
        : new(Need.Constant ?? p.Need.Constant, Need.Coefficients ?? p.Need.Coefficients, Need.Mean ?? p.Need.Mean), Loadings ?? p.Loadings);
}

/// <param name="Group">Such as <c>male-65-74</c>.</param>
/// <param name="Weight">0 to 100.</param>
internal sealed record GroupWeightDraft(string? Group = null, decimal? Weight = null);

/// <summary>(Constant + sum of coefficient x measure) / mean.</summary>
/// <param name="Constant">Left out: that of the named weighting.</param>
/// <param name="Coefficients">Likewise.</param>
/// <param name="Mean">The same sum for the reference population.</param>
internal sealed record NeedDraft(decimal? Constant = null, IReadOnlyList<NeedCoefficientDraft?>? Coefficients = null, decimal? Mean = null);

/// <param name="Code">Name of the measure.</param>
/// <param name="Coefficient">0 to 1,000.</param>
internal sealed record NeedCoefficientDraft(string? Code = null, decimal? Coefficient = null);

/// <param name="Code">Such as <c>care-home</c>.</param>
/// <param name="Weight">As how many persons one counts, 0 to 10; left out: that of the named weighting.</param>
internal sealed record LoadingDraft(string? Code = null, decimal? Weight = null);

/// <param name="Band">Name of the band of need.</param>
/// <param name="PerYear">Money for one person in it for a year.</param>
internal sealed record CareBandDraft(string? Band = null, decimal? PerYear = null);

/// <summary>An amount at stake, and how indicators earn it.</summary>
/// <param name="Code">Name of the part.</param>
/// <param name="PerYear">The amount of a year.</param>
/// <param name="RateOfFixed">In its place: a share of the fixed part and the capitation, 0 to 1.</param>
/// <param name="Treatment"><c>added</c>: what is earned is paid; <c>deducted</c>: what is not earned is taken off the fixed part.</param>
/// <param name="Scoring"><c>binary</c>: all from the minimum score; <c>proportional</c>: the score, nothing below the minimum;
/// <c>ladder</c>: the factor of the highest step reached.</param>
/// <param name="Minimum">A score of 0 to 1.</param>
/// <param name="Indicators">Weights sum to 1, or none has one: equal weights.</param>
/// <param name="Steps">Ladder: its steps.</param>
internal sealed record OutcomeDraft(
    string? Code = null, decimal? PerYear = null, decimal? RateOfFixed = null, string? Treatment = null, string? Scoring = null, decimal? Minimum = null,
    IReadOnlyList<IndicatorDraft?>? Indicators = null,
    IReadOnlyList<QualityStepDraft?>? Steps = null)
{
    public OutcomeDraft WithDefaults(OutcomeDraft p) => new(
        Code, PerYear ?? p.PerYear, RateOfFixed ?? p.RateOfFixed, Treatment ?? p.Treatment, Scoring ?? p.Scoring, Minimum ?? p.Minimum,
        Indicators ?? p.Indicators, Steps ?? p.Steps);
}

/// <param name="Code">Name of the indicator.</param>
/// <param name="Weight">0 to 1.</param>
internal sealed record IndicatorDraft(string? Code = null, decimal? Weight = null);
