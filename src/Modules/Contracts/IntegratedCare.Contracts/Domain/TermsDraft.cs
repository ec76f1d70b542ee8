namespace IntegratedCare.Contracts.Domain;

/// <summary>
/// Terms as a caller sends them. What is left out comes from the preset or the agreement, is not part of the terms, or is a
/// fault. Complete terms are a draft too: completing them again gives them unchanged.
/// </summary>
/// <param name="Preset">A named starting point; see <c>GET /v1/contracts/risk-share-presets</c>.</param>
internal sealed record TermsDraft(
    string? Preset = null,
    string? Form = null,
    string? Currency = null,
    int? MoneyPlaces = null,
    MeasureDraft? Measure = null,
    BenchmarkDraft? Benchmark = null,
    decimal? UnitPrice = null,
    decimal? MarginalCost = null,
    decimal? MarginalCostShare = null,
    IReadOnlyList<StepCostDraft?>? StepCosts = null,
    ThresholdDraft? Threshold = null,
    IReadOnlyList<CorridorDraft?>? Corridors = null,
    SharingDraft? Sharing = null,
    QualityDraft? Quality = null,
    IReadOnlyList<MultiplierDraft?>? Multipliers = null,
    LimitsDraft? Limits = null,
    IReadOnlyList<AdjustmentDraft?>? Adjustments = null,
    IReadOnlyList<string?>? Order = null,
    DivisionDraft? Division = null,
    IReadOnlyList<ShareDraft?>? Shares = null,
    string? Payer = null,
    string? Fund = null,
    string? System = null,
    decimal? CoefficientOfVariation = null,
    string? OpenBook = null)
{
    /// <summary>The draft, with what it leaves out taken from the preset: clause by clause; member by member where a clause is often adjusted.</summary>
    public TermsDraft Over(TermsDraft preset) => new(
        Preset,
        Form ?? preset.Form,
        Currency ?? preset.Currency,
        MoneyPlaces ?? preset.MoneyPlaces,
        Measure is null ? preset.Measure : preset.Measure is not { } m ? Measure
            : new(Measure.Metric ?? m.Metric, Measure.AreaKind ?? m.AreaKind, Measure.Area ?? m.Area, Measure.Source ?? m.Source, Measure.Costs ?? m.Costs),
        Benchmark is null ? preset.Benchmark : preset.Benchmark is not { } b ? Benchmark
            : new(Benchmark.PerQuarter ?? b.PerQuarter, Benchmark.Periods ?? b.Periods, Benchmark.Kind ?? b.Kind, Benchmark.BaseYears ?? b.BaseYears, Benchmark.PerHead ?? b.PerHead,
                Benchmark.PeerPerHead ?? b.PeerPerHead, Benchmark.PeerWeight ?? b.PeerWeight, Benchmark.NeedCap ?? b.NeedCap),
        UnitPrice ?? preset.UnitPrice,
        MarginalCost ?? preset.MarginalCost,
        MarginalCostShare ?? preset.MarginalCostShare,
        StepCosts ?? preset.StepCosts,
        Threshold is null ? preset.Threshold : preset.Threshold is not { } t ? Threshold
            : Threshold.Over(t),
        Corridors ?? preset.Corridors,
        Sharing ?? preset.Sharing,
        Quality ?? preset.Quality,
        Multipliers ?? preset.Multipliers,
        Limits is null ? preset.Limits : preset.Limits is not { } l ? Limits
            : new(Limits.Cap ?? l.Cap, Limits.Floor ?? l.Floor, Limits.AppliesTo ?? l.AppliesTo, Limits.CapOfRevenue ?? l.CapOfRevenue, Limits.FloorOfRevenue ?? l.FloorOfRevenue, Limits.FloorByYear ?? l.FloorByYear),
        Adjustments ?? preset.Adjustments,
        Order ?? preset.Order,
        Division ?? preset.Division,
        Shares ?? preset.Shares,
        Payer ?? preset.Payer,
        Fund ?? preset.Fund,
        System ?? preset.System,
        CoefficientOfVariation ?? preset.CoefficientOfVariation,
        OpenBook ?? preset.OpenBook);
}

internal sealed record MeasureDraft(string? Metric = null, string? AreaKind = null, string? Area = null, string? Source = null, CostsDraft? Costs = null);

internal sealed record CostsDraft(
    IReadOnlyList<string?>? Kinds = null, IReadOnlyList<string?>? AdmissionMethods = null, IReadOnlyList<string?>? PatientClasses = null, IReadOnlyList<string?>? ExcludedProviders = null,
    int? AgeFrom = null, int? AgeTo = null, decimal? TruncateAt = null, string? ValuedAt = null);

internal sealed record BenchmarkDraft(
    decimal? PerQuarter = null, IReadOnlyList<BenchmarkPeriodDraft?>? Periods = null, string? Kind = null, IReadOnlyList<BaseYearDraft?>? BaseYears = null, bool? PerHead = null,
    decimal? PeerPerHead = null, decimal? PeerWeight = null, decimal? NeedCap = null);

internal sealed record BenchmarkPeriodDraft(string? Period = null, decimal? Activity = null);

internal sealed record BaseYearDraft(string? Label = null, decimal? Amount = null, decimal? Persons = null, decimal? Trend = null, decimal? Weight = null);

internal sealed record StepCostDraft(string? Code = null, decimal? Size = null, decimal? Cost = null);

internal sealed record ThresholdDraft(
    decimal? MinimumSavingsRate = null, decimal? MinimumLossRate = null, string? Sharing = null, SizeTableDraft? BySize = null, BelowMinimumDraft? BelowMinimum = null)
{
    /// <summary>
    /// A table takes the place of the preset's rates, and rates take the place of its table. The preset's loss rate belongs to its
    /// savings rate: who names another savings rate must say what holds for losses.
    /// </summary>
    public ThresholdDraft Over(ThresholdDraft preset) => new(
        MinimumSavingsRate ?? (BySize is null ? preset.MinimumSavingsRate : null), MinimumLossRate ?? (BySize is null && MinimumSavingsRate is null ? preset.MinimumLossRate : null),
        Sharing ?? preset.Sharing, BySize ?? (MinimumSavingsRate is null ? preset.BySize : null), BelowMinimum ?? preset.BelowMinimum);
}

internal sealed record SizeTableDraft(string? Table = null, bool? Losses = null, IReadOnlyList<SizeBandDraft?>? Bands = null);

internal sealed record SizeBandDraft(decimal? From = null, decimal? To = null, decimal? AtFrom = null, decimal? AtTo = null);

internal sealed record BelowMinimumDraft(decimal? Factor = null);

internal sealed record CorridorDraft(decimal? From = null, decimal? To = null, decimal? Gain = null, decimal? Loss = null);

internal sealed record SharingDraft(decimal? Gain = null, LossRateDraft? Loss = null);

internal sealed record LossRateDraft(string? Kind = null, decimal? Rate = null, decimal? Floor = null, decimal? Ceiling = null);

internal sealed record QualityDraft(string? Kind = null, decimal? Minimum = null, IReadOnlyList<QualityMetricDraft?>? Metrics = null, IReadOnlyList<QualityStepDraft?>? Steps = null);

internal sealed record QualityMetricDraft(string? Metric = null, decimal? Weight = null);

internal sealed record QualityStepDraft(decimal? From = null, decimal? Factor = null);

internal sealed record MultiplierDraft(string? Code = null, decimal? Factor = null, string? AppliesTo = null);

internal sealed record LimitsDraft(
    decimal? Cap = null, decimal? Floor = null, string? AppliesTo = null, decimal? CapOfRevenue = null, decimal? FloorOfRevenue = null, IReadOnlyList<decimal>? FloorByYear = null);

internal sealed record AdjustmentDraft(string? Code = null, string? AppliesTo = null);

internal sealed record DivisionDraft(string? Method = null, decimal? Reinvestment = null);

internal sealed record ShareDraft(string? Party = null, decimal? Gain = null, decimal? Loss = null);
