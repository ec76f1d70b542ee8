using System.Text.Json;
using FluentValidation;
using IntegratedCare.Metrics.Domain;
using IntegratedCare.Metrics.Events;
using IntegratedCare.Metrics.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;

namespace IntegratedCare.Metrics.Features;

/// <summary>Recomputes metrics from the facts and, where asked, publishes them: freezes a version of each value.</summary>
internal sealed class ComputeMetrics : IEndpoint
{
    private const int MostMonths = 120;
    private const int ValuesAnEvent = 1000;

    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/metrics/computations", Handle)
        .Access(Scopes.MetricsWrite, Readers.Purposes, kinds: [OrganisationKinds.SystemOperator, OrganisationKinds.Commissioner, OrganisationKinds.IntegratedCareBoard])
        .WithSummary("Recompute metrics from the facts, compare with what is served, and publish them if asked.");

    /// <param name="Metrics">Ids of definitions; all when left out.</param>
    /// <param name="From">First period: a month (<c>2026-07</c>), quarter (<c>2026-Q3</c>) or financial year (<c>2026/27</c>).</param>
    /// <param name="To">Last period, included.</param>
    /// <param name="Publish">Whether to freeze a version of each value.</param>
    /// <param name="Status"><c>provisional</c> (default) or <c>final</c>.</param>
    internal sealed record ComputationRequest(IReadOnlyList<string>? Metrics, string? From, string? To, bool? Publish, string? Status);

    internal sealed class Validator : AbstractValidator<ComputationRequest>
    {
        public Validator()
        {
            RuleFor(r => r.Metrics).Must(m => m is null or { Count: >= 1 and <= 50 }).WithMessage("Between 1 and 50 ids, or leave it out for all.");
            RuleForEach(r => r.Metrics).Must(id => id is not null && Definitions.Find(id) is not null).WithMessage("There is no metric of this id.");
            RuleFor(r => r.From).NotEmpty().Must(p => string.IsNullOrEmpty(p) || Period.TryParse(p, out _)).WithMessage("A month (2026-07), quarter (2026-Q3) or financial year (2026/27).");
            RuleFor(r => r.To).NotEmpty().Must(p => string.IsNullOrEmpty(p) || Period.TryParse(p, out _)).WithMessage("A month (2026-07), quarter (2026-Q3) or financial year (2026/27).");
            RuleFor(r => r.To).Must((r, _) => !Period.TryParse(r.From, out var from) || !Period.TryParse(r.To, out var to) || (to.Next > from.First && to.Next <= from.First.AddMonths(MostMonths)))
                .WithMessage($"Not before from, and at most {MostMonths} months in all.");
            RuleFor(r => r.Status).Must(s => s is null or "provisional" or "final").WithMessage("provisional or final.");
            RuleFor(r => r.Status).Must((r, s) => s is null || r.Publish == true).WithMessage("Only together with publish: true.");
        }
    }

    /// <summary>What a computation did.</summary>
    /// <param name="From">First month.</param>
    /// <param name="To">Last month: the running one at most.</param>
    internal sealed record Computation(Guid Id, string Organisation, DateTimeOffset ComputedAt, string From, string To, bool Publish, string? Status, IReadOnlyList<ComputedMetric> Metrics);

    /// <param name="Values">Values computed, of all areas, months and quarters.</param>
    /// <param name="Differed">Values that differ from those served although nothing was waiting to be computed: 0 is expected.</param>
    /// <param name="CaughtUp">Values that differ because facts had just arrived.</param>
    /// <param name="Published">New versions frozen by this publication.</param>
    /// <param name="Restated">New versions of values that had been published and have changed.</param>
    internal sealed record ComputedMetric(string Metric, int DefinitionVersion, int Values, int Differed, int CaughtUp, int Published, int Restated);

    private static async Task<Created<Computation>> Handle(ComputationRequest request, MetricsDb db, AccessContext access, CancellationToken ct)
    {
        var (from, to) = (Period.Parse(request.From!), Period.Parse(request.To!));
        var today = LondonTime.Today(db.Clock);
        if (from.First > today)
            throw new RuleViolation(MetricsProblems.PeriodNotBegun, $"{request.From} has not begun.");
        var publish = request.Publish == true;
        if (publish && request.Status == "final" && to.Next > today)
            throw new RuleViolation(MetricsProblems.PeriodNotOver, $"{request.To} is not over and cannot be final.");
        var next = to.Next > today ? Period.MonthOf(today).Next : to.Next;
        var months = new List<DateOnly>();
        for (var month = from.First; month < next; month = month.AddMonths(1))
            months.Add(month);

        var id = Guid.CreateVersion7();
        var ids = (request.Metrics ?? Definitions.Ids).Distinct().Order(StringComparer.Ordinal).ToList();
        var (published, restated, results) = (new List<PublishedValue>(), new List<PublishedValue>(), new List<ComputedMetric>());

        var connection = await db.NpgsqlAsync(ct);
        await using var own = db.Database.CurrentTransaction is null ? await db.Database.BeginTransactionAsync(ct) : null;
        await ValueStore.LockAsync(connection, ct);
        var now = db.Clock.GetUtcNow();
        var values = new ValueStore(connection, today, now);
        await values.MarkPassedAsync(ct);
        var periods = values.PeriodsOf(months);
        var dirty = await values.DirtyAsync(ids, from.First, next, ct);
        var computed = new List<(MetricDefinition Definition, IReadOnlyList<KeptValue> Values)>();
        foreach (var definition in ids.Select(Definitions.Get))
            computed.Add((definition, await values.ComputeAsync(definition, periods, ct)));

        await values.TakeAsync(dirty, ct);
        foreach (var (definition, anew) in computed)
        {
            var found = await values.RefreshAsync(definition, periods, anew, ct);
            var stale = values.PeriodsOf(dirty.Months.Where(w => w.Metric == definition.Id).Select(w => w.Month)).Select(p => (p.Grain, p.First)).ToHashSet();
            var caughtUp = found.Changed.Count(k => stale.Contains((k.Grain, k.First)));
            // A quarter is frozen only whole; one that is touched but not covered is restated if it had been published.
            var whole = publish ? periods.Where(p => p.First >= from.First && p.Next <= to.Next && (p.Grain == Period.MonthGrain || p.Next <= next)).ToList() : [];
            var frozen = whole.Count > 0 ? await values.FreezeAsync(definition, whole, request.Status ?? "provisional", id, ct) : new Frozen(0, []);
            var touched = await values.FreezeAsync(definition, [.. periods.Except(whole)], null, null, ct);
            published.AddRange(frozen.Announced);
            restated.AddRange(touched.Announced);
            results.Add(new ComputedMetric(definition.Id, definition.Version, found.Values, found.Changed.Count - caughtUp, caughtUp, frozen.Versions, touched.Versions));
        }

        var computation = new Computation(id, access.Organisation, now, Period.MonthOf(from.First).Text, Period.MonthOf(next.AddDays(-1)).Text, publish, publish ? request.Status ?? "provisional" : null, results);
        await using (var insert = connection.Command("INSERT INTO metrics.computation (id, organisation, computed_at, document) VALUES ($1, $2, $3, $4)",
            new NpgsqlParameter { Value = id }, new NpgsqlParameter { Value = access.Organisation }, Bulk.Instant(now),
            new NpgsqlParameter { Value = JsonSerializer.Serialize(computation, SharedJson.Storage), NpgsqlDbType = NpgsqlDbType.Jsonb }))
        {
            await insert.ExecuteNonQueryAsync(ct);
        }

        foreach (var chunk in published.Chunk(ValuesAnEvent))
            db.Publish(new ValuesPublished(id, chunk));
        foreach (var chunk in restated.Chunk(ValuesAnEvent))
            db.Publish(new ValuesRestated(chunk));
        await db.SaveChangesAsync(ct);
        if (own is not null)
            await db.CommitAsync(own);
        return TypedResults.Created($"/v1/metrics/computations/{id}", computation);
    }
}

internal sealed class ReadComputation : IEndpoint
{
    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/metrics/computations/{id:guid}", Handle)
        .Access(Scopes.MetricsRead, Readers.Purposes)
        .WithSummary("What a computation found and published.");

    private static async Task<Ok<ComputeMetrics.Computation>> Handle(Guid id, MetricsDb db, CancellationToken ct)
    {
        var connection = await db.NpgsqlAsync(ct);
        await using var command = connection.Command("SELECT document FROM metrics.computation WHERE id = $1", new NpgsqlParameter { Value = id });
        return await command.ExecuteScalarAsync(ct) is string document
            ? TypedResults.Ok(JsonSerializer.Deserialize<ComputeMetrics.Computation>(document, SharedJson.Storage)!)
            : throw Problems.Missing();
    }
}
