using IntegratedCare.Shared;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Population.Intake;

/// <summary>The faults of one event, each with its pointer.</summary>
internal sealed class Faults(DateTimeOffset now)
{
    public List<FieldError> Errors { get; } = [];

    public void Add(string member, string detail) => Errors.Add(new FieldError($"/data/{member}", detail));

    public void Code(string list, string member, string? code, bool required)
    {
        if (code is null ? required : !Codes.Has(list, code))
            Add(member, code is null ? "Required." : "Not a code of this list.");
    }

    public void Organisation(string member, string? code)
    {
        if (!Codes.IsOrganisation(code))
            Add(member, code is null ? "Required: the organisation's ODS code." : "Not an ODS code.");
    }

    public void Period(string startMember, DateTimeOffset? start, string endMember, DateTimeOffset? end)
    {
        if (start is null)
            Add(startMember, "Required.");
        Instant(startMember, start);
        Instant(endMember, end);
        if (end < start)
            Add(endMember, $"Not before {startMember}.");
    }

    /// <summary>Calendar dates of care, as the instants at which those days begin in London.</summary>
    public (DateTimeOffset? Start, DateTimeOffset? End) Days(string startMember, DateOnly? start, string endMember, DateOnly? end)
    {
        if (start < new DateOnly(1850, 1, 1) || end < new DateOnly(1850, 1, 1))
        {
            Add(startMember, "Not more than 130 years ago.");
            return (null, null);
        }

        DateTimeOffset? from = start is { } s ? LondonTime.StartOf(s) : null;
        DateTimeOffset? to = end is { } e ? LondonTime.StartOf(e) : null;
        Period(startMember, from, endMember, to);
        return (from, to);
    }

    public void Instant(string member, DateTimeOffset? instant)
    {
        // A day of grace for clocks that run ahead.
        if (instant > now.AddDays(1) || instant < now.AddYears(-130))
            Add(member, "Not in the future, and not more than 130 years ago.");
    }

    public void Money(string member, decimal? amount)
    {
        if (amount is < 0 or > 100_000_000m || (amount is { } a && decimal.Round(a, 2) != a))
            Add(member, "Pounds and pence, not negative, at most 100,000,000.");
    }

    public void Text(string member, string? text, int max)
    {
        if (text?.Length > max || text?.Contains('\0') == true)
            Add(member, $"At most {max} characters.");
    }

    public void Each(string member, IReadOnlyList<string>? items, Func<string?, bool> isValid, int max, string detail)
    {
        if (items?.Count > max)
            Add(member, $"At most {max}.");
        for (var i = 0; i < items?.Count && i < max; i++)
        {
            if (!isValid(items[i]))
                Add($"{member}/{i}", detail);
        }
    }
}
