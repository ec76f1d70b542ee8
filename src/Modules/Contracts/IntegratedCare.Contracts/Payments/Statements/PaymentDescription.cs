using IntegratedCare.Contracts.RiskShares;
using static IntegratedCare.Contracts.Statements.StatementText;

namespace IntegratedCare.Contracts.Payments.Statements;

/// <summary>Payment terms as sentences, one per clause, for the printed statement.</summary>
internal static class PaymentDescription
{
    public static IEnumerable<(string Clause, string Text)> Of(PaymentTerms terms)
    {
        yield return ("Form", $"{terms.Form}{(terms.Preset is { } preset ? $", from the preset {preset}" : "")}. {terms.Payer} pays {terms.Provider}.");
        if (terms.Fixed is { } part)
            yield return ("Fixed part", $"{Of(part.PerYear)} a year, in twelfths by the months of the period.");
        if (terms.Capitation is { } capitation)
            yield return ("Capitation", Capitation(capitation));
        if (terms.Prices.Count > 0)
            yield return ("Prices", $"{List([.. terms.Prices.Select(p => $"{p.PointOfDelivery} {Of(p.Price)}")])} for one unit.");
        foreach (var activity in terms.Activity)
            yield return ($"Activity: {activity.Code}", Activity(activity));
        if (terms.YearOfCare.Count > 0)
            yield return ("Years of care", $"For one person a year: {List([.. terms.YearOfCare.Select(b => $"{b.Band} {Of(b.PerYear)}")])}.");
        foreach (var outcome in terms.Outcomes)
            yield return ($"Outcome: {outcome.Code}", Outcome(outcome));

        string Of(decimal amount) => Money(amount, terms.Currency);

        string Activity(ActivityPart activity)
        {
            var points = List(activity.PointsOfDelivery);
            if (activity.Baseline is not { } baseline)
                return $"{points}: each unit is paid at its price.";
            var expected = baseline.Kind switch
            {
                ActivityBaseline.Value => $"a value of {Of(baseline.PerYear!.Value)} a year",
                ActivityBaseline.Given => "expected activity at price, stated with each payment",
                _ => $"expected activity at price, a year: {List([.. baseline.Expected!.Select(e => $"{Number(e.PerYear)} {e.PointOfDelivery}")])}",
            };
            return $"{points}, at price, against a baseline: {expected}. "
                + (baseline.InFixed ? "The baseline is paid already; only the difference moves money: " : "The baseline is paid here, and the difference: ")
                + $"{Percent(baseline.RateAbove)} of value above it is added, {Percent(baseline.RateBelow)} of value below it taken off."
                + (baseline.Tolerance > 0 ? $" Within {Percent(baseline.Tolerance)} of the baseline "
                    + $"{(baseline.InFixed ? "nothing moves" : "the full price applies")}." : "")
                + (baseline.BreakGlass is { } glass ? $" Beyond {Percent(glass)} of the baseline the parties talk again." : "");
        }

        string Capitation(CapitationPart part)
        {
            var text = part.Kind == CapitationPart.Rate
                ? $"Each weighted person at {Of(part.RatePerYear!.Value)} a year"
                : $"The baseline spend of {Of(part.BaselineSpend!.Value)}{(part.Excluded is { } left ? $", less {Of(left)} left out," : "")} at the growth "
                    + $"of the weighted population from {Number(part.BaselinePopulation!.Value)}";
            if (part.PriceChange is { } price)
                text += $", {(price < 0 ? "less" : "plus")} {Percent(Math.Abs(price))} for prices";
            if (part.Efficiency is { } efficiency)
                text += $", less {Percent(efficiency)} for efficiency";
            text += part.Weighting is not { } weighting ? ". The weighted population is stated with each payment."
                : $". Persons are weighted{(weighting.Name is { } name ? $" by {name}" : "")}: {Number(weighting.Weights.Count)} "
                    + $"groups{(weighting.Need is null ? "" : ", an index of need")}"
                    + (weighting.Loadings.Count == 0 ? "." : $", loadings for {List([.. weighting.Loadings.Select(l => l.Code)])}.");
            return text + (part.ListMovement ? " The movement of the list is added or taken off." : "");
        }

        string Outcome(OutcomePart part)
        {
            var stake = part.RateOfFixed is { } rate ? $"{Percent(rate)} of the fixed part and capitation" : $"{Of(part.PerYear!.Value)} a year";
            var scoring = part.Scoring switch
            {
                QualityTerms.Binary => $"An indicator earns all from a score of {Number(part.Minimum)}, and nothing below it",
                QualityTerms.Ladder => $"An indicator earns by steps: "
                    + $"{List([.. part.Steps!.Select(s => $"{Percent(s.Factor)} from a score of {Number(s.From)}")])}",
                _ => $"An indicator earns in proportion to its score{(part.Minimum > 0 ? $", nothing below {Number(part.Minimum)}" : "")}",
            };
            var indicators = List([.. part.Indicators.Select(i => i.Weight is { } weight ? $"{i.Code} (weight {Number(weight)})" : i.Code)]);
            var treatment = part.Treatment == OutcomePart.Added ? "is paid as far as it is earned"
                : "is in what is paid already, and taken off as far as it is not earned";
            return $"{stake} {treatment}, by {indicators}. {scoring}.";
        }
    }
}
