namespace IntegratedCare.Shared.Calendar;

/// <summary>Days, weeks and months of care are those of Europe/London; instants are stored in UTC.</summary>
public static class LondonTime
{
    private static readonly TimeZoneInfo Zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/London");

    /// <summary>The calendar date in London at an instant.</summary>
    public static DateOnly DateOf(DateTimeOffset instant) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(instant, Zone).DateTime);

    /// <summary>The instant, in UTC, at which a day begins in London.</summary>
    public static DateTimeOffset StartOf(DateOnly day) => At(day, TimeOnly.MinValue);

    /// <summary>The instant, in UTC, of a wall-clock time in London. A time that is skipped in spring is moved past the gap.</summary>
    public static DateTimeOffset At(DateOnly day, TimeOnly time)
    {
        var local = day.ToDateTime(time);
        if (Zone.IsInvalidTime(local))
            local = local.AddHours(1);
        return new DateTimeOffset(TimeZoneInfo.ConvertTimeToUtc(local, Zone), TimeSpan.Zero);
    }

    /// <summary>The same wall-clock time in London, so many days later, as a UTC instant.</summary>
    public static DateTimeOffset AddDays(DateTimeOffset instant, int days)
    {
        var local = TimeZoneInfo.ConvertTime(instant, Zone).DateTime;
        return At(DateOnly.FromDateTime(local).AddDays(days), TimeOnly.FromDateTime(local));
    }

    public static DateOnly Today(TimeProvider clock) => DateOf(clock.GetUtcNow());
}
