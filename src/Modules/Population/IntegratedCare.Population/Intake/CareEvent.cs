namespace IntegratedCare.Population.Intake;

/// <summary>One posted care event, checked and typed: what is stored beside the raw payload.</summary>
internal sealed record CareEvent(
    string Source,
    string Id,
    string Kind,
    string RecordId,
    long RecordVersion,
    bool Cancelled,
    long NhsNumber,
    CareDetails Details,
    string Payload);

/// <summary>The typed facts of a care event, whatever its kind; what a kind does not have is null.</summary>
internal sealed record CareDetails(
    DateTimeOffset? Started = null,
    DateTimeOffset? Ended = null,
    DateTimeOffset? Ready = null,
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
