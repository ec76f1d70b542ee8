using System.Globalization;
using IntegratedCare.Metrics.Definitions;
using IntegratedCare.Shared;

namespace IntegratedCare.Metrics.Values;

/// <summary>One value as a caller sees it, in every format.</summary>
/// <param name="Area">The code of the system, locality or practice.</param>
/// <param name="Period"><c>2026-07</c> or <c>2026-Q3</c>.</param>
/// <param name="Numerator">
/// Null where it must not be shown (<paramref name="Suppressed"/>), rounded to the nearest 5 where the caller is not entitled to the true count.
/// </param>
/// <param name="Value">In the definition's unit; null without a denominator or where suppressed.</param>
/// <param name="Lower95">Lower 95 % limit.</param>
/// <param name="Lower998">Lower 99.8 % limit.</param>
/// <param name="Status"><c>live</c>, <c>provisional</c> or <c>final</c>.</param>
/// <param name="Version">Of a published value, from 1; null for a live one.</param>
/// <param name="KnownAt">When these numbers became known.</param>
internal sealed record MetricValue(
    Guid Id,
    string Metric,
    int DefinitionVersion,
    string AreaKind,
    string Area,
    string? AreaName,
    string Period,
    double? Numerator,
    double? Denominator,
    double? Value,
    double? Lower95,
    double? Upper95,
    double? Lower998,
    double? Upper998,
    string Status,
    int? Version,
    DateTimeOffset KnownAt,
    bool Suppressed)
{
    public const string CsvHeader =
        "id,metric,definitionVersion,areaKind,area,areaName,period,numerator,denominator,value,lower95,upper95,lower998,upper998,"
        + "status,version,knownAt,suppressed";

    /// <summary>A stored value as the caller may see it. Every endpoint and format goes through here.</summary>
    public static MetricValue Of(StoredValue stored, Disclosure disclosure)
    {
        var (value, key) = (stored.Value, stored.Value.Key);
        var definition = MetricDefinitions.Find(key.Metric);
        // Without a definition there is no disclosure rule: only entitled callers see the numbers.
        var entitled = disclosure.ShowsTrueNumbers(key);
        var hidden = !entitled && (value.Suppressed || definition is null);
        Numbers? shown = hidden ? null
            : entitled || definition is null ? value.Numbers
            : SmallNumbers.Rounded(definition, value.Numbers.Numerator, value.Numbers.Denominator, value.SumOfSquares);
        return new MetricValue(value.Id, key.Metric, value.DefinitionVersion, key.AreaKind, key.Area, stored.AreaName, key.Period.Label,
            shown?.Numerator, shown?.Denominator, shown?.Value, shown?.Lower95, shown?.Upper95, shown?.Lower998, shown?.Upper998,
            stored.Status, stored.Version, stored.KnownAt, hidden);
    }

    public string ToCsv() => string.Join(',', Id, Metric, DefinitionVersion, AreaKind, Quote(Area), Quote(AreaName ?? ""), Period,
        Suppressed ? "*" : Number(Numerator), Number(Denominator), Number(Value), Number(Lower95), Number(Upper95), Number(Lower998), Number(Upper998),
        Status, Version, Instants.Format(KnownAt), Suppressed ? "true" : "false");

    private static string Number(double? value) => value?.ToString("R", CultureInfo.InvariantCulture) ?? "";

    /// <summary>Quoted where CSV needs it; a leading sign that a spreadsheet would run as a formula is made text.</summary>
    private static string Quote(string text)
    {
        if (text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r')
            text = "'" + text;
        return text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"")}\"";
    }
}
