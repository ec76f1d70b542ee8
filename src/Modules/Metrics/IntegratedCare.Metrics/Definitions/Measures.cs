namespace IntegratedCare.Metrics.Definitions;

/// <summary>
/// The module's set-based counts; <c>MeasureSql</c> has the statement of each, <c>StepSql</c> its steps, and <c>FactStore</c> marks it for the
/// facts it counts.
/// </summary>
internal static class Measures
{
    public const string BedDays = "bed-days";
    public const string EmergencyAdmissions = "emergency-admissions";
    public const string AcsAdmissions = "acs-admissions";
    public const string Plans = "persons-with-current-plan";
}
