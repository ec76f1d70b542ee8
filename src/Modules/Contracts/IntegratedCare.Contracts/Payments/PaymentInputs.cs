using IntegratedCare.Contracts.Statements;

namespace IntegratedCare.Contracts.Payments;

/// <summary>
/// The inputs of a payment, stated by the payer or the provider. The terms decide which members are needed; others are refused.
/// </summary>
/// <param name="Activity">By point of delivery, in the period.</param>
/// <param name="WeightedPopulation">Weighted persons, where the terms hold no weights.</param>
/// <param name="Population">Persons by group of the terms' weights.</param>
/// <param name="Need">Measures of the terms' index of need.</param>
/// <param name="Loadings">Persons of each loading.</param>
/// <param name="ListMovement">Weighted persons by which the list of the period differed from the count; negative when it was shorter.</param>
/// <param name="YearOfCare">Persons by band of need, on average in the period.</param>
/// <param name="Outcomes">Scores from 0 to 1.</param>
/// <param name="OnAccount">Earlier payments for parts of the period; set by the platform, not by a proposer.</param>
internal sealed record PaymentInputs(
    IReadOnlyList<PointActivity>? Activity = null,
    decimal? WeightedPopulation = null,
    IReadOnlyList<GroupPersons>? Population = null,
    IReadOnlyList<NeedMeasure>? Need = null,
    IReadOnlyList<LoadingPersons>? Loadings = null,
    decimal? ListMovement = null,
    IReadOnlyList<BandPersons>? YearOfCare = null,
    IReadOnlyList<IndicatorScore>? Outcomes = null,
    IReadOnlyList<PaidOnAccount>? OnAccount = null)
{
    public static readonly PaymentInputs None = new();

    public PaymentInputs Normalised() => new(
        Activity is null ? null : [.. Activity.OrderBy(a => a.PointOfDelivery, StringComparer.Ordinal)
            .Select(a => a with { Actual = Units.Fix(a.Actual, 2), Expected = Units.Fix(a.Expected, 2) })],
        Units.Fix(WeightedPopulation, 2),
        Population is null ? null : [.. Population.OrderBy(p => p.Group, StringComparer.Ordinal).Select(p => p with { Persons = Units.Fix(p.Persons, 2) })],
        Need is null ? null : [.. Need.OrderBy(n => n.Code, StringComparer.Ordinal).Select(n => n with { Value = Units.Fix(n.Value, 6) })],
        Loadings is null ? null : [.. Loadings.OrderBy(l => l.Code, StringComparer.Ordinal).Select(l => l with { Persons = Units.Fix(l.Persons, 2) })],
        Units.Fix(ListMovement, 2),
        YearOfCare is null ? null : [.. YearOfCare.OrderBy(y => y.Band, StringComparer.Ordinal).Select(y => y with { Persons = Units.Fix(y.Persons, 2) })],
        Outcomes is null ? null
            : [.. Outcomes.OrderBy(o => o.Outcome, StringComparer.Ordinal).ThenBy(o => o.Indicator, StringComparer.Ordinal)
                .Select(o => o with { Score = Units.Fix(o.Score, 6) })],
        OnAccount is null ? null : [.. OnAccount.OrderBy(p => p.Period, StringComparer.Ordinal).ThenBy(p => p.Terms)
            .Select(p => p with { Amount = Units.Fix(p.Amount, 2) })]);
}

/// <param name="Expected">Only where the terms' baseline is given with each payment.</param>
internal sealed record PointActivity(string PointOfDelivery, decimal Actual, decimal? Expected = null);

internal sealed record GroupPersons(string Group, decimal Persons);

internal sealed record NeedMeasure(string Code, decimal Value);

internal sealed record LoadingPersons(string Code, decimal Persons);

internal sealed record BandPersons(string Band, decimal Persons);

/// <param name="Outcome">The outcome part of the terms, by its code.</param>
internal sealed record IndicatorScore(string Outcome, string Indicator, decimal Score);

/// <param name="Number">The version of the payment for that period.</param>
/// <param name="Amount">The amount that the provider received; negative when it paid back.</param>
/// <param name="Terms">The superseded payment terms it was paid under; null: the terms of the payment itself.</param>
internal sealed record PaidOnAccount(string Period, int Number, decimal Amount, Guid? Terms = null);
