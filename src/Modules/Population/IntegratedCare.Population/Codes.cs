using System.Buffers;
using System.Text.Json;
using IntegratedCare.Shared;

namespace IntegratedCare.Population;

/// <summary>Code lists of the NHS Data Dictionary that events and persons are checked against (Data/code-lists.json).</summary>
internal static class Codes
{
    private static readonly Dictionary<string, CodeList> Lists = Load();
    private static readonly SearchValues<char> OrganisationCharacters = SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");

    public static bool Has(string list, string? code) => code is not null && Lists[list].Values.ContainsKey(code);

    /// <summary>A letter, two digits, and at most: a digit or X, a digit, a letter. Written by hand for speed: an event may carry two dozen.</summary>
    public static bool IsIcd10(string? code)
    {
        if (code is not { Length: >= 3 and <= 6 } || !char.IsAsciiLetterUpper(code[0]) || !char.IsAsciiDigit(code[1]) || !char.IsAsciiDigit(code[2]))
            return false;
        var at = 3;
        if (at < code.Length && (char.IsAsciiDigit(code[at]) || code[at] == 'X'))
            at++;
        if (at < code.Length && char.IsAsciiDigit(code[at]))
            at++;
        if (at < code.Length && char.IsAsciiLetterUpper(code[at]))
            at++;
        return at == code.Length;
    }

    /// <summary>A letter and two or three digits.</summary>
    public static bool IsOpcs4(string? code) =>
        code is { Length: 3 or 4 } && char.IsAsciiLetterUpper(code[0]) && char.IsAsciiDigit(code[1]) && char.IsAsciiDigit(code[2])
            && (code.Length == 3 || char.IsAsciiDigit(code[3]));

    /// <summary>SNOMED CT identifiers are 6 to 18 digits; ICD-10 codes begin with a letter.</summary>
    public static bool IsCondition(string? code) => IsIcd10(code) || (code is { Length: >= 6 and <= 18 } && code.All(char.IsAsciiDigit));

    public static bool IsOrganisation(string? code) => code is { Length: >= 3 and <= 9 } && !code.AsSpan().ContainsAnyExcept(OrganisationCharacters);

    /// <summary>E01 or W01 and six digits.</summary>
    public static bool IsLsoa(string? code) =>
        code is { Length: 9 } && (code[0] is 'E' or 'W') && code[1] == '0' && code[2] == '1' && code.AsSpan(3).IndexOfAnyExceptInRange('0', '9') < 0;

    private static Dictionary<string, CodeList> Load()
    {
        using var stream = typeof(Codes).Assembly.GetManifestResourceStream("IntegratedCare.Population.Data.code-lists.json")!;
        return JsonSerializer.Deserialize<Dictionary<string, CodeList>>(stream, SharedJson.Wire)!;
    }

    internal sealed record CodeList(string Citation, Dictionary<string, string> Values);
}
