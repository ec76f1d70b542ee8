using System.Globalization;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Http;
using Npgsql;

namespace IntegratedCare.Metrics.Values;

/// <summary>The filter of a list of values, ordered by metric, period, area kind and area.</summary>
/// <param name="Next">The first day after the last period.</param>
internal sealed record ValueFilter(
    string[]? Metrics, string? Area, string? AreaKind, DateOnly From, DateOnly Next, string Grain, bool Published, DateTimeOffset? KnownAt)
{
    public static ValueFilter Of(ListValues.Request request) => new(
        request.Metric is null ? null : Ids(request.Metric),
        request.Area,
        request.AreaKind,
        Period.Parse(request.From)?.First ?? DateOnly.MinValue,
        Period.Parse(request.To)?.Next ?? new DateOnly(9999, 1, 1),
        request.Grain ?? Period.MonthGrain,
        request.Status == "published" || request.KnownAt is not null,
        request.KnownAt is not null && Instants.TryParse(request.KnownAt, out var at) ? at : null);

    public static string[] Ids(string metrics) => metrics.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The cursor position of a page that ends with this value.</summary>
    public static string[] PositionOf(ValueKey key) => [key.Metric, key.First.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), key.AreaKind, key.Area];

    /// <param name="after">The position of the last value of the page before.</param>
    public async Task<NpgsqlCommand> CommandAsync(MetricsSession session, string[]? after, int? take, CancellationToken ct)
    {
        // A closed set of clauses; what the caller sent is only ever a parameter.
        var values = new List<object?>();
        string Add(object value)
        {
            values.Add(value);
            return $"${values.Count}";
        }

        var where = new List<string> { $"v.grain = {Add(Grain)}", $"v.first >= {Add(From)}", $"v.first < {Add(Next)}" };
        // A quarter belongs to a range that covers it whole.
        if (Grain == Period.QuarterGrain)
            where.Add($"(v.first + interval '3 months')::date <= {Add(Next)}");
        if (Metrics is not null)
            where.Add($"v.metric = ANY ({Add(Metrics)})");
        if (Area is not null)
            where.Add($"v.area = {Add(Area)}");
        if (AreaKind is not null)
            where.Add($"v.area_kind = {Add(AreaKind)}");
        if (KnownAt is { } at)
            where.Add($"v.known_at <= {Add(at)} AND (v.superseded_at IS NULL OR v.superseded_at > {Add(at)})");
        else if (Published)
            where.Add("v.superseded_at IS NULL");
        if (after is not null)
        {
            if (after.Any(part => part.Contains('\0'))
                || !DateOnly.TryParseExact(after[1], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var first))
                throw new RequestRefused(Problems.InvalidCursor, Problems.InvalidCursor.Explanation);
            where.Add($"(v.metric, v.first, v.area_kind, v.area) > ({Add(after[0])}, {Add(first)}, {Add(after[2])}, {Add(after[3])})");
        }

        var sql =
            $"""
            {StoredValue.Select(Published)}
            WHERE {string.Join(" AND ", where)}
            ORDER BY v.metric, v.first, v.area_kind, v.area
            {(take is { } limit ? $"LIMIT {Add(limit)}" : "")}
            """;
        return await session.CommandAsync(sql, ct, [.. values]);
    }
}
