using IntegratedCare.Metrics.Definitions;
using IntegratedCare.Population.Events;

namespace IntegratedCare.Metrics.Facts;

/// <summary>
/// What Metrics reads of an inpatient spell, and what the spell counts as. The rules for admissions are those of CCG OIS 2.6,
/// specification v1.15 (NHS Digital, 2018); the codes are in <c>Definitions/Data/acsc-chronic.csv</c>.
/// </summary>
/// <param name="Diagnoses">ICD-10 of the admission episode, primary first.</param>
/// <param name="Procedures">OPCS-4.</param>
internal sealed record Spell(
    string? AdmissionMethod,
    string? AdmissionSource,
    string? PatientClass,
    IReadOnlyList<string>? Diagnoses,
    IReadOnlyList<string>? Procedures) : ICareData
{
    private static readonly HashSet<string> EmergencyMethods = ["21", "22", "23", "24", "25", "28", "2A", "2B", "2C", "2D"];
    private static readonly HashSet<string> TransferSources = ["51", "52", "53"];
    private static readonly HashSet<string> KnownSexes = ["1", "2", "male", "female"];

    public static string Kind => "inpatient-spell";

    /// <summary>An ordinary inpatient spell: patient class 1. Day cases and regular attenders have no bed days.</summary>
    public bool IsOrdinary => PatientClass == "1";

    /// <summary>An ordinary spell with an emergency admission method (21-25, 28, 2A-2D).</summary>
    public bool IsEmergency => IsOrdinary && AdmissionMethod is not null && EmergencyMethods.Contains(AdmissionMethod.ToUpperInvariant());

    /// <summary>The chronic ambulatory care sensitive condition an emergency admission counts for, or null.</summary>
    /// <param name="age">Whole years; unknown ages and those above 120 are not counted.</param>
    /// <param name="day">Date of admission in Europe/London.</param>
    public string? AmbulatoryCareSensitive(string? sex, int? age, DateOnly day)
    {
        if (!IsEmergency
            || (AdmissionSource is not null && TransferSources.Contains(AdmissionSource))
            || sex is null || !KnownSexes.Contains(sex)
            || age is not (>= 0 and <= 120)
            || Diagnoses is null || Diagnoses.Count == 0)
        {
            return null;
        }

        var codes = Diagnoses.Select(Normalise).ToList();
        var done = Procedures is null ? [] : Procedures.Select(Normalise).ToList();
        return AcscChronic.Rows.FirstOrDefault(row => row.Matches(day, codes, done))?.Condition;
    }

    private static string Normalise(string code) => code.Replace(".", "", StringComparison.Ordinal).Trim().ToUpperInvariant();
}
