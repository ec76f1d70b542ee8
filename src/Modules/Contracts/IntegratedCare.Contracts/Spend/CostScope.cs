namespace IntegratedCare.Contracts.Spend;

/// <summary>The persons and the care that a measure of spend counts.</summary>
/// <param name="AreaKind"><c>practice</c>, <c>locality</c>, <c>place</c> or <c>system</c>: as the person was registered on the day of care.</param>
/// <param name="AgeFrom">Least age on the day of care, in whole years. With an age limit, care at an unknown age does not count.</param>
/// <param name="AgeTo">Greatest age on the day of care, itself included.</param>
/// <param name="Kinds">The kinds of care that count (<see cref="CostKinds"/>); others are excluded.</param>
/// <param name="AdmissionMethods">Inpatient spells count only with one of these; other kinds have none and are not touched. Null: any.</param>
/// <param name="ExcludedProviders">ODS codes whose care does not count.</param>
/// <param name="TruncateAt">The most that counts of one person in the period read, in pounds, at price and at cost alike.</param>
/// <param name="PatientClasses">Inpatient spells count only with one of these. Null: any.</param>
internal sealed record CostScope(
    string AreaKind,
    string Area,
    int? AgeFrom,
    int? AgeTo,
    IReadOnlyList<string> Kinds,
    IReadOnlyList<string>? AdmissionMethods = null,
    IReadOnlyList<string>? ExcludedProviders = null,
    decimal? TruncateAt = null,
    IReadOnlyList<string>? PatientClasses = null)
{
    public const string Practice = "practice";
    public const string Locality = "locality";
    public const string Place = "place";
    public const string System = "system";

    private const decimal MaxPerPerson = 1_000_000_000m;

    public static readonly IReadOnlyList<string> AreaKinds = [Practice, Locality, Place, System];

    /// <summary>
    /// Emergency admission: NHS Data Dictionary, admission method 21-25, 28, 2A-2D. With patient class 1 (ordinary admission)
    /// it is what the emergency admissions metric counts (CCG OIS 2.6, specification v1.15, NHS Digital, 2018).
    /// </summary>
    public static readonly IReadOnlyList<string> EmergencyMethods = ["21", "22", "23", "24", "25", "28", "2A", "2B", "2C", "2D"];

    /// <summary>All care that may carry money.</summary>
    public static CostScope TotalCost(string areaKind, string area, decimal? truncateAt = null) =>
        new(areaKind, area, null, null, CostKinds.All, TruncateAt: truncateAt);

    /// <summary>Non-elective inpatient care: ordinary spells with an emergency admission method.</summary>
    public static CostScope NonElective(string areaKind, string area, decimal? truncateAt = null) =>
        new(areaKind, area, null, null, [CostKinds.InpatientSpell], EmergencyMethods, TruncateAt: truncateAt, PatientClasses: ["1"]);

    /// <summary>Why the scope cannot be measured; null when it can.</summary>
    public string? Fault() =>
        !AreaKinds.Contains(AreaKind) ? $"The kind of area is one of {string.Join(", ", AreaKinds)}."
        : string.IsNullOrWhiteSpace(Area) ? "An area is needed."
        : AgeFrom < 0 || AgeTo < 0 || AgeFrom > AgeTo ? "Ages are whole years, the least not above the greatest."
        : Kinds.Count == 0 || Kinds.Any(k => !CostKinds.All.Contains(k)) ? $"Kinds of care are among {string.Join(", ", CostKinds.All)}, at least one of them."
        : AdmissionMethods?.Count == 0 || PatientClasses?.Count == 0 ? "A list of admission methods or patient classes is not empty: leave it out to count any."
        : (AdmissionMethods ?? PatientClasses) is not null && !Kinds.Contains(CostKinds.InpatientSpell)
            ? "Only inpatient spells have an admission method and a patient class."
        : TruncateAt is { } limit && (limit is < 0 or > MaxPerPerson || decimal.Round(limit, 2) != limit)
            ? "The limit for one person is pounds and pence, from 0 to 1,000,000,000."
        : null;

    /// <summary>
    /// The first and last five-year band of the register counts within its ages (18 is 90 and over); null when an age limit
    /// splits a band, so that its persons cannot be counted.
    /// </summary>
    public (int First, int Last)? Bands() =>
        (AgeFrom ?? 0) % 5 == 0 && (AgeFrom ?? 0) <= 90 && (AgeTo is null || (AgeTo % 5 == 4 && AgeTo < 90))
            ? ((AgeFrom ?? 0) / 5, AgeTo is { } to ? to / 5 : AgeBands.Last) : null;

    /// <summary>Whether every age counts, a missing one too.</summary>
    public bool AnyAge => AgeFrom is null && AgeTo is null;

    public bool CountsAge(int? age) => AnyAge || (age is { } a && a >= (AgeFrom ?? 0) && a <= (AgeTo ?? int.MaxValue));

    public bool CountsArea(CostArea area) => Area == AreaKind switch
    {
        Practice => area.Practice,
        Locality => area.Locality,
        Place => area.Place,
        _ => area.System,
    };

    public bool CountsCare(CostCare care) =>
        Kinds.Contains(care.Kind)
        && (care.Kind != CostKinds.InpatientSpell
            || ((AdmissionMethods is null || AdmissionMethods.Contains(care.AdmissionMethod, StringComparer.OrdinalIgnoreCase))
                && (PatientClasses is null || PatientClasses.Contains(care.PatientClass))))
        && ExcludedProviders?.Contains(care.Provider) != true;
}

/// <summary>The kinds of care that may carry money, by the name their events have.</summary>
internal static class CostKinds
{
    public const string InpatientSpell = "inpatient-spell";
    public const string EmergencyAttendance = "emergency-attendance";

    /// <summary>Paid by the week, for the days it runs. See <see cref="CostTotals.Accrued"/>.</summary>
    public const string SocialCareService = "social-care-service";

    public static readonly IReadOnlyList<string> All = [InpatientSpell, EmergencyAttendance, SocialCareService];
}

/// <summary>The area of a record; unknown members are empty.</summary>
internal sealed record CostArea(string Practice, string Locality, string Place, string System);

/// <summary>The kind of care of a record; unknown members are empty.</summary>
internal sealed record CostCare(string Kind, string AdmissionMethod, string PatientClass, string Provider);

/// <summary>The five-year age bands of the register counts.</summary>
internal static class AgeBands
{
    /// <summary>90 and over.</summary>
    public const int Last = 18;

    /// <summary>The index for persons whose band cannot be read.</summary>
    public const int Unknown = 19;

    /// <summary>The band of <c>0-4</c> ... <c>85-89</c>, <c>90+</c>.</summary>
    public static int Of(string band)
    {
        var digits = band.AsSpan(0, band.AsSpan().IndexOfAnyExceptInRange('0', '9') is var end && end >= 0 ? end : band.Length);
        return int.TryParse(digits, out var from) && from >= 0 ? Math.Min(from / 5, Last) : Unknown;
    }
}
