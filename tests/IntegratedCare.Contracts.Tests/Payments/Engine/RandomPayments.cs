using IntegratedCare.Contracts.Payments;
using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.Settlements.Engine;
using IntegratedCare.Shared.Calendar;

namespace IntegratedCare.Contracts.Tests.Payments.Engine;

/// <summary>Payment terms of every part in any meaningful combination, with inputs that fit them.</summary>
internal sealed class RandomPayments(int seed)
{
    private static readonly string[] Points = ["AE", "DC", "EL", "NEL", "OPFA", "OPPROC"];
    private readonly Random _random = new(seed);

    public PaymentPack Next(bool withActivity = false)
    {
        var hasFixed = Chance(2);
        var hasCapitation = Chance(3);
        var points = withActivity || Chance(2) ? Points.Take(_random.Next(1, Points.Length + 1)).ToArray() : [];
        var some = hasFixed || hasCapitation;
        var years = Chance(3) ? new[] { "high", "low", "moderate" }.Take(_random.Next(1, 4)).Select(b => new CareBandDraft(b, Decimal(0, 2_000_000, 2)))
            .ToList() : null;
        var outcomes = Chance(2) || (!some && points.Length == 0 && years is null)
            ? Enumerable.Range(0, _random.Next(1, 4)).Select(i => Outcome($"o{i}", some)).ToList() : null;
        var draft = new PaymentDraft(
            Form: hasFixed ? PaymentForms.Block : hasCapitation ? PaymentForms.Capitation : points.Length > 0 ? PaymentForms.ActivityAtPrice
            : years is not null ? PaymentForms.YearOfCare : PaymentForms.OutcomeShare,
            Fixed: hasFixed ? new(Decimal(0, 100_000_000_000, 2)) : null,
            Prices: [.. points.Select(p => new PriceDraft(p, Decimal(1, 1_000_000, 2)))],
            Activity: points.Length == 0 ? null : points.Length > 2 && Chance(2) ? [Part("one", points[..2], some), Part("two", points[2..], some)]
            : [Part("one", points, some)],
            Capitation: hasCapitation ? Capitation() : null, YearOfCare: years, Outcomes: outcomes);
        var terms = PaymentRules.Complete(draft, PaymentEngineTests.Parties);
        var period = OneOf("2026-04", "2026-11", "2027-03", "2026-Q2", "2027-Q1", "2026/27", "2026");
        return new PaymentPack(new StatementPaymentTerms(Guid.Empty, Guid.Empty, "Random"), terms, period,
            PaymentInputRules.Check(terms, Period.Parse(period)!, Inputs(terms, period)));
    }

    private ActivityDraft Part(string code, string[] points, bool some) =>
        new(code, points, Chance(4) ? null : OneOf(ActivityBaseline.Value, ActivityBaseline.OfActivity, ActivityBaseline.Given) is var kind
        ? new(kind, some && Chance(2), kind == ActivityBaseline.Value ? Decimal(0, 20_000_000_000, 2) : null,
            kind == ActivityBaseline.OfActivity ? [.. points.Select(p => new ExpectedDraft(p, Decimal(0, 2_000_000, 2)))] : null,
            Chance(2) ? Rate() / 5 is var t ? decimal.Round(t, 6) : 0 : null, Rate() * 2, Rate() * 2, Chance(2) ? Rate() : null)
        : null);

    private CapitationDraft Capitation()
    {
        var rate = Chance(2);
        var weighting = OneOf<WeightingDraft?>(null,
            new("carr-hill", null, 2.3m, Chance(2) ? new(Mean: 98.4m) : null, Chance(2) ? [new("new-registrant"), new("care-home")] : null),
            new(null, [new("adult", Rate() + 0.5m), new("child", Rate() + 0.5m)], 1.1m, Chance(2) ? new(10, [new("imd", 0.5m)], 20) : null));
        return rate
            ? new("rate", Decimal(0, 200_000_000, 6), Weighting: weighting, PriceChange: Chance(2) ? Decimal(-50_000, 100_000, 6) : null,
                Efficiency: Chance(2) ? Decimal(0, 30_000, 6) : null, ListMovement: Chance(2))
            : new("baseline-spend", null, Decimal(10_000_000, 50_000_000_000, 2), Chance(2) ? Decimal(0, 10_000_000, 2) : null, Decimal(100, 50_000_000, 2),
                weighting, Chance(2) ? Decimal(-50_000, 100_000, 6) : null,
                Chance(2) ? Decimal(0, 30_000, 6) : null, Chance(2));
    }

    private OutcomeDraft Outcome(string code, bool some)
    {
        var rate = some && Chance(2);
        var scoring = OneOf(QualityTerms.Binary, QualityTerms.Proportional, QualityTerms.Ladder);
        return new(code, rate ? null : Decimal(0, 500_000_000, 2), rate ? Rate() / 10 is var r ? decimal.Round(r, 6) : 0 : null,
            some && Chance(2) ? OutcomePart.Deducted : OutcomePart.Added, scoring,
            scoring == QualityTerms.Binary ? Rate() : scoring == QualityTerms.Proportional && Chance(2) ? Rate() : null,
            Chance(2) ? [new("i", 0.2m), new("j", 0.3m), new("k", 0.5m)]
            : [.. Enumerable.Range(0, _random.Next(1, 8)).Select(i => new IndicatorDraft($"i{i}"))],
            scoring == QualityTerms.Ladder ? [new(0.9m, 1), new(0.5m, 0.4m), new(0.7m, 0.6m)] : null);
    }

    private PaymentInputs Inputs(PaymentTerms terms, string period)
    {
        var weighting = terms.Capitation?.Weighting;
        var given = terms.Activity.Where(a => a.Baseline?.Kind == ActivityBaseline.Given).SelectMany(a => a.PointsOfDelivery).ToHashSet();
        return new PaymentInputs(
            terms.Activity.Count == 0 ? null
            : [.. terms.Prices.Select(p => new PointActivity(p.PointOfDelivery, Chance(8) ? 0 : Decimal(0, 2_000_000, 2),
            given.Contains(p.PointOfDelivery) ? Decimal(0, 2_000_000, 2) : null))],
            terms.Capitation is not null && weighting is null ? Decimal(100, 50_000_000, 2) : null,
            weighting is null ? null : [.. weighting.Weights.Select(w => new GroupPersons(w.Group, Decimal(10, 5_000_000, 2)))],
            weighting?.Need is null ? null : [.. weighting.Need.Coefficients.Select(c => new NeedMeasure(c.Code, Decimal(0, 200_000_000, 6)))],
            weighting is null or { Loadings.Count: 0 } ? null : [.. weighting.Loadings.Select(l => new LoadingPersons(l.Code, Decimal(0, 20, 2)))],
            terms.Capitation?.ListMovement == true ? Decimal(-1_000_000, 1_000_000, 2) : null,
            terms.YearOfCare.Count == 0 ? null : [.. terms.YearOfCare.Select(b => new BandPersons(b.Band, Decimal(0, 500_000, 2)))],
            terms.Outcomes.Count == 0 ? null
            : [.. terms.Outcomes.SelectMany(o => o.Indicators.Select(i => new IndicatorScore(o.Code, i.Code, Chance(3) ? 1 : Rate())))],
            period == "2026/27" && Chance(2) ? [new("2026-04", 1, Decimal(-1_000_000, 100_000_000, 2)), new("2026-Q3", 2, Decimal(0, 100_000_000, 2))] : null);
    }

    private decimal Rate() => Decimal(0, 1_000_001, 6);

    private decimal Decimal(long least, long most, int places) => _random.NextInt64(least, most) / (decimal)Math.Pow(10, places);

    private bool Chance(int one) => _random.Next(one) == 0;

    private T OneOf<T>(params T[] items) => items[_random.Next(items.Length)];
}
