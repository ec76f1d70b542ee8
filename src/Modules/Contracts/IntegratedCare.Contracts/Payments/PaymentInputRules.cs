using IntegratedCare.Shared.Calendar;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts.Payments;

/// <summary>Validates a payment's inputs: those that the terms need, and no others. Reports all faults at once.</summary>
internal static class PaymentInputRules
{
    private const decimal MaxMoney = 1_000_000_000_000_000;
    private const decimal MaxActivity = 10_000_000;
    private const decimal MaxPersons = 100_000_000;
    private const int MaxOnAccount = 100;

    public static PaymentInputs Check(PaymentTerms terms, Period period, PaymentInputs? given, string at = "/inputs")
    {
        var inputs = given ?? PaymentInputs.None;
        var faults = new Faults(at);
        foreach (var fault in RequestShape.Faults(inputs))
            faults.Add(fault.Pointer[1..], fault.Detail);
        faults.ThrowIfAny(ContractsProblems.InputsUnfit);
        Activity();
        var capitation = terms.Capitation;
        var weighting = capitation?.Weighting;
        Single("weightedPopulation", inputs.WeightedPopulation, capitation is not null && weighting is null, 0.01m, MaxPersons);
        Single("listMovement", inputs.ListMovement, capitation?.ListMovement == true, -MaxPersons, MaxPersons);
        Each("population", inputs.Population, weighting?.Weights.Select(w => w.Group), p => p.Group, "group",
            (p, to) => faults.Number($"{to}/persons", p.Persons, 0, MaxPersons, 2));
        if (weighting is not null && inputs.Population is { Count: > 0 } && inputs.Population.Sum(p => p.Persons) <= 0)
            faults.Add("population", "Nobody is counted.");
        Each("need", inputs.Need, weighting?.Need?.Coefficients.Select(c => c.Code), n => n.Code, "code",
            (n, to) => faults.Number($"{to}/value", n.Value, 0, 100_000, 6));
        Each("loadings", inputs.Loadings, weighting?.Loadings.Select(l => l.Code), l => l.Code, "code", (l, to) =>
        {
            faults.Number($"{to}/persons", l.Persons, 0, MaxPersons, 2);
            if (inputs.Population is { } population && l.Persons > population.Sum(p => p.Persons))
                faults.Add($"{to}/persons", "More than the whole population.");
        });
        Each("yearOfCare", inputs.YearOfCare, terms.YearOfCare.Select(b => b.Band), b => b.Band, "band",
            (b, to) => faults.Number($"{to}/persons", b.Persons, 0, MaxPersons, 2));
        Each("outcomes", inputs.Outcomes, terms.Outcomes.SelectMany(o => o.Indicators.Select(i => $"{o.Code} / {i.Code}")),
            o => $"{o.Outcome} / {o.Indicator}", "indicator",
            (o, to) => faults.Number($"{to}/score", o.Score, 0, 1, 6));
        OnAccount();
        faults.ThrowIfAny(ContractsProblems.InputsUnfit);
        return inputs;

        void Activity()
        {
            var asked = terms.Activity.Where(a => a.Baseline?.Kind == ActivityBaseline.Given).SelectMany(a => a.PointsOfDelivery).ToHashSet();
            Each("activity", inputs.Activity, terms.Activity.SelectMany(a => a.PointsOfDelivery), a => a.PointOfDelivery, "pointOfDelivery", (a, to) =>
            {
                faults.Number($"{to}/actual", a.Actual, 0, MaxActivity, 2);
                if (asked.Contains(a.PointOfDelivery))
                    faults.Number($"{to}/expected", a.Expected, 0, MaxActivity, 2);
                else if (a.Expected is not null)
                    faults.Add($"{to}/expected", "The terms have no use for it.");
            });
        }

        void OnAccount()
        {
            if (inputs.OnAccount is { Count: > MaxOnAccount })
                faults.Add("onAccount", $"At most {MaxOnAccount}.");
            var seen = new HashSet<(Guid?, string)>();
            foreach (var (i, paid) in (inputs.OnAccount ?? []).Take(MaxOnAccount).Index())
            {
                var part = Period.Parse(paid.Period);
                if (part is null || (paid.Terms is null && part.Length >= period.Length) || part.First < period.First || part.Last > period.Last)
                    faults.Add($"onAccount/{i}/period", $"A shorter period within {period.Label}.");
                if (!seen.Add((paid.Terms, paid.Period)))
                    faults.Add($"onAccount/{i}/period", "Named twice.");
                if (paid.Number < 1)
                    faults.Add($"onAccount/{i}/number", "At least 1.");
                faults.Number($"onAccount/{i}/amount", paid.Amount, -MaxMoney, MaxMoney, 2);
            }
        }

        void Single(string name, decimal? value, bool wanted, decimal min, decimal max)
        {
            if (wanted)
                faults.Number(name, value, min, max, 2);
            else if (value is not null)
                faults.Add(name, "The terms have no use for it.");
        }

        // Requires one entry for each code that the terms name, and no others.
        void Each<T>(string name, IReadOnlyList<T>? items, IEnumerable<string>? named, Func<T, string> code, string member, Action<T, string> check)
        {
            var wanted = named?.ToHashSet() ?? [];
            var max = wanted.Count + 20;
            if (items is not null && items.Count > max)
                faults.Add(name, $"The terms ask for {wanted.Count}.");
            foreach (var (i, item) in (items ?? []).Take(max).Index())
            {
                if (!wanted.Remove(code(item)))
                    faults.Add($"{name}/{i}/{member}", "The terms do not name it, or it is here twice.");
                check(item, $"{name}/{i}");
            }

            if (wanted.Count > 0)
                faults.Add(name, $"Missing: {string.Join(", ", wanted.Order(StringComparer.Ordinal))}.");
        }
    }
}
