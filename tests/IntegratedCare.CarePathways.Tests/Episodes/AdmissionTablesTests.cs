using IntegratedCare.CarePathways.Episodes;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace IntegratedCare.CarePathways.Tests.Episodes;

public sealed class AdmissionTablesTests(TestApp app) : IClassFixture<TestApp>
{
    private const int Kept = 200_000;
    private const int Run = 11_000;

    /// <summary>Which episodes a run concerns is looked up, however large the run and the tables: neither table is read.</summary>
    [Fact]
    public async Task A_large_run_of_admissions_reads_no_more_than_it_concerns()
    {
        await using var session = app.Services.GetRequiredService<ModuleSessions<CarePathwaysSession>>().Open();
        await session.ExecuteAsync(
            $$"""
            INSERT INTO care_pathways.mt_doc_episode (id, data, mt_version, has_key_worker, organisations, status, practice, person_id, pathway)
            SELECT gen_random_uuid(), '{}', 1, false, '{}', 'Active', 'Y99001', {{Person}}, 'p' FROM generate_series(1, {{Kept}}) AS n
            """, default);
        await session.ExecuteAsync(
            $"INSERT INTO care_pathways.admission SELECT 'RZ1', 'kept-' || n, gen_random_uuid() FROM generate_series(1, {Kept}) AS n", default);
        await session.ExecuteAsync("VACUUM ANALYZE care_pathways.mt_doc_episode, care_pathways.admission", default);
        var persons = Enumerable.Range(1, Run).Select(n => new Guid($"00000000-0000-4000-8000-{n * 17:x12}")).ToArray();

        await session.BeginAsync();
        var before = await WholeReadsAsync();
        (await session.ListAffectedAsync(persons, [.. Enumerable.Range(1, Run).Select(n => ("RZ1", $"kept-{n * 17}"))], default)).Count.ShouldBe(2 * Run);
        (await WholeReadsAsync()).ShouldBe(before);

        async Task<object?> WholeReadsAsync()
        {
            await using var scans = await session.CommandAsync(
                "SELECT sum(seq_scan)::bigint FROM pg_stat_xact_user_tables WHERE relname IN ('mt_doc_episode', 'admission')", default);
            return await scans.ExecuteScalarAsync();
        }
    }

    private const string Person = "('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid";
}
