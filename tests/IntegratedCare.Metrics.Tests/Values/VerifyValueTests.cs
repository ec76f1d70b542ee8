using System.Text.Json;
using IntegratedCare.Metrics.Computations;
using IntegratedCare.Metrics.Definitions;
using IntegratedCare.Metrics.Values;
using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace IntegratedCare.Metrics.Tests.Values;

public sealed class VerifyValueTests(TestApp app) : IClassFixture<TestApp>
{
    [Fact]
    public async Task Lineage_counts_each_step_and_verify_says_same_until_the_value_is_spoilt()
    {
        await app.SendAsync(new RegisterCounted([SampleFacts.Month("Y99001", "2026-07", 1000)]));
        var persons = Enumerable.Range(0, 30).Select(_ => Guid.CreateVersion7()).ToArray();
        await app.SendFactsAsync(
        [
            .. persons[..9].Select((p, i) => SampleFacts.Spell($"acs{i}", p, "2026-07-10", "2026-07-12", diagnoses: ["J459"])),
            .. persons[9..14].Select((p, i) => SampleFacts.Spell($"other{i}", p, "2026-07-11", "2026-07-12")),
            SampleFacts.Spell("elective", persons[20], "2026-07-11", "2026-07-12", method: "11"),
            SampleFacts.Spell("day case", persons[21], "2026-07-11", "2026-07-11", patientClass: "2"),
            SampleFacts.Spell("cancelled", persons[22], "2026-07-11", "2026-07-12", cancelled: true),
        ]);
        await app.FreshAsync();
        using var client = app.ClientFor("demo-operator", "operations");
        var value = (await client.GetAsync("/v1/metrics/values?metric=acs_admissions&area=Y99001&from=2026-07&to=2026-07", 200)).GetProperty("items")[0];
        var id = value.GetProperty("id").GetString();

        var lineage = await client.GetAsync($"/v1/metrics/values/{id}/lineage", 200);
        lineage.GetProperty("value").GetRawText().ShouldBe(value.GetRawText());
        lineage.GetProperty("definition").GetProperty("id").GetString().ShouldBe("acs_admissions");
        lineage.GetProperty("codeList").GetProperty("rows").GetInt32().ShouldBe(35);
        lineage.GetProperty("steps").EnumerateArray().Select(s => s.GetProperty("count").GetInt64()).ShouldBe([17, 16, 15, 14, 9]);

        using var commissioner = app.ClientFor("demo-commissioner", "commissioning");
        var seen = await commissioner.GetAsync($"/v1/metrics/values/{id}/lineage", 200);
        seen.GetProperty("steps").EnumerateArray().Select(s => s.GetProperty("count").GetInt64()).ShouldBe([15, 15, 15, 15, 10]);

        var beds = (await client.GetAsync("/v1/metrics/values?metric=total_bed_days&area=Y99001&from=2026-07&to=2026-07", 200)).GetProperty("items")[0];
        (await client.GetAsync($"/v1/metrics/values/{beds.GetProperty("id").GetString()}/lineage", 200))
            .GetProperty("steps").EnumerateArray().Select(s => s.GetProperty("count").GetInt64()).ShouldBe([17, 16, 15, 15]);

        (await client.PostAsync($"/v1/metrics/values/{id}/verify", null, 200)).GetProperty("result").GetString().ShouldBe("same");
        await using (var spoil = app.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand("UPDATE metrics.value SET numerator = 10 WHERE id = $1"))
        {
            spoil.Parameters.Add(new NpgsqlParameter { Value = Guid.Parse(id!) });
            await spoil.ExecuteNonQueryAsync();
        }

        (await client.PostAsync($"/v1/metrics/values/{id}/verify", null, 200)).GetProperty("result").GetString().ShouldBe("different");
        await client.GetAsync($"/v1/metrics/values/{Guid.CreateVersion7()}/lineage", 404);
    }

    /// <summary>A transaction that has written anything holds the outboxes of all modules back: computing must come before writing.</summary>
    [Fact]
    public async Task Computing_holds_no_outbox_back()
    {
        await app.SendFactsAsync(SampleFacts.Spell("holds-nothing", Guid.CreateVersion7(), "2026-05-03", "2026-05-09"));
        var sessions = app.Services.GetRequiredService<ModuleSessions<MetricsSession>>();
        var day = SampleFacts.Day("2026-11-20");
        await using (var first = sessions.Open())
        {
            await first.LockValuesAsync(CancellationToken.None);
            await DirtyMonths.MarkNewDayAsync(first, day, CancellationToken.None);
            await first.SaveChangesAsync();
        }

        await using var round = sessions.Open();
        await round.LockValuesAsync(CancellationToken.None);
        (await DirtyMonths.MarkNewDayAsync(round, day, CancellationToken.None)).ShouldBeFalse();
        var dirty = await DirtyMonths.OldestAsync(round, 60, CancellationToken.None);
        Period[] periods = [Period.MonthOf(SampleFacts.Day("2026-05-01")), Period.QuarterOf(SampleFacts.Day("2026-05-01"))];
        foreach (var definition in MetricDefinitions.All)
            await round.ComputeAsync(definition, periods, day, CancellationToken.None);
        (await HasWrittenAsync()).ShouldBeFalse();

        await using var insert = await round.CommandAsync(
            "INSERT INTO metrics.dirty (metric, month) VALUES ('total_bed_days', '2026-05-01') RETURNING id", CancellationToken.None);
        var late = (long)(await insert.ExecuteScalarAsync())!;
        await dirty.DeleteAsync(round, CancellationToken.None);
        (await HasWrittenAsync()).ShouldBeTrue();
        (await DirtyMonths.OldestAsync(round, 60, CancellationToken.None)).Marks.ShouldBe([late], "what was marked after the look stays marked");

        async Task<bool> HasWrittenAsync()
        {
            await using var command = await round.CommandAsync("SELECT pg_current_xact_id_if_assigned() IS NOT NULL", CancellationToken.None);
            return (bool)(await command.ExecuteScalarAsync())!;
        }
    }
}
