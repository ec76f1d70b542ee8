namespace IntegratedCare.Contracts.Settlements.Engine;

/// <summary>Square root and normal distribution in decimal: <c>double</c> functions may differ between platforms in the last bit.</summary>
internal static class DecimalMath
{
    private const decimal RootTwoPi = 2.5066282746310005024157652848m;

    public static decimal Sqrt(decimal value)
    {
        if (value <= 0)
            return 0;
        var root = (decimal)Math.Sqrt((double)value);
        for (var i = 0; i < 3; i++)
            root = (root + value / root) / 2;
        return root;
    }

    /// <summary>Standard normal distribution function, by its series about zero; beyond eight standard deviations it is 0 or 1 to 15 places.</summary>
    public static decimal Normal(decimal z)
    {
        if (Math.Abs(z) >= 8)
            return z < 0 ? 0 : 1;
        var square = z * z;
        var term = z;
        var sum = z;
        for (var n = 3; n < 400 && Math.Abs(term) > 0.0000000000000000001m; n += 2)
        {
            term = term * square / n;
            sum += term;
        }

        return 0.5m + sum / (Exp(square / 2) * RootTwoPi);
    }

    private static decimal Exp(decimal x)
    {
        // exp(x) = exp(x / 64)^64 keeps the series short.
        var small = x / 64;
        decimal sum = 1, term = 1;
        for (var n = 1; n < 30; n++)
        {
            term = term * small / n;
            sum += term;
        }

        for (var i = 0; i < 6; i++)
            sum *= sum;
        return sum;
    }
}
