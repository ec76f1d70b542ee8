using System.Globalization;

namespace IntegratedCare.Metrics.Domain;

/// <summary>
/// Which inpatient spells count as what. The rules for admissions are those of CCG OIS 2.6, specification v1.15 (NHS
/// Digital, 2018); the codes are in <c>Data/acsc-chronic.csv</c>.
/// </summary>
internal static class Admissions
{
    private static readonly HashSet<string> EmergencyMethods = ["21", "22", "23", "24", "25", "28", "2A", "2B", "2C", "2D"];
    private static readonly HashSet<string> TransferSources = ["51", "52", "53"];
    private static readonly HashSet<string> KnownSexes = ["1", "2", "male", "female"];

    /// <summary>An ordinary inpatient spell: patient class 1. Day cases and regular attenders have no bed days.</summary>
    public static bool IsOrdinary(string kind, string? patientClass) => kind == "inpatient-spell" && patientClass == "1";

    /// <summary>An ordinary spell with an emergency admission method (21-25, 28, 2A-2D).</summary>
    public static bool IsEmergency(string kind, string? patientClass, string? admissionMethod) =>
        IsOrdinary(kind, patientClass) && admissionMethod is not null && EmergencyMethods.Contains(admissionMethod.ToUpperInvariant());

    /// <summary>The chronic ambulatory care sensitive condition an emergency admission counts for, or null.</summary>
    /// <param name="day">Date of admission in Europe/London.</param>
    /// <param name="age">Whole years; unknown ages and those above 120 are not counted.</param>
    /// <param name="diagnoses">ICD-10 of the admission episode, primary first.</param>
    /// <param name="procedures">OPCS-4.</param>
    public static string? AmbulatoryCareSensitive(
        string kind,
        string? patientClass,
        string? admissionMethod,
        string? admissionSource,
        string? sex,
        int? age,
        DateOnly day,
        IReadOnlyList<string>? diagnoses,
        IReadOnlyList<string>? procedures)
    {
        if (!IsEmergency(kind, patientClass, admissionMethod)
            || (admissionSource is not null && TransferSources.Contains(admissionSource))
            || sex is null || !KnownSexes.Contains(sex)
            || age is not (>= 0 and <= 120)
            || diagnoses is null || diagnoses.Count == 0)
        {
            return null;
        }

        var codes = diagnoses.Select(Plain).ToList();
        var done = procedures is null ? [] : procedures.Select(Plain).ToList();
        return AcscChronic.Rows.FirstOrDefault(row => row.Matches(day, codes, done))?.Condition;
    }

    private static string Plain(string code) => code.Replace(".", "", StringComparison.Ordinal).Trim().ToUpperInvariant();
}

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
