using IntegratedCare.Contracts.Agreements;
using IntegratedCare.Shared.Calendar;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts.Payments;

/// <summary>
/// Ensures that nothing is paid twice. Under one agreement, two binding payment terms of the same payer and provider whose times overlap
/// have no part in common: not both a fixed part, not both a capitation, no common point of delivery, band of need or outcome. Terms
/// supersede others from the first day of a month; payments of the superseded terms for that day or later are deducted as paid on account.
/// </summary>
internal static class PaymentSuccession
{
    /// <summary>The terms that these supersede, the ones that those superseded, and so on.</summary>
    public static IEnumerable<PaymentScheme> Predecessors(PaymentScheme scheme, IReadOnlyList<PaymentScheme> all)
    {
        while (scheme.Supersedes is { } id)
            yield return scheme = all.First(s => s.Id == id);
    }

    /// <summary>Refuses terms that would pay the same as others, or that cannot supersede the terms they name.</summary>
    /// <param name="all">All payment terms of the agreement.</param>
    /// <param name="paid">The payments under the terms of <see cref="Predecessors"/>.</param>
    public static void Check(PaymentScheme scheme, Agreement agreement, IReadOnlyList<PaymentScheme> all, IEnumerable<Payment> paid)
    {
        var from = scheme.EffectiveFrom;
        if (from < agreement.StartsOn || from > agreement.EndsOn)
            throw Refused($"They take effect on {from:yyyy-MM-dd}; the agreement runs from {agreement.StartsOn:yyyy-MM-dd} to {agreement.EndsOn:yyyy-MM-dd}.");
        var before = Predecessors(scheme, all).FirstOrDefault();
        if (before is not null)
            CheckSupersedes(scheme, before, paid);
        foreach (var other in all.Where(o => o.Id != scheme.Id && o.Id != before?.Id && o.Status == PaymentScheme.Agreed && PaysAfter(o, from)))
        {
            if (PaidByBoth(scheme.Terms, other.Terms) is { } what)
            {
                throw new RuleViolation(ContractsProblems.PaymentTermsOverlap,
                    $"Payment terms {other.Id} ({other.Title}) pay {what} already. Name them in supersedes, with the day from which the new terms pay in "
                        + $"their place.");
            }
        }
    }

    private static void CheckSupersedes(PaymentScheme scheme, PaymentScheme before, IEnumerable<Payment> paid)
    {
        if (before.Status != PaymentScheme.Agreed)
            throw Refused($"Not every party has accepted payment terms {before.Id} yet: {string.Join(", ", before.Awaiting)}.");
        if ((before.Terms.Payer, before.Terms.Provider) != (scheme.Terms.Payer, scheme.Terms.Provider))
            throw Refused($"By payment terms {before.Id} {before.Terms.Payer} pays {before.Terms.Provider}; the new ones have another payer or provider.");
        if (before.SupersededBy is { } successor)
            throw Refused($"Payment terms {before.Id} are superseded already, from {before.SupersededFrom:yyyy-MM-dd} by {successor}. Supersede those.");
        var from = scheme.EffectiveFrom!.Value;
        if (before.EffectiveFrom > from)
            throw Refused($"Payment terms {before.Id} take effect on {before.EffectiveFrom:yyyy-MM-dd}, after the new ones.");
        if (paid.Select(p => Period.Parse(p.Period)!).FirstOrDefault(p => p.First < from && p.Last >= from) is { } cut)
            throw Refused($"{cut.Label} is paid under the terms before; the new ones begin before or after the whole of it.");
    }

    /// <summary>Whether terms pay for anything on or after a day.</summary>
    private static bool PaysAfter(PaymentScheme scheme, DateOnly? day) =>
        scheme.SupersededFrom is not { } until || (until > (day ?? DateOnly.MinValue) && until > (scheme.EffectiveFrom ?? DateOnly.MinValue));

    /// <summary>A description of a part that both terms have; null when they pay for different things.</summary>
    public static string? PaidByBoth(PaymentTerms one, PaymentTerms other)
    {
        if ((one.Payer, one.Provider) != (other.Payer, other.Provider))
            return null;
        if (one.Fixed is not null && other.Fixed is not null)
            return "a fixed part";
        if (one.Capitation is not null && other.Capitation is not null)
            return "a capitation";
        return Common("activity of", t => t.Prices.Select(p => p.PointOfDelivery))
            ?? Common("years of care of", t => t.YearOfCare.Select(b => b.Band))
            ?? Common("the outcome", t => t.Outcomes.Select(o => o.Code));

        string? Common(string what, Func<PaymentTerms, IEnumerable<string>> codes) =>
            codes(one).Intersect(codes(other)).Order(StringComparer.Ordinal).ToList() is { Count: > 0 } both ? $"{what} {string.Join(", ", both)}" : null;
    }

    private static RuleViolation Refused(string detail) => new(ContractsProblems.SupersessionRefused, detail);
}
