using IntegratedCare.Shared.Http;

namespace IntegratedCare.Population.Intake;

/// <summary>A CloudEvents 1.0 structured event, as documentation: extensions are welcome and kept.</summary>
/// <param name="Source"><c>urn:ods:RZ1</c> or <c>urn:ods:RZ1:epr</c>: the ODS code must be the caller's organisation or one it was granted.</param>
/// <param name="Subject">The person's NHS number.</param>
/// <param name="Type"><c>uk.integratedcare.</c>, the kind and <c>.v1</c>, such as <c>uk.integratedcare.inpatient-spell.v1</c>. The kinds are the
/// names of the shapes of data.</param>
/// <param name="Data">By the type: <c>inpatient-spell</c> has the shape InpatientSpell, and so on.</param>
internal sealed record CloudEventDocument(
    string Specversion, string Id, string Source, string Type, string Subject, DateTimeOffset? Time, [property: Shapes(typeof(EventData))] object Data);
