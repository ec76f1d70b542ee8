using IntegratedCare.Contracts.RiskShares;

namespace IntegratedCare.Contracts.Agreements;

/// <summary>What happens to a leaving party's share, as the agreement's terms say.</summary>
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
    /// The terms without a party: fractions of six decimal places that again sum to exactly one, divided as money is
    /// (<see cref="Apportionment"/>): nothing here grows with an amount, but one rule is less to know than two, and by it no share
    /// falls when another's goes to those that stay. Where nobody that stays has a share to grow in proportion, the payer takes it.
    /// Division that finds the shares itself (equal, by budget, by performance) divides among those that stay, whatever the rule.
    /// Null when the leaver is the payer: then nobody holds the saving or loss, and the risk-share ends.
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
