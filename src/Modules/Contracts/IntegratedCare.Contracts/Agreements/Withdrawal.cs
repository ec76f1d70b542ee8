using IntegratedCare.Contracts.RiskShares;

namespace IntegratedCare.Contracts.Agreements;

/// <summary>The rules for the share of a party that leaves.</summary>
internal static class Withdrawal
{
    /// <summary>The whole agreement ends on the leaving date.</summary>
    public const string Ends = "ends";

    /// <summary>The others' shares grow in proportion.</summary>
    public const string ProRata = "pro-rata";

    /// <summary>The payer's share grows by the leaver's.</summary>
    public const string ToPayer = "to-payer";

    public static readonly string[] Rules = [Ends, ProRata, ToPayer];

    /// <summary>
    /// The terms without a party: fractions of six decimal places that again sum to exactly one, divided by the same rule as money
    /// (<see cref="Apportionment"/>), so that no remaining share falls. Where no remaining party has a share to grow in proportion, the
    /// payer takes the leaver's. Methods that compute the shares (equal, by budget, by performance) divide among the remaining parties,
    /// whatever the rule. Null when the leaver is the payer: nobody holds the saving or loss then, and the risk-share ends.
    /// </summary>
    public static RiskShareTerms? Without(RiskShareTerms terms, string leaver, string rule)
    {
        if (terms.Payer == leaver)
            return null;
        if (terms.Shares.All(s => s.Party != leaver))
            return terms;
        var staying = terms.Shares.Where(s => s.Party != leaver).OrderBy(s => s.Party, StringComparer.Ordinal).ToList();
        if (!terms.Division.UsesShares)
            return (terms with { Shares = staying }).Normalised();
        var gains = Spread([.. staying.Select(s => s.Gain)]);
        var losses = Spread([.. staying.Select(s => s.Loss)]);
        return (terms with { Shares = [.. staying.Select((s, i) => s with { Gain = gains[i], Loss = losses[i] })] }).Normalised();

        decimal[] Spread(decimal[] kept)
        {
            var sum = kept.Sum();
            if (rule == ToPayer || sum == 0)
            {
                kept[staying.FindIndex(s => s.Party == terms.Payer)] += 1 - sum;
                return kept;
            }

            return Apportionment.Split(1, kept, 6);
        }
    }
}
