namespace IntegratedCare.Population;

/// <summary>
/// The ten-digit NHS number with its modulus 11 check digit (NHS Data Dictionary, NHS NUMBER). Held as a number: half the
/// size of text. Spaces and dashes are refused, as is a number of ten equal digits, which passes the check.
/// </summary>
internal static class NhsNumber
{
    /// <summary>Reads ten digits with a valid check digit.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out long number)
    {
        number = 0;
        if (text.Length != 10)
            return false;
        var sum = 0;
        var allSame = true;
        for (var i = 0; i < 10; i++)
        {
            var digit = text[i] - '0';
            if (digit is < 0 or > 9)
                return false;
            number = number * 10 + digit;
            allSame &= text[i] == text[0];
            if (i < 9)
                sum += digit * (10 - i);
        }

        var check = 11 - sum % 11;
        return !allSame && check != 10 && (check == 11 ? 0 : check) == text[9] - '0';
    }

    public static bool IsValid(string? text) => text is not null && TryParse(text, out _);

    public static string Format(long number) => number.ToString("D10", System.Globalization.CultureInfo.InvariantCulture);
}
