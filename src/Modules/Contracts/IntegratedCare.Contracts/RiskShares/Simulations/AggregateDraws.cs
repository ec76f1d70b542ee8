namespace IntegratedCare.Contracts.RiskShares.Simulations;

/// <summary>
/// Random factors with mean 1 for the cost of a whole population. A sum over n persons has the coefficient of variation of one
/// person over the root of n; the sum of n gamma-distributed costs is gamma-distributed itself, so persons are not drawn singly.
/// </summary>
internal static class AggregateDraws
{
    public const string Normal = "normal";
    public const string Gamma = "gamma";

    public static double[] Of(long seed, int draws, string distribution, double deviation)
    {
        var source = new Source((ulong)seed);
        var factors = new double[draws];
        for (var i = 0; i < draws; i++)
            factors[i] = distribution == Gamma ? source.NextGamma(1 / (deviation * deviation)) * deviation * deviation : 1 + deviation * source.NextNormal();
        return factors;
    }

    /// <summary>SplitMix64 (Steele, Lea and Flood, 2014): implemented here, so that a seed gives the same draws in every version of the platform.</summary>
    private sealed class Source(ulong state)
    {
        private ulong _state = state;
        private double? _spare;

        /// <summary>Marsaglia's polar method.</summary>
        public double NextNormal()
        {
            if (_spare is { } spare)
            {
                _spare = null;
                return spare;
            }

            double x, y, square;
            do
            {
                x = 2 * NextDouble() - 1;
                y = 2 * NextDouble() - 1;
                square = x * x + y * y;
            }
            while (square is >= 1 or 0);
            var scale = Math.Sqrt(-2 * Math.Log(square) / square);
            _spare = y * scale;
            return x * scale;
        }

        /// <summary>Marsaglia and Tsang (2000), shape below 1 by their power of a uniform.</summary>
        public double NextGamma(double shape)
        {
            if (shape < 1)
                return NextGamma(shape + 1) * Math.Pow(NextDouble(), 1 / shape);
            var d = shape - 1.0 / 3;
            var c = 1 / Math.Sqrt(9 * d);
            while (true)
            {
                var x = NextNormal();
                var v = 1 + c * x;
                if (v <= 0)
                    continue;
                v = v * v * v;
                var u = NextDouble();
                if (u > 0 && Math.Log(u) < 0.5 * x * x + d - d * v + d * Math.Log(v))
                    return d * v;
            }
        }

        private double NextDouble()
        {
            _state += 0x9E3779B97F4A7C15;
            var z = _state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
        }
    }
}
