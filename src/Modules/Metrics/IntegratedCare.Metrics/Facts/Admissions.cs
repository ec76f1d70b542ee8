using IntegratedCare.Metrics.Definitions;

namespace IntegratedCare.Metrics.Facts;

/// <summary>
/// Which inpatient spells count as what. The rules for admissions are those of CCG OIS 2.6, specification v1.15 (NHS
/// Digital, 2018); the codes are in <c>Definitions/Data/acsc-chronic.csv</c>.
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

        var codes = diagnoses.Select(Normalise).ToList();
        var done = procedures is null ? [] : procedures.Select(Normalise).ToList();
        return AcscChronic.Rows.FirstOrDefault(row => row.Matches(day, codes, done))?.Condition;
    }

    private static string Normalise(string code) => code.Replace(".", "", StringComparison.Ordinal).Trim().ToUpperInvariant();
}
