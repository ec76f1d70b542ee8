using System.Text.Json.Serialization;
using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.Statements;

namespace IntegratedCare.Contracts.Payments;

/// <summary>
/// The terms of payment between a commissioner and a provider, as data. A payment is the sum of the parts that the terms have: a fixed part,
/// activity at price, a capitation, years of care, and parts that outcomes earn. Money is in the currency's units to two
/// places; amounts per year are of a financial year and are paid in twelfths by the months of the period.
/// </summary>
/// <param name="Form">Which part the terms must have; any other part may stand beside it. See <see cref="PaymentForms"/>.</param>
/// <param name="Prices">Price of one unit of activity, by point of delivery.</param>
internal sealed record PaymentTerms(
    string Form,
    string? Preset,
    string Currency,
    string Payer,
    string Provider,
    FixedPart? Fixed,
    IReadOnlyList<PointPrice> Prices,
    IReadOnlyList<ActivityPart> Activity,
    CapitationPart? Capitation,
    IReadOnlyList<CareBandPrice> YearOfCare,
    IReadOnlyList<OutcomePart> Outcomes)
{
    /// <summary>Whether the payment depends on activity, persons or scores, so that it is known only after the period.</summary>
    [JsonIgnore]
    public bool NeedsActuals => Activity.Count > 0 || YearOfCare.Count > 0 || Outcomes.Count > 0;

    /// <summary>The terms with every number at its scale and every list sorted, as statements use them.</summary>
    public PaymentTerms Normalised() => this with
    {
        Fixed = Fixed is null ? null : new FixedPart(Units.Fix(Fixed.PerYear, 2)),
        Prices = [.. Prices.OrderBy(p => p.PointOfDelivery, StringComparer.Ordinal).Select(p => p with { Price = Units.Fix(p.Price, 2) })],
        Activity = [.. Activity.OrderBy(a => a.Code, StringComparer.Ordinal).Select(a => a.Normalised())],
        Capitation = Capitation?.Normalised(),
        YearOfCare = [.. YearOfCare.OrderBy(b => b.Band, StringComparer.Ordinal).Select(b => b with { PerYear = Units.Fix(b.PerYear, 2) })],
        Outcomes = [.. Outcomes.OrderBy(o => o.Code, StringComparer.Ordinal).Select(o => o.Normalised())],
    };
}

/// <summary>The names of the forms, each with its required part.</summary>
internal static class PaymentForms
{
    /// <summary>A fixed part.</summary>
    public const string Block = "block";

    /// <summary>Activity at price, with or without a baseline beyond which marginal rates apply.</summary>
    public const string ActivityAtPrice = "activity-at-price";

    /// <summary>A fixed part that pays for a baseline, and a marginal rate for the difference from it either way.</summary>
    public const string Blended = "blended";

    /// <summary>A fixed part for agreed activity, and activity paid or varied at rates of its own; mostly with an incentive.</summary>
    public const string Aligned = "aligned-payment-and-incentive";

    /// <summary>Weighted population at a rate, or baseline spend carried forward.</summary>
    public const string Capitation = "capitation";

    /// <summary>Persons by band of need at the yearly price of the band.</summary>
    public const string YearOfCare = "year-of-care";

    /// <summary>An amount that outcomes earn.</summary>
    public const string OutcomeShare = "outcome-share";

    /// <summary>A part of the fixed element that indicators earn.</summary>
    public const string Incentive = "incentive";

    public static readonly string[] All = [Block, ActivityAtPrice, Blended, Aligned, Capitation, YearOfCare, OutcomeShare, Incentive];
}

/// <param name="PerYear">Money of a financial year; a month is a twelfth. Instalments add up to the year to the penny.</param>
internal sealed record FixedPart(decimal PerYear);

/// <param name="Price">Money for one unit of activity.</param>
internal sealed record PointPrice(string PointOfDelivery, decimal Price);

/// <summary>Activity of some points of delivery, paid at price; with a baseline, beyond it at marginal rates.</summary>
internal sealed record ActivityPart(string Code, IReadOnlyList<string> PointsOfDelivery, ActivityBaseline? Baseline)
{
    public ActivityPart Normalised() => this with { PointsOfDelivery = [.. PointsOfDelivery.Order(StringComparer.Ordinal)], Baseline = Baseline?.Normalised() };
}

/// <summary>
/// The expected value of activity. Activity is worth its number times its price; value above the baseline is paid at
/// <paramref name="RateAbove"/>, and value below it is taken off at <paramref name="RateBelow"/>.
/// </summary>
/// <param name="Kind"><c>value</c>: money; <c>activity</c>: expected activity at price; <c>given</c>: expected activity stated with each payment.</param>
/// <param name="InFixed">The fixed part or the capitation pays for the baseline, so that only the difference is paid here.</param>
/// <param name="PerYear">With kind <c>value</c>.</param>
/// <param name="Expected">With kind <c>activity</c>.</param>
/// <param name="Tolerance">Share of the baseline either way within which the rates do not apply yet: the full price does, or nothing where
/// the fixed part pays.</param>
/// <param name="RateAbove">Part of the price, 0 to 2: 0.3 is the 30 % marginal rate.</param>
/// <param name="RateBelow">1 pays for exactly what was done; 0 pays the whole baseline.</param>
/// <param name="BreakGlass">A difference beyond this share of the baseline raises a warning that the parties agreed to talk again.</param>
internal sealed record ActivityBaseline(
    string Kind, bool InFixed, decimal? PerYear, IReadOnlyList<ExpectedActivity>? Expected, decimal Tolerance, decimal RateAbove, decimal RateBelow,
    decimal? BreakGlass)
{
    public const string Value = "value";
    public const string OfActivity = "activity";
    public const string Given = "given";

    public ActivityBaseline Normalised() => this with
    {
        PerYear = Units.Fix(PerYear, 2),
        Expected = Expected is null ? null
        : [.. Expected.OrderBy(e => e.PointOfDelivery, StringComparer.Ordinal).Select(e => e with { PerYear = Units.Fix(e.PerYear, 2) })],
        Tolerance = Units.Fix(Tolerance, 6),
        RateAbove = Units.Fix(RateAbove, 6),
        RateBelow = Units.Fix(RateBelow, 6),
        BreakGlass = Units.Fix(BreakGlass, 6),
    };
}

internal sealed record ExpectedActivity(string PointOfDelivery, decimal PerYear);

/// <summary>
/// Money for a population. Kind <c>rate</c>: weighted population x rate. Kind <c>baseline-spend</c> (whole population annual
/// payment): spend on the services in scope x weighted population now / weighted population then. Either is multiplied by
/// 1 + price change - efficiency.
/// </summary>
/// <param name="RatePerYear">With kind <c>rate</c>: money per weighted person and year, six places.</param>
/// <param name="BaselineSpend">With kind <c>baseline-spend</c>: money of the baseline year.</param>
/// <param name="Excluded">What of it is left out, such as high-cost items; null: nothing.</param>
/// <param name="BaselinePopulation">With kind <c>baseline-spend</c>: weighted persons of the baseline year.</param>
/// <param name="Weighting">How persons are weighted; null: the weighted population is stated with each payment.</param>
/// <param name="PriceChange">0.029 is 2.9 %.</param>
/// <param name="ListMovement">Whether each payment states by how many weighted persons the list of the period differed from the count.</param>
internal sealed record CapitationPart(
    string Kind, decimal? RatePerYear, decimal? BaselineSpend, decimal? Excluded, decimal? BaselinePopulation, PopulationWeighting? Weighting,
    decimal? PriceChange, decimal? Efficiency, bool ListMovement)
{
    public const string Rate = "rate";
    public const string Spend = "baseline-spend";

    public CapitationPart Normalised() => this with
    {
        RatePerYear = Units.Fix(RatePerYear, 6),
        BaselineSpend = Units.Fix(BaselineSpend, 2),
        Excluded = Units.Fix(Excluded, 2),
        BaselinePopulation = Units.Fix(BaselinePopulation, 2),
        Weighting = Weighting?.Normalised(),
        PriceChange = Units.Fix(PriceChange, 6),
        Efficiency = Units.Fix(Efficiency, 6),
    };
}

/// <summary>Persons by group x weight / mean weight, then by the index of need and by each loading.</summary>
/// <param name="Name">A weighting that the product holds, such as <c>carr-hill</c>; its figures are written into the terms.</param>
/// <param name="Mean">Mean weight of the reference population, so that its weighted number is its number.</param>
/// <param name="Need">Index of need from measures of the area; null: none.</param>
/// <param name="Loadings">Persons of some kind count as more than one.</param>
internal sealed record PopulationWeighting(string? Name, IReadOnlyList<GroupWeight> Weights, decimal Mean, NeedIndex? Need, IReadOnlyList<ListLoading> Loadings)
{
    public PopulationWeighting Normalised() => this with
    {
        Weights = [.. Weights.OrderBy(w => w.Group, StringComparer.Ordinal).Select(w => w with { Weight = Units.Fix(w.Weight, 6) })],
        Mean = Units.Fix(Mean, 6),
        Need = Need is null ? null : new NeedIndex(Units.Fix(Need.Constant, 6),
            [.. Need.Coefficients.OrderBy(c => c.Code, StringComparer.Ordinal).Select(c => c with { Coefficient = Units.Fix(c.Coefficient, 6) })],
            Units.Fix(Need.Mean, 6)),
        Loadings = [.. Loadings.OrderBy(l => l.Code, StringComparer.Ordinal).Select(l => l with { Weight = Units.Fix(l.Weight, 6) })],
    };
}

internal sealed record GroupWeight(string Group, decimal Weight);

/// <summary>(Constant + sum of coefficient x measure) / mean.</summary>
/// <param name="Mean">The same sum for the reference population.</param>
internal sealed record NeedIndex(decimal Constant, IReadOnlyList<NeedCoefficient> Coefficients, decimal Mean);

internal sealed record NeedCoefficient(string Code, decimal Coefficient);

/// <param name="Weight">As how many persons one counts: 1.46 raises the list by 0.46 of the share of such persons.</param>
internal sealed record ListLoading(string Code, decimal Weight);

/// <param name="PerYear">Money for one person in the band for a year.</param>
internal sealed record CareBandPrice(string Band, decimal PerYear);

/// <summary>An amount at stake, and how indicators earn it.</summary>
/// <param name="PerYear">The amount of a year; or <paramref name="RateOfFixed"/> of the fixed part and the capitation.</param>
/// <param name="Treatment"><c>added</c>: what is earned is paid; <c>deducted</c>: it is in the fixed part or capitation already, and what
/// is not earned is taken off.</param>
/// <param name="Scoring"><c>binary</c>: all from the minimum score; <c>proportional</c>: the score, nothing below the minimum;
/// <c>ladder</c>: the factor of the highest step reached.</param>
/// <param name="Indicators">Weights that sum to 1, or none of them has one: equal weights.</param>
internal sealed record OutcomePart(
    string Code, decimal? PerYear, decimal? RateOfFixed, string Treatment, string Scoring, decimal Minimum, IReadOnlyList<OutcomeIndicator> Indicators,
    IReadOnlyList<QualityStep>? Steps)
{
    public const string Added = "added";
    public const string Deducted = "deducted";

    public OutcomePart Normalised() => this with
    {
        PerYear = Units.Fix(PerYear, 2),
        RateOfFixed = Units.Fix(RateOfFixed, 6),
        Minimum = Units.Fix(Minimum, 6),
        Indicators = [.. Indicators.OrderBy(i => i.Code, StringComparer.Ordinal).Select(i => i with { Weight = Units.Fix(i.Weight, 6) })],
        Steps = Steps is null ? null : [.. Steps.OrderBy(s => s.From).Select(s => new QualityStep(Units.Fix(s.From, 6), Units.Fix(s.Factor, 6)))],
    };
}

internal sealed record OutcomeIndicator(string Code, decimal? Weight);
