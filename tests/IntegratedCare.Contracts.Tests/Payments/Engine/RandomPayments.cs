using System.Text.Json;
using IntegratedCare.Contracts.Payments;
using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.Settlements.Engine;
using IntegratedCare.Shared;

namespace IntegratedCare.Contracts.Tests.Payments.Engine;

/// <summary>Payment terms of every part in any meaningful combination, with inputs that fit them.</summary>
internal sealed class RandomPayments
{
    public static readonly string[] Points = ["AE", "DC", "EL", "NEL", "OPFA", "OPPROC"];
    private readonly Draw _draw;

    private RandomPayments(Draw draw) => _draw = draw;

    public static Drawn<PaymentPack> All { get; } = new(draw => new RandomPayments(draw).Next(withActivity: false));

    public static Drawn<PaymentPack> WithActivity { get; } = new(draw => new RandomPayments(draw).Next(withActivity: true));

    public static string Print(PaymentPack pack) => JsonSerializer.Serialize(pack, SharedJson.Storage);

    private PaymentPack Next(bool withActivity)
    {
        var hasFixed = _draw.Chance(2);
        var hasCapitation = _draw.Chance(3);
        var points = withActivity || _draw.Chance(2) ? Points.Take(_draw.Int(1, Points.Length + 1)).ToArray() : [];
        var some = hasFixed || hasCapitation;
        var years = _draw.Chance(3)
            ? new[] { "high", "low", "moderate" }.Take(_draw.Int(1, 4)).Select(b => new CareBandDraft(b, _draw.Decimal(0, 2_000_000, 2)))
            .ToList() : null;
        var outcomes = _draw.Chance(2) || (!some && points.Length == 0 && years is null)
            ? Enumerable.Range(0, _draw.Int(1, 4)).Select(i => Outcome($"o{i}", some)).ToList() : null;
        var draft = new PaymentDraft(
            Form: hasFixed ? PaymentForms.Block : hasCapitation ? PaymentForms.Capitation : points.Length > 0 ? PaymentForms.ActivityAtPrice
            : years is not null ? PaymentForms.YearOfCare : PaymentForms.OutcomeShare,
            Fixed: hasFixed ? new(_draw.Decimal(0, 100_000_000_000, 2)) : null,
            Prices: [.. points.Select(p => new PriceDraft(p, _draw.Decimal(1, 1_000_000, 2)))],
            Activity: points.Length == 0 ? null : points.Length > 2 && _draw.Chance(2) ? [Part("one", points[..2], some), Part("two", points[2..], some)]
            : [Part("one", points, some)],
            Capitation: hasCapitation ? Capitation() : null, YearOfCare: years, Outcomes: outcomes);
        var terms = PaymentRules.Complete(draft, PaymentEngineTests.Parties);
        var period = _draw.OneOf("2026-04", "2026-11", "2027-03", "2026-Q2", "2027-Q1", "2026/27", "2026");
        return new PaymentPack(new StatementPaymentTerms(Guid.Empty, Guid.Empty, "Random"), terms, period,
            PaymentInputRules.Check(terms, Period.Parse(period)!, Inputs(terms, period)));
    }

    private ActivityDraft Part(string code, string[] points, bool some) =>
        new(code, points, _draw.Chance(4) ? null : _draw.OneOf(ActivityBaseline.Value, ActivityBaseline.OfActivity, ActivityBaseline.Given) is var kind
        ? new(kind, some && _draw.Chance(2), kind == ActivityBaseline.Value ? _draw.Decimal(0, 20_000_000_000, 2) : null,
            kind == ActivityBaseline.OfActivity ? [.. points.Select(p => new ExpectedDraft(p, _draw.Decimal(0, 2_000_000, 2)))] : null,
            _draw.Chance(2) ? _draw.Rate() / 5 is var t ? decimal.Round(t, 6) : 0 : null,
            _draw.Rate() * 2, _draw.Rate() * 2, _draw.Chance(2) ? _draw.Rate() : null)
        : null);

    private CapitationDraft Capitation()
    {
        var rate = _draw.Chance(2);
        var weighting = _draw.OneOf<WeightingDraft?>(null,
            new("carr-hill", null, 2.3m, _draw.Chance(2) ? new(Mean: 98.4m) : null, _draw.Chance(2) ? [new("new-registrant"), new("care-home")] : null),
            new(null, [new("adult", _draw.Rate() + 0.5m), new("child", _draw.Rate() + 0.5m)], 1.1m, _draw.Chance(2) ? new(10, [new("imd", 0.5m)], 20) : null));
        return rate
            ? new("rate", _draw.Decimal(0, 200_000_000, 6), Weighting: weighting, PriceChange: _draw.Chance(2) ? _draw.Decimal(-50_000, 100_000, 6) : null,
                Efficiency: _draw.Chance(2) ? _draw.Decimal(0, 30_000, 6) : null, ListMovement: _draw.Chance(2))
            : new("baseline-spend", null, _draw.Decimal(10_000_000, 50_000_000_000, 2), _draw.Chance(2) ? _draw.Decimal(0, 10_000_000, 2) : null,
                _draw.Decimal(100, 50_000_000, 2),
                weighting, _draw.Chance(2) ? _draw.Decimal(-50_000, 100_000, 6) : null,
                _draw.Chance(2) ? _draw.Decimal(0, 30_000, 6) : null, _draw.Chance(2));
    }

    private OutcomeDraft Outcome(string code, bool some)
    {
        var rate = some && _draw.Chance(2);
        var scoring = _draw.OneOf(QualityTerms.Binary, QualityTerms.Proportional, QualityTerms.Ladder);
        return new(code, rate ? null : _draw.Decimal(0, 500_000_000, 2), rate ? _draw.Rate() / 10 is var r ? decimal.Round(r, 6) : 0 : null,
            some && _draw.Chance(2) ? OutcomePart.Deducted : OutcomePart.Added, scoring,
            scoring == QualityTerms.Binary ? _draw.Rate() : scoring == QualityTerms.Proportional && _draw.Chance(2) ? _draw.Rate() : null,
            _draw.Chance(2) ? [new("i", 0.2m), new("j", 0.3m), new("k", 0.5m)]
            : [.. Enumerable.Range(0, _draw.Int(1, 8)).Select(i => new IndicatorDraft($"i{i}"))],
            scoring == QualityTerms.Ladder ? [new(0.9m, 1), new(0.5m, 0.4m), new(0.7m, 0.6m)] : null);
    }

    private PaymentInputs Inputs(PaymentTerms terms, string period)
    {
        var weighting = terms.Capitation?.Weighting;
        var given = terms.Activity.Where(a => a.Baseline?.Kind == ActivityBaseline.Given).SelectMany(a => a.PointsOfDelivery).ToHashSet();
        return new PaymentInputs(
            terms.Activity.Count == 0 ? null
            : [.. terms.Prices.Select(p => new PointActivity(p.PointOfDelivery, _draw.Chance(8) ? 0 : _draw.Decimal(0, 2_000_000, 2),
            given.Contains(p.PointOfDelivery) ? _draw.Decimal(0, 2_000_000, 2) : null))],
            terms.Capitation is not null && weighting is null ? _draw.Decimal(100, 50_000_000, 2) : null,
            weighting is null ? null : [.. weighting.Weights.Select(w => new GroupPersons(w.Group, _draw.Decimal(10, 5_000_000, 2)))],
            weighting?.Need is null ? null : [.. weighting.Need.Coefficients.Select(c => new NeedMeasure(c.Code, _draw.Decimal(0, 200_000_000, 6)))],
            weighting is null or { Loadings.Count: 0 } ? null : [.. weighting.Loadings.Select(l => new LoadingPersons(l.Code, _draw.Decimal(0, 20, 2)))],
            terms.Capitation?.ListMovement == true ? _draw.Decimal(-1_000_000, 1_000_000, 2) : null,
            terms.YearOfCare.Count == 0 ? null : [.. terms.YearOfCare.Select(b => new BandPersons(b.Band, _draw.Decimal(0, 500_000, 2)))],
            terms.Outcomes.Count == 0 ? null
            : [.. terms.Outcomes.SelectMany(o => o.Indicators.Select(i => new IndicatorScore(o.Code, i.Code, _draw.Chance(3) ? 1 : _draw.Rate())))],
            period == "2026/27" && _draw.Chance(2)
                ? [new("2026-04", 1, _draw.Decimal(-1_000_000, 100_000_000, 2)), new("2026-Q3", 2, _draw.Decimal(0, 100_000_000, 2))] : null);
    }
}
