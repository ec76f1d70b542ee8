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

    /// <summary>
    /// Facts are written by one transaction at a time: events of different modules arrive at the same time, and each must see the other's rows
    /// to mark the right months.
    /// </summary>
    public Task LockFactsAsync(CancellationToken ct) => LockAsync("fact", ct);

    /// <summary>Values are written by one transaction at a time. Read the clock after taking the lock, so that later versions have later times.</summary>
    public async Task LockValuesAsync(CancellationToken ct)
    {
        await LockAsync("value", ct);
        await ExecuteAsync("SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL work_mem = '32MB'", ct);
    }
}
