using IntegratedCare.Metrics.Facts;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace IntegratedCare.Metrics.Tests.Facts;

/// <summary>A run looks up what it changes, however large the run and the table: it never reads the table.</summary>
public sealed class FactStoreTests(TestApp app) : IClassFixture<TestApp>
{
    private const int Kept = 200_000;
    private const int Run = 11_000;

    [Fact]
    public async Task A_large_run_of_facts_reads_no_more_than_it_changes()
    {
        await FillAsync(
            $"""
            INSERT INTO metrics.fact (source, record_id, version, cancelled, kind, person_id, start_at, day, ordinary, emergency, acs)
            SELECT 'RZ1', 'kept-' || n, 1, false, 'inpatient-spell', gen_random_uuid(), now(), '2026-01-01', true, true, false
            FROM generate_series(1, {Kept}) AS n
            """, "metrics.fact");
        var facts = Enumerable.Range(0, Run).Select(n => SampleFacts.Spell($"kept-{n * 17}", Guid.CreateVersion7(), "2026-01-01", "2026-01-02", version: 2));
        (await WholeReadsAsync("metrics.fact", session => session.UpsertFactsAsync(facts, default))).ShouldBe(0);
    }

    [Fact]
    public async Task A_large_run_of_deaths_reads_no_more_than_it_changes()
    {
        await FillAsync(
            $"""
            INSERT INTO metrics.death (person_id, version, died_on)
            SELECT ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 1, '2026-01-01' FROM generate_series(1, {Kept}) AS n
            """, "metrics.death");
        await FillAsync(
            """
            INSERT INTO metrics.register_entry (person_id, version, status, effective, practice)
            SELECT person_id, 1, 'confirmed', '2026-01-01', 'Y99001' FROM metrics.death
            """, "metrics.register_entry");
        var deaths = Enumerable.Range(1, Run)
            .Select(n => (new Guid($"00000000-0000-4000-8000-{n * 17:x12}"), (DateOnly?)SampleFacts.Day("2026-01-02"), 2L)).ToList();
        (await WholeReadsAsync("metrics.death", session => session.UpsertDeathsAsync(deaths, default))).ShouldBe(0);
        (await WholeReadsAsync("metrics.register_entry", session => session.UpsertDeathsAsync(deaths, default))).ShouldBe(0);
    }

    private async Task FillAsync(string sql, string table)
    {
        await using var session = Open();
        await session.BeginAsync();
        await session.ExecuteAsync(sql, default);
        await session.SaveChangesAsync();
        await session.ExecuteAsync($"VACUUM ANALYZE {table}", default);
    }

    /// <summary>How often the transaction read the whole table. Nothing of it is kept.</summary>
    private async Task<long> WholeReadsAsync(string table, Func<MetricsSession, Task> change)
    {
        await using var session = Open();
        await session.BeginAsync();
        var before = await CountAsync();
        await change(session);
        return await CountAsync() - before;

        // What the connection counted before and has not reported yet is in it too.
        async Task<long> CountAsync()
        {
            await using var count = await session.CommandAsync(
                "SELECT coalesce((SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relid = $1::regclass), 0)", default, table);
            return (long)(await count.ExecuteScalarAsync())!;
        }
    }

    private MetricsSession Open() => app.Services.GetRequiredService<ModuleSessions<MetricsSession>>().Open();
}
