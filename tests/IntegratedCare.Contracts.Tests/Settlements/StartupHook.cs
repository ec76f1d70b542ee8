using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using IntegratedCare.Contracts.Tests.Settlements;

/// <summary>
/// Runs before the host in the processes that <c>SameBytesTests</c> starts (<c>DOTNET_STARTUP_HOOKS</c>, which looks for this very name),
/// and writes down what the culture in force there does to a number, a date and a letter. Where a culture cannot come with the
/// environment, it is made by hand: comma, other minus, other calendar words.
/// </summary>
[SuppressMessage("Design", "MA0047:Declare types in namespaces", Justification = "The runtime looks for it without one.")]
internal static class StartupHook
{
    public const string Witness = "SAME_BYTES_WITNESS";
    public const string ByHand = "SAME_BYTES_CULTURE_BY_HAND";

    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(Witness) is not { } witness)
            return;
        if (Environment.GetEnvironmentVariable(ByHand) is not null)
        {
            var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            culture.NumberFormat.NumberDecimalSeparator = ",";
            culture.NumberFormat.NumberGroupSeparator = ".";
            culture.NumberFormat.NegativeSign = "~";
            culture.DateTimeFormat.DateSeparator = "#";
            CultureInfo.DefaultThreadCurrentCulture = CultureInfo.DefaultThreadCurrentUICulture = culture;
            CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = culture;
        }

        File.WriteAllText(witness, Says(CultureInfo.CurrentCulture));
    }

    public static string Says(CultureInfo culture) =>
        $"{(1.5m).ToString(culture)} {(-1).ToString(culture)} {new DateTime(2026, 11, 25).ToString("yyyy/MM", culture)} {culture.TextInfo.ToLower("I")}";
}
