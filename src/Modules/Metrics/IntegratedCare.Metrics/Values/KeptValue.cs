using IntegratedCare.Metrics.Events;

namespace IntegratedCare.Metrics.Values;

internal readonly record struct ValueKey(string Metric, string Grain, DateOnly First, string AreaKind, string Area)
{
    public Period Period => Period.Of(Grain, First);
}

/// <summary>A value as it is stored, live or published, without its known-at time.</summary>
/// <param name="Parent">The area that this one and its siblings add up to, if there is one.</param>
/// <param name="SumOfSquares">Sum over persons of the square of what each contributed.</param>
/// <param name="Persons">Persons behind the numerator.</param>
/// <param name="Suppressed">Hidden from callers who are not entitled to small numbers.</param>
internal sealed record KeptValue(
    ValueKey Key,
    string? Parent,
    Guid Id,
    int DefinitionVersion,
    Numbers Numbers,
    double SumOfSquares,
    long Persons,
    bool Suppressed)
{
    public bool HasNumbersOf(KeptValue other) => Numbers == other.Numbers && DefinitionVersion == other.DefinitionVersion;

    /// <summary>The value of an area that has no facts any more: zero.</summary>
    public KeptValue Emptied(int definitionVersion) => this with
    {
        DefinitionVersion = definitionVersion,
        Numbers = new Numbers(0, null, null, null, null, null, null),
        SumOfSquares = 0,
        Persons = 0,
        Suppressed = false,
    };
}

/// <param name="Status"><c>provisional</c> or <c>final</c>.</param>
internal sealed record PublishedVersion(KeptValue Value, int Version, string Status)
{
    public PublishedValue ToEvent(DateTimeOffset knownAt)
    {
        var (key, numbers) = (Value.Key, Value.Numbers);
        return new PublishedValue(Value.Id, key.Metric, Value.DefinitionVersion, key.AreaKind, key.Area, key.Period.Label, Version,
            numbers.Numerator, numbers.Denominator, numbers.Value, numbers.Lower95, numbers.Upper95, Status, knownAt);
    }
}
