using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.Statements;

namespace IntegratedCare.Contracts.Settlements.Engine;

/// <summary>Divides the result among the parties.</summary>
internal static partial class RiskShareEngine
{
    private sealed record Transfer(string Party, Figure Amount, int Line);

    private static List<Transfer> Divide(Calculation c, Measured measured, Shared shared)
    {
        var (terms, lines) = (c.Terms, c.Lines);
        var pool = shared.Result;
        Figure? kept = null;
        if (terms.Division.Reinvestment > 0)
        {
            kept = lines.Money("reinvested", "Reinvested", "The part of a gain that stays in the fund; nothing of a loss.",
                c.Rate("division.reinvestment", terms.Division.Reinvestment) * Figure.Max(pool, 0));
            pool = lines.Money("result-to-divide", "Result to divide", "What is shared, less what is reinvested.", pool - kept);
        }

        var shares = terms.Division.Method == DivisionTerms.LosersFirst && shared.Gain ? LosersFirst(c, pool)
            : Split(c, "share", "Share of", pool, Weights(c, shared.Gain), shared.Gain);
        lines.Money("shares-total", "Shares in total", "The shares add up to the result.", Figure.Sum(shares.Select(s => s.Amount)));

        // Every party but the payer receives or bears its share; the payer's transfer balances them.
        var transfers = new List<Transfer>();
        foreach (var (party, share) in shares.Where(s => s.Party != terms.Payer))
        {
            if (terms.Limits.AppliesTo == LimitTerms.Result)
            {
                Add(party, "Its share: received from the fund, or paid into it when negative.", share);
                continue;
            }

            var (cap, floor) = PartyLimits(c, party, shared);
            Add(party, "Its share, not above the cap and not below the floor: received from the fund, or paid into it when negative.",
                Figure.Clamp(share, floor, cap));
        }

        var others = Figure.Sum(transfers.Select(t => t.Amount));
        Add(terms.Payer, kept is null
            ? "The payer holds the saving or loss until settlement: it pays the others' shares of a gain and is paid their shares of a loss."
            : "The payer holds the saving or loss until settlement: it pays the others' shares of a gain and what is reinvested, and is paid their "
                + "shares of a loss.",
            -(kept is null ? others : others + kept));
        lines.Money("transfers-total", "Transfers in total",
            kept is null ? "The transfers sum to zero." : "What is reinvested has been paid into the fund; otherwise the transfers sum to zero.",
            Figure.Sum(transfers.Select(t => t.Amount)));
        return transfers;

        void Add(string party, string rule, Figure figure)
        {
            var amount = lines.Money($"transfer:{party}", $"Transfer to {party}", rule, figure);
            transfers.Add(new(party, amount, lines.All.Count));
        }
    }

    /// <summary>The lower of the common limits and those of the party's own revenue.</summary>
    private static (Figure Cap, Figure Floor) PartyLimits(Calculation c, string party, Shared shared)
    {
        var limits = c.Terms.Limits;
        var revenue = Figure.Named($"inputs.parties.{party}.revenue", c.Party(party).Revenue ?? 0, 2);
        var cap = limits.CapOfRevenue is { } capOf
            ? c.Lines.Money($"cap:{party}", $"Cap of {party}", "The lower of the cap and its part of the party's revenue.",
                Figure.Min(shared.Cap, c.Rate("limits.capOfRevenue", capOf) * revenue)) : shared.Cap;
        var floor = limits.FloorOfRevenue is { } floorOf
            ? c.Lines.Money($"floor:{party}", $"Floor of {party}", "The lesser loss of the floor and its part of the party's revenue.",
                Figure.Max(shared.Floor, c.Rate("limits.floorOfRevenue", floorOf) * revenue)) : shared.Floor;
        return (cap, floor);
    }

    private static List<(string Party, Figure Weight)> Weights(Calculation c, bool gain)
    {
        var (terms, side) = (c.Terms, gain ? "gain" : "loss");
        return terms.Division.Method switch
        {
            DivisionTerms.Equal => [.. Others().Select(p => (p, (Figure)1))],
            DivisionTerms.ByBudget => [.. Others().Select(p => (p, Figure.Named($"inputs.parties.{p}.budget", c.Party(p).Budget ?? 0, 2)))],
            DivisionTerms.ByPerformance => [.. Others().Select(p => (p, Figure.Named($"inputs.parties.{p}.score", c.Party(p).Score ?? 0, 6)))],
            _ => [.. terms.Shares.Select(s => (s.Party, c.Rate($"shares.{s.Party}.{side}", gain ? s.Gain : s.Loss)))],
        };

        IEnumerable<string> Others() => terms.Shares.Select(s => s.Party).Where(p => p != terms.Payer);
    }

    /// <summary>A gain first covers the parties' own losses, in proportion to them; the rest is divided by the shares.</summary>
    private static List<(string Party, Figure Amount)> LosersFirst(Calculation c, Figure pool)
    {
        var losses = c.Terms.Shares.Select(s => (s.Party, Loss: Figure.Named($"inputs.parties.{s.Party}.ownResult", c.Party(s.Party).OwnResult ?? 0, 2)))
            .Where(l => Units.Fix(l.Loss.Value, c.Lines.MoneyPlaces) < 0)
                .Select(l => (l.Party, Weight: c.Lines.Money($"own-loss:{l.Party}", $"Own loss of {l.Party}", "As stated with the settlement.", -l.Loss)))
                .ToList();
        if (losses.Count == 0)
            return Split(c, "share", "Share of", pool, Weights(c, true), true);
        var owed = c.Lines.Money("losses-to-make-good", "Losses to make good", "The parties' own losses, as far as the gain reaches.",
            Figure.Min(Figure.Sum(losses.Select(l => l.Weight)), pool));
        var madeGood = Split(c, "made-good", "Loss made good to", owed, losses, true).ToDictionary(m => m.Party, m => m.Amount);
        var left = c.Lines.Money("left-to-share", "Left to share", "The gain less the losses made good.", pool - owed);
        var rest = Split(c, "rest", "Share of the rest of", left, Weights(c, true), true);
        return [.. rest.Select(r => (r.Party, c.Lines.Money($"share:{r.Party}", $"Share of {r.Party}", "Its loss made good and its share of the rest.",
            madeGood.TryGetValue(r.Party, out var good) ? good + r.Amount : r.Amount)))];
    }

    /// <summary>Splits an amount by weights to the last penny (<see cref="Apportionment"/>): no part falls when the amount rises.</summary>
    private static List<(string Party, Figure Amount)> Split(Calculation c, string code, string title, Figure pool,
        List<(string Party, Figure Weight)> weights, bool gain)
    {
        var places = c.Lines.MoneyPlaces;
        var asFractions = c.Terms.Division.UsesShares && code != "made-good";
        var size = Figure.Abs(pool);
        var exact = Apportionment.Split(size.Value, weights.ConvertAll(w => w.Weight.Value), places);
        var sum = asFractions ? null : Figure.Sum(weights.Select(w => w.Weight));
        var parts = new List<(string, Figure)>();
        foreach (var (i, (party, weight)) in weights.Index())
        {
            var part = Figure.Round(sum is null ? weight * size : weight * size / sum, places);
            var correction = exact[i] - part.Value;
            if (correction != 0)
                part = correction > 0 ? part + Figure.Constant(correction) : part - Figure.Constant(-correction);
            parts.Add((party, c.Lines.Money($"{code}:{party}", $"{title} {party}",
                $"{(asFractions ? $"Its fraction of the {(gain ? "gain" : "loss")}" : "In proportion")}, rounded.{(correction == 0 ? "" : LastUnits)}",
                gain ? part : -part)));
        }

        return parts;
    }

    private const string LastUnits = " While the rounded parts are short, a unit is added where (part + half a unit) / weight is least, the first by code "
        + "of equals; "
        + "while they are over, one is taken where (part - half a unit) / weight is greatest, the last by code.";
}
