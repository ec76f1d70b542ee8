namespace IntegratedCare.Contracts.Domain.Payments;

/// <summary>
/// Payment terms as a caller sends them. What is left out comes from the preset or the agreement, is not part of the terms,
/// or is a fault. Complete terms are a draft too: completing them again gives them unchanged.
/// </summary>
/// <param name="Preset">A named starting point; see <c>GET /v1/contracts/payment-presets</c>.</param>
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
    /// <summary>The draft, with what it leaves out taken from the preset: member by member; activity and outcomes by their codes.</summary>
    public PaymentDraft Over(PaymentDraft preset) => new(
        Preset,
        Form ?? preset.Form,
        Currency ?? preset.Currency,
        Payer ?? preset.Payer,
        Provider ?? preset.Provider,
        Fixed ?? preset.Fixed,
        Prices ?? preset.Prices,
        ByCode(Activity, preset.Activity, a => a.Code, (a, p) => a.Over(p)),
        Capitation is null || preset.Capitation is null ? Capitation ?? preset.Capitation : Capitation.Over(preset.Capitation),
        YearOfCare ?? preset.YearOfCare,
        ByCode(Outcomes, preset.Outcomes, o => o.Code, (o, p) => o.Over(p)));

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

internal sealed record FixedDraft(decimal? PerYear = null);

internal sealed record PriceDraft(string? PointOfDelivery = null, decimal? Price = null);

internal sealed record ActivityDraft(string? Code = null, IReadOnlyList<string?>? PointsOfDelivery = null, BaselineDraft? Baseline = null)
{
    public ActivityDraft Over(ActivityDraft preset) => new(
        Code,
        PointsOfDelivery ?? preset.PointsOfDelivery,
        Baseline is not { } b || preset.Baseline is not { } p ? Baseline ?? preset.Baseline
            : new(b.Kind ?? p.Kind, b.InFixed ?? p.InFixed, b.PerYear ?? p.PerYear, b.Expected ?? p.Expected, b.Tolerance ?? p.Tolerance, b.RateAbove ?? p.RateAbove, b.RateBelow ?? p.RateBelow, b.BreakGlass ?? p.BreakGlass));
}

internal sealed record BaselineDraft(
    string? Kind = null, bool? InFixed = null, decimal? PerYear = null, IReadOnlyList<ExpectedDraft?>? Expected = null, decimal? Tolerance = null, decimal? RateAbove = null, decimal? RateBelow = null,
    decimal? BreakGlass = null);

internal sealed record ExpectedDraft(string? PointOfDelivery = null, decimal? PerYear = null);

internal sealed record CapitationDraft(
    string? Kind = null, decimal? RatePerYear = null, decimal? BaselineSpend = null, decimal? Excluded = null, decimal? BaselinePopulation = null, WeightingDraft? Weighting = null,
    decimal? PriceChange = null, decimal? Efficiency = null, bool? ListMovement = null)
{
    public CapitationDraft Over(CapitationDraft p) => new(
        Kind ?? p.Kind, RatePerYear ?? p.RatePerYear, BaselineSpend ?? p.BaselineSpend, Excluded ?? p.Excluded, BaselinePopulation ?? p.BaselinePopulation,
        Weighting is null || p.Weighting is null ? Weighting ?? p.Weighting : Weighting.Over(p.Weighting), PriceChange ?? p.PriceChange, Efficiency ?? p.Efficiency, ListMovement ?? p.ListMovement);
}

internal sealed record WeightingDraft(
    string? Name = null, IReadOnlyList<GroupWeightDraft?>? Weights = null, decimal? Mean = null, NeedDraft? Need = null, IReadOnlyList<LoadingDraft?>? Loadings = null)
{
    public WeightingDraft Over(WeightingDraft p) => new(
        Name ?? p.Name, Weights ?? p.Weights, Mean ?? p.Mean,
        Need is null || p.Need is null ? Need ?? p.Need : new(Need.Constant ?? p.Need.Constant, Need.Coefficients ?? p.Need.Coefficients, Need.Mean ?? p.Need.Mean), Loadings ?? p.Loadings);
}

internal sealed record GroupWeightDraft(string? Group = null, decimal? Weight = null);

internal sealed record NeedDraft(decimal? Constant = null, IReadOnlyList<NeedCoefficientDraft?>? Coefficients = null, decimal? Mean = null);

internal sealed record NeedCoefficientDraft(string? Code = null, decimal? Coefficient = null);

internal sealed record LoadingDraft(string? Code = null, decimal? Weight = null);

internal sealed record CareBandDraft(string? Band = null, decimal? PerYear = null);

internal sealed record OutcomeDraft(
    string? Code = null, decimal? PerYear = null, decimal? RateOfFixed = null, string? Treatment = null, string? Scoring = null, decimal? Minimum = null, IReadOnlyList<IndicatorDraft?>? Indicators = null,
    IReadOnlyList<QualityStepDraft?>? Steps = null)
{
    public OutcomeDraft Over(OutcomeDraft p) => new(
        Code, PerYear ?? p.PerYear, RateOfFixed ?? p.RateOfFixed, Treatment ?? p.Treatment, Scoring ?? p.Scoring, Minimum ?? p.Minimum, Indicators ?? p.Indicators, Steps ?? p.Steps);
}

internal sealed record IndicatorDraft(string? Code = null, decimal? Weight = null);
