using IntegratedCare.Metrics.Areas;
using IntegratedCare.Metrics.Computations;
using IntegratedCare.Metrics.Facts;
using IntegratedCare.Metrics.Values;
using IntegratedCare.Shared.Documents;

namespace IntegratedCare.Metrics;

/// <summary>Metrics' unit of work.</summary>
internal sealed class MetricsSession(IMetricsStore store, ModuleSessionServices services) : ModuleSession(store, "metrics", services)
{
    public static void Declare(StoreDeclaration store)
    {
        store.Document<Computation>("computation");
        store.Tables(FactTables.Of(store.Schema))
            .Tables(AreaNames.Table(store.Schema))
            .Tables(DirtyMonths.Tables(store.Schema))
            .Tables(ValueTables.Of(store.Schema));
    }

    /// <summary>The date in London: open spells count to here, and a running period ends here.</summary>
    public DateOnly Today => LondonTime.Today(Clock);

    /// <summary>Writers of facts must see each other's rows to mark what they change: outboxes of different modules are dispatched at the same time.</summary>
    public Task LockFactsAsync(CancellationToken ct) => LockAsync("fact", ct);

    /// <summary>Values are written by one transaction at a time. Take the time after it, so that versions follow each other in time too.</summary>
    public async Task LockValuesAsync(CancellationToken ct)
    {
        await LockAsync("value", ct);
        await ExecuteAsync("SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL work_mem = '32MB'", ct);
    }
}
