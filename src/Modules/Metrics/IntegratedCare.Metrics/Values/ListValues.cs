using System.Globalization;
using System.Text;
using System.Text.Json;
using IntegratedCare.Metrics.Domain;
using IntegratedCare.Metrics.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using Npgsql;

namespace IntegratedCare.Metrics.Features;

/// <summary>Values by metric, area and period: a page of JSON, or all of them as CSV or NDJSON.</summary>
internal sealed class ReadValues : IEndpoint
{
    private const string Csv = "text/csv";
    private const string Ndjson = "application/x-ndjson";

    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/metrics/values", Handle)
        .Access(Scopes.MetricsRead, Readers.Purposes)
        .Produces<Page<MetricValue>>(200, "application/json", Csv, Ndjson)
        .Produces(406)
        .WithSummary("Values of metrics by area and period, live or published. Accept text/csv or application/x-ndjson streams all of them.");

    /// <param name="Metric">One id, or several separated by commas.</param>
    /// <param name="AreaKind"><c>system</c>, <c>locality</c> or <c>practice</c>.</param>
    /// <param name="From">First period: a month (<c>2026-07</c>), quarter (<c>2026-Q3</c>) or financial year (<c>2026/27</c>).</param>
    /// <param name="To">Last period, included.</param>
    /// <param name="Grain"><c>month</c> (default) or <c>quarter</c>.</param>
    /// <param name="Status"><c>live</c> (default) or <c>published</c>.</param>
    /// <param name="KnownAt">Published values as they stood at this instant.</param>
    internal sealed record Query(
        [property: FromQuery(Name = "metric")] string? Metric,
        [property: FromQuery(Name = "area")] string? Area,
        [property: FromQuery(Name = "areaKind")] string? AreaKind,
        [property: FromQuery(Name = "from")] string? From,
        [property: FromQuery(Name = "to")] string? To,
        [property: FromQuery(Name = "grain")] string? Grain,
        [property: FromQuery(Name = "status")] string? Status,
        [property: FromQuery(Name = "knownAt")] string? KnownAt);

    private static async Task<IResult> Handle([AsParameters] Query query, [AsParameters] Paging paging, HttpContext http, AccessContext access, NpgsqlDataSource source, CancellationToken ct)
    {
        var format = Negotiate(http.Request.Headers.Accept.ToString());
        var filter = Filter.Of(query);
        var trueNumbers = TrueNumbers.For(access);
        http.Response.Headers.Append(HeaderNames.Vary, "Accept, X-Purpose-Of-Use");
        if (format != "application/json")
        {
            // Everything is refused before the first byte: what is left is to write rows as they are read.
            return TypedResults.Stream(stream => WriteAllAsync(stream, format, source, filter, trueNumbers, ct), $"{format}; charset=utf-8");
        }

        await using var command = filter.Command(source, paging.Position(4), paging.Take + 1);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<(MetricValue Value, string[] Position)>();
        while (await reader.ReadAsync(ct))
            rows.Add(MetricValue.Read(reader, trueNumbers));
        var positions = rows.ToDictionary(r => r.Value.Id, r => r.Position);
        return paging.Answer(http, rows.ConvertAll(r => r.Value), v => positions[v.Id]);
    }

    private static async Task WriteAllAsync(Stream stream, string format, NpgsqlDataSource source, Filter filter, TrueNumbers trueNumbers, CancellationToken ct)
    {
        await using var writer = new StreamWriter(stream, new UTF8Encoding(false), 32 * 1024, leaveOpen: true);
        if (format == Csv)
            await writer.WriteAsync(MetricValue.CsvHeader + "\r\n");
        await using var command = filter.Command(source, null, null);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var (value, _) = MetricValue.Read(reader, trueNumbers);
            await writer.WriteAsync(format == Csv ? value.ToCsv() + "\r\n" : JsonSerializer.Serialize(value, SharedJson.Wire) + "\n");
        }

        await writer.FlushAsync(ct);
    }

    private static string Negotiate(string accept)
    {
        if (accept.Length == 0)
            return "application/json";
        if (!MediaTypeHeaderValue.TryParseList([accept], out var ranges))
            throw new RequestRefused(Problems.NotAcceptable, Problems.NotAcceptable.Explanation);
        foreach (var range in ranges.Where(r => r.Quality is not 0).OrderByDescending(r => r.Quality ?? 1))
        {
            foreach (var offered in (string[])["application/json", Csv, Ndjson])
            {
                if (new MediaTypeHeaderValue(offered).IsSubsetOf(new MediaTypeHeaderValue(range.MediaType)))
                    return offered;
            }
        }

        throw new RequestRefused(Problems.NotAcceptable, Problems.NotAcceptable.Explanation);
    }

    private sealed record Filter(string[]? Metrics, string? Area, string? AreaKind, DateOnly From, DateOnly Next, string Grain, bool Published, DateTimeOffset? KnownAt)
    {
        public static Filter Of(Query query)
        {
            var errors = new List<FieldError>();
            void Check(bool valid, string pointer, string detail)
            {
                if (!valid)
                    errors.Add(new FieldError(pointer, detail));
            }

            const string aPeriod = "A month (2026-07), quarter (2026-Q3) or financial year (2026/27).";
            Period from = default, to = default;
            var metrics = query.Metric?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            var knownAt = default(DateTimeOffset);
            Check(metrics is null || (metrics.Length > 0 && metrics.All(m => Definitions.Find(m) is not null)), "/metric", "There is no metric of this id.");
            Check(query.Area is null or { Length: >= 1 and <= 100 } && query.Area?.Contains('\0') != true, "/area", "An area's code.");
            Check(query.AreaKind is null or "system" or "locality" or "practice", "/areaKind", "system, locality or practice.");
            Check(query.From is null || Period.TryParse(query.From, out from), "/from", aPeriod);
            Check(query.To is null || Period.TryParse(query.To, out to), "/to", aPeriod);
            Check(query.Grain is null or Period.MonthGrain or Period.QuarterGrain, "/grain", "month or quarter.");
            Check(query.Status is null or "live" or "published", "/status", "live or published.");
            Check(query.KnownAt is null || Instants.TryParse(query.KnownAt, out knownAt), "/knownAt", "An instant with its offset, such as 2026-11-21T09:30:00Z.");
            Check(query.KnownAt is null || query.Status is not "live", "/knownAt", "Only published values are kept in every version.");
            if (errors.Count > 0)
                throw new RequestRefused(Problems.InvalidRequest, Problems.InvalidRequest.Explanation, errors);
            return new Filter(metrics, query.Area, query.AreaKind, query.From is null ? DateOnly.MinValue : from.First, query.To is null ? new DateOnly(9999, 1, 1) : to.Next,
                query.Grain ?? Period.MonthGrain, query.Status == "published" || query.KnownAt is not null, query.KnownAt is null ? null : knownAt);
        }

        public NpgsqlCommand Command(NpgsqlDataSource source, string[]? after, int? most)
        {
            // A closed set of clauses; what the caller sent is only ever a parameter.
            var command = source.CreateCommand();
            string Add(object value)
            {
                command.Parameters.Add(new NpgsqlParameter { Value = value });
                return $"${command.Parameters.Count}";
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
                if (after.Any(part => part.Contains('\0')) || !DateOnly.TryParseExact(after[1], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var first))
                    throw new RequestRefused(Problems.InvalidCursor, Problems.InvalidCursor.Explanation);
                where.Add($"(v.metric, v.first, v.area_kind, v.area) > ({Add(after[0])}, {Add(first)}, {Add(after[2])}, {Add(after[3])})");
            }

            command.CommandText =
                $"""
                {MetricValue.Select(Published)}
                WHERE {string.Join(" AND ", where)}
                ORDER BY v.metric, v.first, v.area_kind, v.area
                {(most is { } limit ? $"LIMIT {Add(limit)}" : "")}
                """;
            return command;
        }
    }
}

/// <summary>One value as a caller sees it, in every format.</summary>
/// <param name="Area">The code of the system, locality or practice.</param>
/// <param name="Period"><c>2026-07</c> or <c>2026-Q3</c>.</param>
/// <param name="Numerator">Null where it must not be shown (<paramref name="Suppressed"/>), rounded to the nearest 5 where the caller is not entitled to the true count.</param>
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
    public const string CsvHeader = "id,metric,definitionVersion,areaKind,area,areaName,period,numerator,denominator,value,lower95,upper95,lower998,upper998,status,version,knownAt,suppressed";

    public static string Select(bool published) =>
        $"""
        SELECT v.metric, v.grain, v.first, v.area_kind, v.area, v.parent, v.id, v.definition_version, v.numerator, v.denominator, v.value, v.lower95, v.upper95, v.lower998, v.upper998,
          v.sum_of_squares, v.persons, v.suppressed, v.known_at, {(published ? "v.status, v.version" : "'live', 0")}, a.name, v.watermark
        FROM metrics.{(published ? "published_value" : "value")} v
        LEFT JOIN metrics.area a ON a.kind = CASE v.area_kind WHEN 'practice' THEN 'organisation' ELSE 'place' END AND a.code = v.area
        """;

    /// <summary>Reads a row of <see cref="Select"/> through the disclosure gate.</summary>
    public static (MetricValue Value, string[] Position) Read(NpgsqlDataReader reader, TrueNumbers trueNumbers)
    {
        var kept = ValueStore.Read(reader);
        var (status, version, key) = (reader.GetString(19), reader.GetInt32(20), kept.Key);
        // A definition that is not known any more says nothing of disclosure: nobody but the entitled sees its numbers.
        var entitled = trueNumbers.Of(key);
        var hidden = !entitled && (kept.Suppressed || Definitions.Find(key.Metric) is null);
        Numbers? shown = hidden ? null
            : entitled || Definitions.Find(key.Metric) is not { } definition ? kept.Numbers
            : SmallNumbers.Rounded(definition, kept.Numbers.Numerator, kept.Numbers.Denominator, kept.SumOfSquares);
        return (new MetricValue(kept.Id, key.Metric, kept.DefinitionVersion, key.AreaKind, key.Area, reader.Text(21), Domain.Period.Of(key.Grain, key.First).Text,
                shown?.Numerator, shown?.Denominator, shown?.Value, shown?.Lower95, shown?.Upper95, shown?.Lower998, shown?.Upper998,
                status, version == 0 ? null : version, reader.GetFieldValue<DateTimeOffset>(18), hidden),
            [key.Metric, key.First.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), key.AreaKind, key.Area]);
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
