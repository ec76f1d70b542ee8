using IntegratedCare.Shared.Http;

namespace IntegratedCare.Population.Intake;

/// <summary>A CloudEvents 1.0 structured event, as documentation: extensions are welcome and kept.</summary>
/// <param name="Source"><c>urn:ods:RZ1</c> or <c>urn:ods:RZ1:epr</c>: the ODS code must be the caller's organisation or one it was granted.</param>
/// <param name="Subject">The person's NHS number.</param>
/// <param name="Type"><c>uk.integratedcare.inpatient-spell.v1</c>, <c>emergency-attendance</c>, <c>condition-recorded</c>,
/// <c>social-care-service</c>, <c>death-recorded</c>.</param>
/// <param name="Data">By the type: a spell, an attendance, a condition, a service, a death.</param>
internal sealed record CloudEventDocument(
    string Specversion, string Id, string Source, string Type, string Subject, DateTimeOffset? Time,
    [property: Shapes(typeof(InpatientSpell), typeof(EmergencyAttendance), typeof(ConditionRecorded), typeof(SocialCareService),
        typeof(DeathRecorded))]
    object Data);
