using FluentValidation;
using IntegratedCare.Metrics.Definitions;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace IntegratedCare.Metrics.Computations;

/// <summary>
/// Recomputes metrics from the facts, compares them with what is served, and publishes them if asked. Publishing freezes a version of
/// each value.
/// </summary>
internal sealed class ComputeMetrics(MetricsSession session, AccessContext caller) : CareEndpoint<ComputeMetrics.Request, Created<ComputationView>>
{
    private const int MaxMonths = 120;

    /// <param name="Metrics">Ids of definitions; all when left out.</param>
    /// <param name="From">First period: a month (<c>2026-07</c>), quarter (<c>2026-Q3</c>) or financial year (<c>2026/27</c>).</param>
    /// <param name="To">Last period, included.</param>
    /// <param name="Publish">Whether to freeze a version of each value.</param>
    /// <param name="Status"><c>provisional</c> (default) or <c>final</c>.</param>
    internal sealed record Request(IReadOnlyList<string>? Metrics, string? From, string? To, bool? Publish, string? Status);

    internal sealed class Rules : RequestRules<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Metrics).Must(m => m is null or { Count: >= 1 and <= 50 }).WithMessage("Between 1 and 50 ids, or leave it out for all.");
            RuleForEach(r => r.Metrics).Must(id => id is not null && MetricDefinitions.Find(id) is not null).WithMessage("There is no metric of this id.");
            RuleFor(r => r.From).Period();
            RuleFor(r => r.To).Period();
            RuleFor(r => r.To).Must((r, _) => IsRange(PeriodRules.Read(r.From), PeriodRules.Read(r.To)))
                .WithMessage($"Not before from, and at most {MaxMonths} months in all.");
            RuleFor(r => r.Status).Must(s => s is null or "provisional" or "final").WithMessage("provisional or final.");
            RuleFor(r => r.Status).Must((r, s) => s is null || r.Publish == true).WithMessage("Only together with publish: true.");
        }

        private static bool IsRange(Period? from, Period? to) =>
            from is null || to is null || (to.Next > from.First && to.Next <= from.First.AddMonths(MaxMonths));
    }

    public override void Configure()
    {
        Post("/v1/metrics/computations");
        Access(MetricsScopes.Write, MetricsPurposes.All,
            kinds: [OrganisationKinds.SystemOperator, OrganisationKinds.Commissioner, OrganisationKinds.IntegratedCareBoard]);
    }

    public override async Task<Created<ComputationView>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var (from, to, today) = (Period.Parse(request.From)!, Period.Parse(request.To)!, session.Today);
        if (from.First > today)
            throw new RuleViolation(MetricsProblems.PeriodNotBegun, $"{request.From} has not begun.");
        var publish = request.Publish == true;
        if (publish && request.Status == "final" && to.Next > today)
            throw new RuleViolation(MetricsProblems.PeriodNotOver, $"{request.To} is not over and cannot be final.");
        var next = to.Next > today ? Period.MonthOf(today).Next : to.Next;

        var id = Guid.CreateVersion7();
        var publication = publish ? new Publication(id, request.Status ?? "provisional") : null;
        var definitions = (request.Metrics ?? MetricDefinitions.Ids).Distinct().Order(StringComparer.Ordinal).Select(MetricDefinitions.Get).ToList();
        var recomputation = await Recomputation.BeginAsync(session, ct);
        await recomputation.MarkNewDayAsync(ct);
        var metrics = await recomputation.RunAsync(definitions, from.First, next, publication, ct);
        var (firstMonth, lastMonth) = (Period.MonthOf(from.First), Period.MonthOf(next.AddDays(-1)));
        var computation = new Computation(
            caller.Organisation, recomputation.Now, firstMonth.Label, lastMonth.Label, publish, publication?.Status, metrics)
        {
            Id = id,
        };
        session.Insert(computation);
        await session.SaveChangesAsync(ct);
        return TypedResults.Created($"/v1/metrics/computations/{id}", ComputationView.Of(computation));
    }
}
