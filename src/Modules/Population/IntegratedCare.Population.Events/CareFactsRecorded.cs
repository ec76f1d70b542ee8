using IntegratedCare.Shared.Events;

namespace IntegratedCare.Population.Events;

/// <summary>Up to 1,000 care records, each already attributed to a person, practice and place on its date of care.</summary>
public sealed record CareFactsRecorded(IReadOnlyList<CareFact> Facts) : IEvent
{
    public static string Name => "population.care-facts-recorded.v1";
    public string? Key => null;
}

/// <summary>
/// One care record as it now stands. Identified by (<paramref name="Source"/>, <paramref name="RecordId"/>); a consumer
/// keeps the highest <paramref name="Version"/>. Amendments, cancellations and re-attributions are higher versions.
/// </summary>
/// <param name="Version">Raised by Population each time it issues this fact anew; not the vendor's record version.</param>
/// <param name="Kind">Event type without prefix and version: <c>inpatient-spell</c>, <c>emergency-attendance</c>,
/// <c>condition-recorded</c>, <c>social-care-service</c>, <c>death-recorded</c>.</param>
/// <param name="Start">Admission, arrival, onset, service start or death, UTC.</param>
/// <param name="End">Discharge, departure, resolution or service end, UTC; null while open.</param>
/// <param name="Day">The date of care (of <paramref name="Start"/>) in Europe/London: what attribution was made on.</param>
/// <param name="Age">Whole years on <paramref name="Day"/>.</param>
/// <param name="Diagnoses">ICD-10 without dots, first is primary (of the admission episode).</param>
/// <param name="Price">Tariff price in pounds.</param>
/// <param name="Cost">Actual cost in pounds (weekly cost for social care).</param>
public sealed record CareFact(
    string Source,
    string RecordId,
    long Version,
    bool Cancelled,
    string Kind,
    Guid PersonId,
    DateTimeOffset Start,
    DateTimeOffset? End,
    DateOnly Day,
    string? Practice,
    string? Locality,
    string? Place,
    string? System,
    int? Age,
    string? Sex,
    int? ImdDecile,
    string? Provider = null,
    string? AdmissionMethod = null,
    string? AdmissionSource = null,
    string? PatientClass = null,
    string? Destination = null,
    IReadOnlyList<string>? Diagnoses = null,
    IReadOnlyList<string>? Procedures = null,
    string? ServiceKind = null,
    bool? Permanent = null,
    string? ConditionCode = null,
    string? Register = null,
    decimal? Price = null,
    decimal? Cost = null);
