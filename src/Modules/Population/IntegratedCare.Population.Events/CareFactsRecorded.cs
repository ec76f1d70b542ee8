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
/// <param name="Kind">Event type without prefix and version, such as <c>inpatient-spell</c>.</param>
/// <param name="Start">Admission, arrival, onset, service start or death, UTC.</param>
/// <param name="End">Discharge, departure, resolution or service end, UTC; null while open.</param>
/// <param name="Day">The date of care (of <paramref name="Start"/>) in Europe/London: what attribution was made on.</param>
/// <param name="Age">Whole years on <paramref name="Day"/>.</param>
/// <param name="Provider">ODS code of who gave or arranged the care; null where the kind has none.</param>
/// <param name="Price">Tariff price in pounds.</param>
/// <param name="Cost">Actual cost in pounds (weekly cost for social care).</param>
/// <param name="Data">The members of the posted event's <c>data</c> that are none of these, by the kind; null for a record cancelled before it
/// was described.</param>
public sealed record CareFact(
    [property: RepeatedText] string Source,
    string RecordId,
    long Version,
    bool Cancelled,
    [property: RepeatedText] string Kind,
    Guid PersonId,
    DateTimeOffset Start,
    DateTimeOffset? End,
    DateOnly Day,
    [property: RepeatedText] string? Practice,
    [property: RepeatedText] string? Locality,
    [property: RepeatedText] string? Place,
    [property: RepeatedText] string? System,
    int? Age,
    [property: RepeatedText] string? Sex,
    int? ImdDecile,
    [property: RepeatedText] string? Provider = null,
    decimal? Price = null,
    decimal? Cost = null,
    RawJson? Data = null)
{
    /// <summary>The data of a fact of the kind that <typeparamref name="T"/> reads; null for other kinds and where there is none.</summary>
    public T? DataAs<T>() where T : class, ICareData => Kind == T.Kind ? Data?.Read<T>() : null;
}

/// <summary>
/// What a consumer reads of one kind's data: a record with those members alone, under the names and types they are posted with.
/// Members are only ever added to a kind.
/// </summary>
public interface ICareData
{
    /// <summary>The kind of record, such as <c>inpatient-spell</c>.</summary>
    static abstract string Kind { get; }
}
