using System.Text;
using System.Text.Json;
using FluentValidation;
using IntegratedCare.Metrics.Definitions;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace IntegratedCare.Metrics.Values;

/// <summary>
/// Values of metrics by area and period, live or published. A page of JSON; with <c>Accept: text/csv</c> or
/// <c>application/x-ndjson</c> all of them, streamed.
/// </summary>
internal sealed class ListValues(MetricsSession session, AccessContext caller)
    : CareEndpoint<ListValues.Request, Results<Ok<Page<MetricValue>>, PushStreamHttpResult>>
{
    private const string Json = "application/json";
    private const string Csv = "text/csv";
    private const string Ndjson = "application/x-ndjson";

    /// <param name="Metric">One id, or several separated by commas.</param>
    /// <param name="Area">The code of a system, locality or practice.</param>
    /// <param name="AreaKind"><c>system</c>, <c>locality</c> or <c>practice</c>.</param>
    /// <param name="From">First period: a month (<c>2026-07</c>), quarter (<c>2026-Q3</c>) or financial year (<c>2026/27</c>).</param>
    /// <param name="To">Last period, included.</param>
    /// <param name="Grain"><c>month</c> (default) or <c>quarter</c>.</param>
    /// <param name="Status"><c>live</c> (default) or <c>published</c>.</param>
    /// <param name="KnownAt">Published values as they stood at this instant.</param>
    internal sealed record Request(string? Metric, string? Area, string? AreaKind, string? From, string? To, string? Grain, string? Status, string? KnownAt);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Metric).Must(m => m is null || (ValueFilter.Ids(m) is { Length: > 0 } ids && ids.All(id => MetricDefinitions.Find(id) is not null)))
                .WithMessage("There is no metric of this id.");
            RuleFor(r => r.Area).Must(a => a is null || (a is { Length: >= 1 and <= 100 } && !a.Contains('\0'))).WithMessage("An area's code.");
            RuleFor(r => r.AreaKind).Must(k => k is null or "system" or "locality" or "practice").WithMessage("system, locality or practice.");
            RuleFor(r => r.From).Period().When(r => r.From is not null);
            RuleFor(r => r.To).Period().When(r => r.To is not null);
            RuleFor(r => r.Grain).Must(g => g is null or Period.MonthGrain or Period.QuarterGrain).WithMessage("month or quarter.");
            RuleFor(r => r.Status).Must(s => s is null or "live" or "published").WithMessage("live or published.");
            RuleFor(r => r.KnownAt).Must(k => k is null || Instants.TryParse(k, out _))
                .WithMessage("An instant with its offset, such as 2026-11-21T09:30:00Z.");
            RuleFor(r => r.KnownAt).Must((r, k) => k is null || r.Status is not "live").WithMessage("Only published values are kept in every version.");
        }
    }

    public override void Configure()
    {
        Get("/v1/metrics/values");
        Access(MetricsScopes.Read, MetricsPurposes.All);
        Paged();
        Options(b => b.Produces<Page<MetricValue>>(200, Json, Csv, Ndjson).Produces(406));
    }

    public override async Task<Results<Ok<Page<MetricValue>>, PushStreamHttpResult>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var paging = Paging;
        var format = Negotiate(HttpContext.Request.Headers.Accept.ToString());
        var (filter, disclosure) = (ValueFilter.Of(request), Disclosure.For(caller));
        HttpContext.Response.Headers.Append(HeaderNames.Vary, "Accept, X-Purpose-Of-Use");
        // Requests are refused before the first byte is written; from here on rows are only streamed.
        if (format != Json)
            return TypedResults.Stream(stream => WriteAllAsync(stream, format, filter, disclosure, ct), $"{format}; charset=utf-8");

        await using var command = await filter.CommandAsync(session, paging.Position(4), paging.Take + 1, ct);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<StoredValue>();
        while (await reader.ReadAsync(ct))
            rows.Add(StoredValue.Read(reader));
        var page = paging.Answer(HttpContext, rows, v => ValueFilter.PositionOf(v.Value.Key)).Value!;
        return TypedResults.Ok(new Page<MetricValue>([.. page.Items.Select(v => MetricValue.Of(v, disclosure))], page.Next));
    }

    private async Task WriteAllAsync(Stream stream, string format, ValueFilter filter, Disclosure disclosure, CancellationToken ct)
    {
        await using var writer = new StreamWriter(stream, new UTF8Encoding(false), 32 * 1024, leaveOpen: true);
        if (format == Csv)
            await writer.WriteAsync(MetricValue.CsvHeader + "\r\n");
        await using var command = await filter.CommandAsync(session, null, null, ct);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var value = MetricValue.Of(StoredValue.Read(reader), disclosure);
            await writer.WriteAsync(format == Csv ? value.ToCsv() + "\r\n" : JsonSerializer.Serialize(value, SharedJson.Wire) + "\n");
        }

        await writer.FlushAsync(ct);
    }

    private static string Negotiate(string accept)
    {
        if (accept.Length == 0)
            return Json;
        if (!MediaTypeHeaderValue.TryParseList([accept], out var ranges))
            throw new RequestRefused(Problems.NotAcceptable, Problems.NotAcceptable.Explanation);
        foreach (var range in ranges.Where(r => r.Quality is not 0).OrderByDescending(r => r.Quality ?? 1))
        {
            foreach (var offered in (string[])[Json, Csv, Ndjson])
            {
                if (new MediaTypeHeaderValue(offered).IsSubsetOf(new MediaTypeHeaderValue(range.MediaType)))
                    return offered;
            }
        }

        throw new RequestRefused(Problems.NotAcceptable, Problems.NotAcceptable.Explanation);
    }
}
