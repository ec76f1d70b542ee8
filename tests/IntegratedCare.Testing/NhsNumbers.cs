namespace IntegratedCare.Testing;

/// <summary>Valid NHS numbers of the range kept for tests (beginning with 999).</summary>
public static class NhsNumbers
{
    /// <summary>The n-th such number, n from 0 to 499,999.</summary>
    public static string Nth(int n)
    {
        // Of an even stem and its successor at least one has a check digit.
        for (var stem = 999_000_000L + n * 2L; ; stem++)
        {
            var sum = 0;
            var rest = stem;
            for (var weight = 2; weight <= 10; weight++, rest /= 10)
                sum += (int)(rest % 10) * weight;
            var check = 11 - sum % 11;
            if (check != 10)
                return $"{stem}{(check == 11 ? 0 : check)}";
        }
    }
}
