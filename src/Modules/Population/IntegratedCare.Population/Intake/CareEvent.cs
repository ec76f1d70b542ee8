namespace IntegratedCare.Population.Intake;

/// <summary>One posted care event, checked and typed: what is stored beside the raw payload.</summary>
/// <param name="Data">What its kind has beyond the core, as JSON in UTF-8; null for a cancellation, which need not repeat the record.</param>
internal sealed record CareEvent(
    string Source,
    string Id,
    string Kind,
    string RecordId,
    long RecordVersion,
    bool Cancelled,
    long NhsNumber,
    CareCore Core,
    byte[]? Data,
    byte[] Payload);

/// <summary>What a record of any kind may have: kept in columns, because SQL joins, sorts and sums it. What a kind does not have is null.</summary>
/// <param name="Provider">ODS code of who gave or arranged the care.</param>
/// <param name="Price">Tariff price in pounds.</param>
/// <param name="Cost">Actual cost in pounds; of social care by the week.</param>
internal sealed record CareCore(
    DateTimeOffset? Started = null,
    DateTimeOffset? Ended = null,
    string? Provider = null,
    decimal? Price = null,
    decimal? Cost = null);
