namespace IntegratedCare.Contracts;

/// <summary>
/// Divides an amount by weights into whole units of its last place, by Webster's method (Sainte-Laguë): units are given out one after
/// another, each to the party with the least (part + half a unit) / weight. So no part falls when the amount rises; the method of
/// largest remainders does not guarantee that for three parties or more. For two parties, and for equal weights, both methods give
/// the same. M. L. Balinski and H. P. Young, <i>Fair Representation</i>, Yale 1982.
/// </summary>
internal static class Apportionment
{
    /// <summary>Weights have at most six places and are compared as whole millionths.</summary>
    private const decimal WeightPlaces = 1_000_000;

    /// <param name="amount">At least 0, of no more than <paramref name="places"/> places.</param>
    /// <param name="weights">At least 0, not all of them 0, of no more than 6 places, in the order that decides ties.</param>
    /// <returns>A part for each weight: at least 0, none for a weight of 0, and together the amount.</returns>
    /// <exception cref="OverflowException">Amount in units times weight in millionths has more than 37 digits.</exception>
    public static decimal[] Split(decimal amount, IReadOnlyList<decimal> weights, int places)
    {
        var unit = new decimal(1, 0, 0, false, (byte)places);
        var units = (Int128)(amount / unit);
        var sizes = weights.Select(w => (Int128)(w * WeightPlaces)).ToArray();
        var total = sizes.Aggregate((a, b) => a + b);
        checked
        {
            // Starts from the exact parts, rounded half up: every unit given out at a ratio of at most amount / total. The few units that
            // remain, or are too many, are the next or the last ones given out; ties are taken in order, and so given back from the end.
            var parts = Array.ConvertAll(sizes, s => (2 * s * units + total) / (2 * total));
            var left = units - parts.Aggregate((a, b) => a + b);
            for (; left > 0; left--)
                parts[Best((i, best) => (2 * parts[i] + 1) * sizes[best] < (2 * parts[best] + 1) * sizes[i])]++;
            for (; left < 0; left++)
                parts[Best((i, best) => (2 * parts[i] - 1) * sizes[best] >= (2 * parts[best] - 1) * sizes[i])]--;
            return Array.ConvertAll(parts, p => (decimal)p * unit);
        }

        int Best(Func<int, int, bool> better)
        {
            var best = -1;
            for (var i = 0; i < sizes.Length; i++)
            {
                if (sizes[i] > 0 && (best < 0 || better(i, best)))
                    best = i;
            }

            return best;
        }
    }
}
