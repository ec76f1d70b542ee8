using System.Globalization;

namespace IntegratedCare.Metrics.Definitions;

/// <summary>The code list of chronic ambulatory care sensitive conditions (NHSOF 2.3.i).</summary>
internal static class AcscChronic
{
    public const string Name = "acsc-chronic";
    public const int Version = 1;

    public static readonly IReadOnlyList<AcscRow> Rows = [.. DataFiles.Rows("acsc-chronic.csv").Select(Read)];

    private static AcscRow Read(IReadOnlyList<string> cells)
    {
        var late = cells[6].Split(':');
        return new AcscRow(cells[0], cells[1], cells[2], List(cells[3]), List(cells[4]), List(cells[5]),
            late.Length == 2 ? DateOnly.ParseExact(late[0], "yyyy-MM-dd", CultureInfo.InvariantCulture) : null,
            late.Length == 2 ? List(late[1]) : []);
    }

    private static string[] List(string cell) => cell.Split('|', StringSplitOptions.RemoveEmptyEntries);
}

/// <param name="Prefix">Of the primary diagnosis; a filler (<c>I10X</c>) still matches.</param>
/// <param name="LaterProcedures">Procedures that exclude only admissions on or after <paramref name="LaterFrom"/>.</param>
internal sealed record AcscRow(
    string Condition,
    string Prefix,
    string Description,
    IReadOnlyList<string> RequiresDiagnosis,
    IReadOnlyList<string> ExcludesDiagnosis,
    IReadOnlyList<string> ExcludesProcedure,
    DateOnly? LaterFrom,
    IReadOnlyList<string> LaterProcedures)
{
    public bool Matches(DateOnly day, IReadOnlyList<string> diagnoses, IReadOnlyList<string> procedures) =>
        diagnoses[0].StartsWith(Prefix, StringComparison.Ordinal)
        && (RequiresDiagnosis.Count == 0 || Any(diagnoses, RequiresDiagnosis))
        && !Any(diagnoses, ExcludesDiagnosis)
        && !Any(procedures, ExcludesProcedure)
        && !(day >= LaterFrom && Any(procedures, LaterProcedures));

    private static bool Any(IReadOnlyList<string> codes, IReadOnlyList<string> prefixes) =>
        codes.Any(code => prefixes.Any(prefix => code.StartsWith(prefix, StringComparison.Ordinal)));
}
