using IntegratedCare.Shared.Events;

namespace IntegratedCare.Population.Events;

/// <summary>
/// Person-days registered with one practice in one month, complete for that practice and month. A consumer keeps the
/// highest version per (practice, month) and replaces all its rows: an empty list means nobody.
/// </summary>
public sealed record RegisterCounted(IReadOnlyList<PracticeMonth> Counts) : IEvent
{
    public static string Name => "population.register-counted.v1";
    public string? Key => null;
}

/// <param name="Month">First day of the month.</param>
public sealed record PracticeMonth(
    string Practice,
    string? Locality,
    string? Place,
    string? System,
    DateOnly Month,
    long Version,
    IReadOnlyList<RegisterCount> Rows);

/// <param name="AgeBand">European Standard Population band on the first of the month: <c>0-4</c> ... <c>90+</c>.</param>
public sealed record RegisterCount(string Sex, string AgeBand, int? ImdDecile, long PersonDays);
