using IntegratedCare.Metrics.Definitions;
using IntegratedCare.Metrics.Events;
using IntegratedCare.Metrics.Values;

namespace IntegratedCare.Metrics.Computations;

/// <summary>The publication of a computation's values, under its id.</summary>
/// <param name="Status"><c>provisional</c> or <c>final</c>.</param>
internal sealed record Publication(Guid Id, string Status);

/// <summary>
/// The only code that changes values, for live values and for computations: it reads the dirty months, computes them, deletes the marks,
/// replaces live values, and freezes or restates published ones. The caller saves.
/// </summary>
/// <remarks>
/// A transaction that has written anything holds every outbox back: nothing is written before everything is computed.
/// </remarks>
internal sealed class Recomputation
{
    private const int ValuesPerEvent = 1000;
    private readonly MetricsSession _session;

    private Recomputation(MetricsSession session) => (_session, Now) = (session, session.Clock.GetUtcNow());

    /// <summary>When the computed values became known.</summary>
    public DateTimeOffset Now { get; }

    private DateOnly Today => LondonTime.DateOf(Now);

    public static async Task<Recomputation> BeginAsync(MetricsSession session, CancellationToken ct)
    {
        await session.LockValuesAsync(ct);
        return new Recomputation(session);
    }

    /// <inheritdoc cref="DirtyMonths.MarkNewDayAsync"/>
    public Task<bool> MarkNewDayAsync(CancellationToken ct) => DirtyMonths.MarkNewDayAsync(_session, Today, ct);

    /// <summary>Recomputes the metrics and months that have been dirty longest.</summary>
    public async Task RunOldestAsync(int maxMonths, CancellationToken ct)
    {
        var dirty = await DirtyMonths.OldestAsync(_session, maxMonths, ct);
        var work = dirty.Months.GroupBy(m => m.Metric, m => m.Month).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Where(g => MetricDefinitions.Find(g.Key) is not null)
            .Select(g => new Work(MetricDefinitions.Get(g.Key), PeriodsOf([.. g]), []));
        await RunAsync(dirty, [.. work], null, everyPublished: false, ct);
    }

    /// <summary>
    /// Recomputes some metrics in a range of months, dirty or not. Published values are compared with the live ones even where none of
    /// these changed.
    /// </summary>
    public async Task<IReadOnlyList<ComputedMetric>> RunAsync(
        IReadOnlyList<MetricDefinition> definitions, DateOnly first, DateOnly next, Publication? publication, CancellationToken ct)
    {
        var dirty = await DirtyMonths.OfAsync(_session, definitions.Select(d => d.Id), first, next, ct);
        var months = new List<DateOnly>();
        for (var month = first; month < next; month = month.AddMonths(1))
            months.Add(month);
        var periods = PeriodsOf(months);
        // A quarter is frozen only whole; one that is partly in the range is restated if it had been published.
        var whole = publication is null ? [] : periods.Where(p => p.First >= first && p.Next <= next).ToList();
        return await RunAsync(dirty, [.. definitions.Select(d => new Work(d, periods, whole))], publication, everyPublished: true, ct);
    }

    private async Task<IReadOnlyList<ComputedMetric>> RunAsync(
        DirtyMonths dirty, IReadOnlyList<Work> work, Publication? publication, bool everyPublished, CancellationToken ct)
    {
        var computed = new List<IReadOnlyList<KeptValue>>();
        foreach (var (definition, periods, _) in work)
            computed.Add(await _session.ComputeAsync(definition, periods, Today, ct));

        await dirty.DeleteAsync(_session, ct);
        var store = new ValueStore(_session, Now, dirty.Watermark);
        var (published, restated, metrics) = (new List<PublishedValue>(), new List<PublishedValue>(), new List<ComputedMetric>());
        foreach (var ((definition, periods, toPublish), values) in work.Zip(computed))
        {
            var changed = await store.ReplaceLiveAsync(definition, periods, values, ct);
            var stale = PeriodsOf([.. dirty.Months.Where(m => m.Metric == definition.Id).Select(m => m.Month)]).ToHashSet();
            var caughtUp = changed.Count(key => stale.Contains(key.Period));
            var frozen = toPublish.Count > 0 ? await store.PublishAsync(definition, toPublish, publication!.Status, publication.Id, ct) : NewVersions.None;
            var renewed = everyPublished || changed.Count > 0 ? await store.RestateAsync(definition, [.. periods.Except(toPublish)], ct) : NewVersions.None;
            published.AddRange(frozen.Months);
            restated.AddRange(renewed.Months);
            metrics.Add(new ComputedMetric(
                definition.Id, definition.Version, values.Count, changed.Count - caughtUp, caughtUp, frozen.Count, renewed.Count));
        }

        foreach (var chunk in published.Chunk(ValuesPerEvent))
            _session.Publish(new ValuesPublished(publication!.Id, chunk));
        foreach (var chunk in restated.Chunk(ValuesPerEvent))
            _session.Publish(new ValuesRestated(chunk));
        return metrics;
    }

    /// <summary>The months and their quarters that have begun.</summary>
    private IReadOnlyList<Period> PeriodsOf(IReadOnlyCollection<DateOnly> months) =>
        [.. months.Select(Period.MonthOf).Concat(months.Select(Period.QuarterOf)).Distinct().Where(p => p.First <= Today)];

    /// <param name="ToPublish">Those of the periods that are frozen; the others are restated.</param>
    private sealed record Work(MetricDefinition Definition, IReadOnlyList<Period> Periods, IReadOnlyList<Period> ToPublish);
}
