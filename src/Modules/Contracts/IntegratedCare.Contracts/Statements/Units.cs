namespace IntegratedCare.Contracts.Statements;

/// <summary>The scale of each unit on a statement: fixed, but for rates, which have as many places more as they need.</summary>
internal static class Units
{
    public const string Activity = "activity";
    public const string Money = "money";
    public const string Rate = "rate";
    public const string PerHead = "per-head";
    public const string Persons = "persons";
    public const string Probability = "probability";
    public const string Z = "z";

    public static int Scale(string unit) => unit is Activity or Money or Persons ? 2 : 6;

    /// <summary>Rounds half away from zero, and pads: 1.5 becomes 1.50, so that equal values are equal bytes.</summary>
    public static decimal Fix(decimal value, int places)
    {
        // Adding a zero of the scale pads; it also turns a negative zero into zero.
        var rounded = decimal.Round(value, places, MidpointRounding.AwayFromZero);
        return (rounded == 0 ? 0 : rounded) + new decimal(0, 0, 0, false, (byte)places);
    }

    /// <summary>At least so many places, and as many more as the value needs.</summary>
    public static decimal Pad(decimal value, int places)
    {
        var rounded = Fix(value, places);
        // Dividing by a one of the longest scale takes away the zeros at the end.
        return rounded == value ? rounded : value / 1.0000000000000000000000000000m;
    }

    public static decimal? Fix(decimal? value, int places) => value is { } v ? Fix(v, places) : null;
}
