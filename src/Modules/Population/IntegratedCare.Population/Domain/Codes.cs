using System.Text.Json;
using System.Text.RegularExpressions;
using IntegratedCare.Shared;

namespace IntegratedCare.Population.Domain;

/// <summary>Code lists of the NHS Data Dictionary that events and persons are checked against (Data/code-lists.json).</summary>
internal static partial class Codes
{
    private static readonly Dictionary<string, CodeList> Lists = Load();

    public static bool Has(string list, string? code) => code is not null && Lists[list].Values.ContainsKey(code);

    public static bool IsIcd10(string? code) => code is not null && Icd10().IsMatch(code);

    public static bool IsOpcs4(string? code) => code is not null && Opcs4().IsMatch(code);

    /// <summary>SNOMED CT identifiers are 6 to 18 digits; ICD-10 codes begin with a letter.</summary>
    public static bool IsCondition(string? code) => IsIcd10(code) || (code is { Length: >= 6 and <= 18 } && code.All(char.IsAsciiDigit));

    public static bool IsOrganisation(string? code) => code is { Length: >= 3 and <= 9 } && code.All(c => char.IsAsciiDigit(c) || char.IsAsciiLetterUpper(c));

    public static bool IsLsoa(string? code) => code is not null && Lsoa().IsMatch(code);

    private static Dictionary<string, CodeList> Load()
    {
        using var stream = typeof(Codes).Assembly.GetManifestResourceStream("IntegratedCare.Population.Data.code-lists.json")!;
        return JsonSerializer.Deserialize<Dictionary<string, CodeList>>(stream, SharedJson.Wire)!;
    }

    [GeneratedRegex("^[A-Z][0-9]{2}[0-9X]?[0-9]?[A-Z]?$", RegexOptions.NonBacktracking)]
    private static partial Regex Icd10();

    [GeneratedRegex("^[A-Z][0-9]{2,3}$", RegexOptions.NonBacktracking)]
    private static partial Regex Opcs4();

    [GeneratedRegex("^[EW]01[0-9]{6}$", RegexOptions.NonBacktracking)]
    private static partial Regex Lsoa();

    internal sealed record CodeList(string Citation, Dictionary<string, string> Values);
}
