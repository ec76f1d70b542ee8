using IntegratedCare.Contracts.Agreements;

namespace IntegratedCare.Contracts.RiskShares;

/// <content>Limits, the order of the steps, and the division among the parties.</content>
internal sealed partial class TermsRules
{
    private LimitTerms Limits()
    {
        var limits = _draft.Limits ?? new LimitsDraft();
        var cap = _faults.Number("limits/cap", limits.Cap, -1, 1, 6);
        var years = limits.FloorByYear is { Count: > 0 } given ? given : null;
        var floor = years is null || limits.Floor is not null ? _faults.Number("limits/floor", limits.Floor, -1, 1, 6) : years[^1];
        var appliesTo = _faults.OneOf("limits/appliesTo", limits.AppliesTo ?? LimitTerms.Result, LimitTerms.Result, LimitTerms.PartyShare);
        if (floor > cap)
            _faults.Add("limits/floor", "The floor lies above the cap.");
        else if (cap < 0)
            _faults.Add("limits/cap", "The cap is a gain: at least 0.");
        else if (floor > 0)
            _faults.Add("limits/floor", "The floor is a loss: at most 0, such as -0.05.");
        if (years is { Count: > 30 })
            _faults.Add("limits/floorByYear", "At most 30 years.");
        return new LimitTerms(cap, floor, appliesTo,
            limits.CapOfRevenue is null ? null : _faults.Number("limits/capOfRevenue", limits.CapOfRevenue, 0, 10, 6),
            limits.FloorOfRevenue is null ? null : _faults.Number("limits/floorOfRevenue", limits.FloorOfRevenue, -10, 0, 6),
            years is null ? null : [.. years.Take(30).Select((f, i) => _faults.Number($"limits/floorByYear/{i}", f, -1, 0, 6))]);
    }

    private List<string> Order(bool shared, QualityTerms? quality, List<Multiplier> multipliers, LimitTerms limits, List<AdjustmentTerms> adjustments)
    {
        if (_draft.Order is null)
            return [.. Steps.All];
        var order = new List<string>();
        foreach (var (i, step) in _draft.Order.Take(20).Index())
        {
            var known = _faults.OneOf($"order/{i}", step ?? "", Steps.All);
            if (order.Contains(known))
                _faults.Add($"order/{i}", "Named twice.");
            order.Add(known);
        }

        Need(shared, Steps.Share, "sharing");
        Need(quality is not null, Steps.Gate, "quality");
        Need(multipliers.Count > 0, Steps.Multiplier, "multipliers");
        Need(limits.AppliesTo == LimitTerms.Result, Steps.Cap, "limits");
        Need(adjustments.Count > 0, Steps.Adjustment, "adjustments");
        var (capped, multiplied) = (order.IndexOf(Steps.Cap), order.IndexOf(Steps.Multiplier));
        if (limits.AppliesTo == LimitTerms.Result && capped >= 0 && multiplied > capped && multipliers.Exists(m => m.Factor > 1))
            _faults.Add("order", "A multiplier above 1 after the cap would pass the cap; take it before.");
        return order;

        void Need(bool clause, string step, string name)
        {
            if (clause && !order.Contains(step))
                _faults.Add("order", $"The terms have the clause {name}, but the order leaves out {step}.");
        }
    }

    private DivisionTerms Division()
    {
        var division = _draft.Division ?? new DivisionDraft();
        return new DivisionTerms(_faults.OneOf("division/method", division.Method ?? DivisionTerms.Fixed, DivisionTerms.Methods),
            _faults.Number("division/reinvestment", division.Reinvestment ?? 0, 0, 1, 6));
    }

    private List<PartyShare> Shares(DivisionTerms division)
    {
        var list = new List<PartyShare>();
        foreach (var (i, item) in _faults.Items("shares", _draft.Shares, MaxParties))
        {
            if (item.Party is null)
                _faults.Add($"shares/{i}/party", "Missing.");
            else if (_parties.All(p => p.Organisation != item.Party))
                _faults.Add($"shares/{i}/party", "Not a party to the agreement.");
            else if (list.Any(s => s.Party == item.Party))
                _faults.Add($"shares/{i}/party", "Named twice.");
            list.Add(new(item.Party ?? "", _faults.Number($"shares/{i}/gain", item.Gain, 0, 1, 6), _faults.Number($"shares/{i}/loss", item.Loss, 0, 1, 6)));
        }

        if (division.UsesShares)
        {
            if (list.Sum(s => s.Gain) != 1)
                _faults.Add("shares", "The shares of a gain do not sum to 1.");
            if (list.Sum(s => s.Loss) != 1)
                _faults.Add("shares", "The shares of a loss do not sum to 1.");
        }
        else if (list.Any(s => s.Gain != 0 || s.Loss != 0))
        {
            _faults.Add("shares", $"Division {division.Method} finds the shares itself.");
        }

        list.AddRange(_parties.Where(p => list.All(s => s.Party != p.Organisation)).Select(p => new PartyShare(p.Organisation, 0, 0)));
        if (list.Count == 1)
            _faults.Add("shares", "Nobody beside the payer takes part: there is nothing to share.");
        return list;
    }

    private string Payer()
    {
        var commissioners = _parties.Where(p => p.Role == Agreement.CommissionerRole).Select(p => p.Organisation).ToList();
        var payer = _draft.Payer ?? (commissioners.Count == 1 ? commissioners[0] : null);
        if (payer is null || !commissioners.Contains(payer))
        {
            _faults.Add("payer", commissioners.Count == 0 ? "The agreement has no commissioner to hold the saving."
                : "Name the commissioner that pays for the activity and so first holds the saving or loss.");
        }

        return payer ?? "";
    }
}
