using IntegratedCare.Contracts.Agreements;
using IntegratedCare.Contracts.RiskShares;

namespace IntegratedCare.Contracts.Payments;

/// <summary>Validates and completes payment terms. Finds all faults at once, each with its JSON pointer.</summary>
internal sealed class PaymentRules
{
    private const decimal MaxMoney = 1_000_000_000_000;
    private const decimal MaxActivity = 10_000_000;
    private const decimal MaxPersons = 100_000_000;

    private readonly Faults _faults;
    private readonly PaymentDraft _draft;
    private readonly bool _hasFixed;

    private PaymentRules(PaymentDraft draft, Faults faults)
    {
        _draft = draft;
        _faults = faults;
        _hasFixed = draft.Fixed is not null || draft.Capitation is not null;
    }

    /// <summary>The terms in full, or a refusal with every fault.</summary>
    /// <param name="parties">The parties that may be named; null outside an agreement, where any may.</param>
    public static PaymentTerms Complete(PaymentDraft draft, IReadOnlyList<TermsRules.Party>? parties, string at = "/terms")
    {
        var faults = new Faults(at);
        var preset = PaymentPreset.Find(draft.Preset);
        if (preset is null && draft.Preset is not null)
            faults.Add("preset", $"One of: {string.Join(", ", PaymentPreset.All.Select(p => p.Code))}.");
        var merged = preset is null ? draft : draft.WithDefaults(preset.Terms with { Form = preset.Form });
        var terms = new PaymentRules(merged, faults).Complete(parties);
        faults.ThrowIfAny(ContractsProblems.MeaninglessTerms);
        return terms.Normalised();
    }

    private PaymentTerms Complete(IReadOnlyList<TermsRules.Party>? parties)
    {
        var payer = Named("payer", _draft.Payer, Agreement.CommissionerRole, parties);
        var provider = Named("provider", _draft.Provider, "provider", parties);
        if (payer == provider && payer.Length > 0)
            _faults.Add("provider", "Nobody pays itself.");
        var prices = _faults.Each("prices", _draft.Prices, 200, p => p.PointOfDelivery, "pointOfDelivery",
            (p, at) => new PointPrice(p.PointOfDelivery ?? "", _faults.Number($"{at}/price", p.Price, 0.01m, MaxActivity, 2)));
        var terms = new PaymentTerms(
            _faults.OneOf("form", _draft.Form ?? "", PaymentForms.All), _draft.Preset,
            _faults.OneOf("currency", _draft.Currency ?? "GBP", "GBP", "EUR", "USD"), payer, provider,
            _draft.Fixed is { } fixedPart ? new FixedPart(_faults.Number("fixed/perYear", fixedPart.PerYear, 0, MaxMoney, 2)) : null,
            prices, Activity(prices), Capitation(),
            _faults.Each("yearOfCare", _draft.YearOfCare, 50, b => b.Band, "band",
                (b, at) => new CareBandPrice(b.Band ?? "", _faults.Number($"{at}/perYear", b.PerYear, 0, MaxActivity, 2))),
            _faults.Each("outcomes", _draft.Outcomes, 20, o => o.Code, "code", Outcome));
        CheckForm(terms);
        return terms;
    }

    private string Named(string member, string? code, string role, IReadOnlyList<TermsRules.Party>? parties)
    {
        if (parties is null)
            return _faults.Code(member, code);
        var possible = parties.Where(p => p.Role == role).Select(p => p.Organisation).ToList();
        code ??= possible.Count == 1 ? possible[0] : null;
        if (code is null || !possible.Contains(code))
            _faults.Add(member, $"Name a party of the agreement whose role is {role}.");
        return code ?? "";
    }

    /// <summary>Requires the part that the form names.</summary>
    private void CheckForm(PaymentTerms terms)
    {
        var missing = terms.Form switch
        {
            PaymentForms.Block when terms.Fixed is null => "fixed",
            PaymentForms.ActivityAtPrice when terms.Activity.Count == 0 => "activity",
            PaymentForms.Blended when terms.Fixed is null => "fixed",
            PaymentForms.Blended when terms.Activity.All(a => a.Baseline?.InFixed != true) => "activity with a baseline in the fixed part",
            PaymentForms.Aligned when terms.Fixed is null => "fixed",
            PaymentForms.Aligned when terms.Activity.Count == 0 => "activity",
            PaymentForms.Capitation when terms.Capitation is null => "capitation",
            PaymentForms.YearOfCare when terms.YearOfCare.Count == 0 => "yearOfCare",
            PaymentForms.OutcomeShare or PaymentForms.Incentive when terms.Outcomes.Count == 0 => "outcomes",
            _ => null,
        };
        if (missing is not null)
            _faults.Add("form", $"Terms of the form {terms.Form} have the part: {missing}.");
    }

    private List<ActivityPart> Activity(List<PointPrice> prices)
    {
        var paid = new HashSet<string>();
        var parts = _faults.Each("activity", _draft.Activity, 20, a => a.Code, "code", (part, at) =>
        {
            var points = new List<string>();
            foreach (var (i, point) in _faults.Items($"{at}/pointsOfDelivery", part.PointsOfDelivery, 200))
            {
                points.Add(_faults.Code($"{at}/pointsOfDelivery/{i}", point));
                if (prices.All(p => p.PointOfDelivery != point))
                    _faults.Add($"{at}/pointsOfDelivery/{i}", "It has no price.");
                if (!paid.Add(point))
                    _faults.Add($"{at}/pointsOfDelivery/{i}", "Named twice: activity is paid once.");
            }

            if (points.Count == 0)
                _faults.Add($"{at}/pointsOfDelivery", "Name at least one.");
            return new ActivityPart(part.Code ?? "", points, part.Baseline is null ? null : Baseline(part.Baseline, $"{at}/baseline", points));
        });
        foreach (var (i, price) in prices.Index().Where(p => !paid.Contains(p.Item.PointOfDelivery)))
            _faults.Add($"prices/{i}", $"No activity part pays for {price.PointOfDelivery}.");
        return parts;
    }

    private ActivityBaseline Baseline(BaselineDraft draft, string at, List<string> points)
    {
        var kind = _faults.OneOf($"{at}/kind", draft.Kind ?? "", ActivityBaseline.Value, ActivityBaseline.OfActivity, ActivityBaseline.Given);
        var inFixed = draft.InFixed == true;
        if (inFixed && !_hasFixed)
            _faults.Add($"{at}/inFixed", "There is no fixed part and no capitation that could pay for the baseline.");
        var perYear = Only($"{at}/perYear", draft.PerYear, kind == ActivityBaseline.Value, 0, MaxMoney, 2, "with the kind value");
        List<ExpectedActivity>? expected = null;
        if (kind == ActivityBaseline.OfActivity)
        {
            expected = _faults.Each($"{at}/expected", draft.Expected, 200, e => e.PointOfDelivery, "pointOfDelivery", (e, i) =>
            {
                if (!points.Contains(e.PointOfDelivery ?? ""))
                    _faults.Add($"{i}/pointOfDelivery", "Not a point of delivery of this part.");
                return new ExpectedActivity(e.PointOfDelivery ?? "", _faults.Number($"{i}/perYear", e.PerYear, 0, MaxActivity, 2));
            });
            if (points.Except(expected.Select(e => e.PointOfDelivery)).ToList() is { Count: > 0 } missing)
                _faults.Add($"{at}/expected", $"Nothing is expected of: {string.Join(", ", missing)}.");
        }
        else if (draft.Expected is not null)
        {
            _faults.Add($"{at}/expected", "Only with the kind activity.");
        }

        return new ActivityBaseline(kind, inFixed, perYear, expected, _faults.Number($"{at}/tolerance", draft.Tolerance ?? 0, 0, 1, 6),
            _faults.Number($"{at}/rateAbove", draft.RateAbove, 0, 2, 6), _faults.Number($"{at}/rateBelow", draft.RateBelow, 0, 2, 6),
            draft.BreakGlass is null ? null : _faults.Number($"{at}/breakGlass", draft.BreakGlass, 0, 10, 6));
    }

    private CapitationPart? Capitation()
    {
        if (_draft.Capitation is not { } draft)
            return null;
        var kind = _faults.OneOf("capitation/kind", draft.Kind ?? "", CapitationPart.Rate, CapitationPart.Spend);
        var (rate, spend) = (kind == CapitationPart.Rate, kind == CapitationPart.Spend);
        var baseline = Only("capitation/baselineSpend", draft.BaselineSpend, spend, 0, MaxMoney, 2, "with the kind baseline-spend");
        var excluded = draft.Excluded is null ? null : Only("capitation/excluded", draft.Excluded, spend, 0, MaxMoney, 2, "with the kind baseline-spend");
        if (excluded > baseline)
            _faults.Add("capitation/excluded", "More than the baseline spend.");
        return new CapitationPart(
            kind, Only("capitation/ratePerYear", draft.RatePerYear, rate, 0, 1_000_000, 6, "with the kind rate"), baseline, excluded,
            Only("capitation/baselinePopulation", draft.BaselinePopulation, spend, 0.01m, MaxPersons, 2, "with the kind baseline-spend"),
            draft.Weighting is null ? null : Weighting(draft.Weighting),
            draft.PriceChange is null ? null : _faults.Number("capitation/priceChange", draft.PriceChange, -0.5m, 1, 6),
            draft.Efficiency is null ? null : _faults.Number("capitation/efficiency", draft.Efficiency, 0, 0.5m, 6),
            draft.ListMovement == true);
    }

    private PopulationWeighting Weighting(WeightingDraft own)
    {
        const string at = "capitation/weighting";
        var named = NamedWeighting.Find(own.Name);
        if (own.Name is not null && named is null)
            _faults.Add($"{at}/name", $"One of: {string.Join(", ", NamedWeighting.All.Select(w => w.Code))}; or name none and give the weights.");
        // The weights of a named weighting are always used; its need and loadings only where the terms have these members.
        var draft = named is null ? own : own with
        {
            Weights = own.Weights ?? named.Weights,
            Need = own.Need is null ? null : new NeedDraft(own.Need.Constant ?? named.Need.Constant, own.Need.Coefficients ?? named.Need.Coefficients,
                own.Need.Mean),
            Loadings = own.Loadings?.Select(l => l is { Weight: null } ? l with { Weight = named.Loadings.FirstOrDefault(n => n.Code == l.Code)?.Weight } : l)
                .ToList(),
        };
        var weights = _faults.Each($"{at}/weights", draft.Weights, 100, w => w.Group, "group",
            (w, i) => new GroupWeight(w.Group ?? "", _faults.Number($"{i}/weight", w.Weight, 0, 100, 6)));
        if (weights.Count == 0)
            _faults.Add($"{at}/weights", "Name at least one group.");
        var namedWeights = named?.Weights.Select(w => new GroupWeight(w.Group!, w.Weight!.Value));
        if (namedWeights is not null && own.Weights is not null && !weights.ToHashSet().SetEquals(namedWeights))
            _faults.Add($"{at}/weights", "These are not the weights of the weighting that is named; leave one of them out.");
        var need = draft.Need is null ? null : new NeedIndex(
            _faults.Number($"{at}/need/constant", draft.Need.Constant, 0, 100_000, 6),
            _faults.Each($"{at}/need/coefficients", draft.Need.Coefficients, 20, c => c.Code, "code",
                (c, i) => new NeedCoefficient(c.Code ?? "", _faults.Number($"{i}/coefficient", c.Coefficient, 0, 1000, 6))),
            _faults.Number($"{at}/need/mean", draft.Need.Mean, 0.01m, 1_000_000, 6));
        return new PopulationWeighting(own.Name, weights, _faults.Number($"{at}/mean", draft.Mean, 0.01m, 100, 6), need,
            _faults.Each($"{at}/loadings", draft.Loadings, 10, l => l.Code, "code",
                (l, i) => new ListLoading(l.Code ?? "", _faults.Number($"{i}/weight", l.Weight, 0, 10, 6))));
    }

    private OutcomePart Outcome(OutcomeDraft draft, string at)
    {
        if (draft.PerYear is null == draft.RateOfFixed is null)
            _faults.Add(at, "Name the amount per year, or the rate of the fixed part; not both.");
        if (draft.RateOfFixed is not null && !_hasFixed)
            _faults.Add($"{at}/rateOfFixed", "There is no fixed part and no capitation to take a rate of.");
        var treatment = _faults.OneOf($"{at}/treatment", draft.Treatment ?? "", OutcomePart.Added, OutcomePart.Deducted);
        if (treatment == OutcomePart.Deducted && !_hasFixed)
            _faults.Add($"{at}/treatment", "There is no fixed part and no capitation to deduct from.");
        var scoring = _faults.OneOf($"{at}/scoring", draft.Scoring ?? "", QualityTerms.Binary, QualityTerms.Proportional, QualityTerms.Ladder);
        var indicators = _faults.Each($"{at}/indicators", draft.Indicators, 50, i => i.Code, "code",
            (i, to) => new OutcomeIndicator(i.Code ?? "", i.Weight is null ? null : _faults.Number($"{to}/weight", i.Weight, 0, 1, 6)));
        if (indicators.Count == 0)
            _faults.Add($"{at}/indicators", "Name at least one.");
        else if (indicators.Exists(i => i.Weight is not null) && (indicators.Exists(i => i.Weight is null) || indicators.Sum(i => i.Weight) != 1))
            _faults.Add($"{at}/indicators", "The weights do not sum to 1. Give none for equal weights.");
        return new OutcomePart(
            draft.Code ?? "", draft.PerYear is null ? null : _faults.Number($"{at}/perYear", draft.PerYear, 0, MaxMoney, 2),
            draft.RateOfFixed is null ? null : _faults.Number($"{at}/rateOfFixed", draft.RateOfFixed, 0, 1, 6), treatment, scoring,
            Minimum(draft, scoring, at), indicators, Steps(draft, scoring, at));
    }

    private decimal Minimum(OutcomeDraft draft, string scoring, string at)
    {
        if (scoring == QualityTerms.Ladder && draft.Minimum is not (null or 0))
            _faults.Add($"{at}/minimum", "The first step of a ladder is its minimum.");
        return _faults.Number($"{at}/minimum", draft.Minimum ?? (scoring == QualityTerms.Binary ? null : 0), 0, 1, 6);
    }

    private List<QualityStep>? Steps(OutcomeDraft draft, string scoring, string at)
    {
        if (scoring != QualityTerms.Ladder)
        {
            if (draft.Steps is not null)
                _faults.Add($"{at}/steps", "Only a ladder has steps.");
            return null;
        }

        var steps = new List<QualityStep>();
        foreach (var (i, step) in _faults.Items($"{at}/steps", draft.Steps, 20))
            steps.Add(new(_faults.Number($"{at}/steps/{i}/from", step.From, 0, 1, 6), _faults.Number($"{at}/steps/{i}/factor", step.Factor, 0, 1, 6)));
        if (steps.Count == 0)
            _faults.Add($"{at}/steps", "A ladder needs its steps.");
        var sorted = steps.OrderBy(s => s.From).ToList();
        if (sorted.Zip(sorted.Skip(1)).Any(s => s.First.From == s.Second.From || s.First.Factor > s.Second.Factor))
            _faults.Add($"{at}/steps", "Each step begins higher than the one before and gives no less.");
        return steps;
    }

    private decimal? Only(string pointer, decimal? value, bool belongs, decimal min, decimal max, int places, string where)
    {
        if (belongs)
            return _faults.Number(pointer, value, min, max, places);
        if (value is not null)
            _faults.Add(pointer, $"Only {where}.");
        return null;
    }
}
