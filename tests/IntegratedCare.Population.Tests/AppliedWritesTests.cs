using IntegratedCare.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace IntegratedCare.Population.Tests;

/// <summary>Reads wait for what was acknowledged, but not for ever.</summary>
public sealed class AppliedWritesTests(AppliedWritesTests.App app) : IClassFixture<AppliedWritesTests.App>
{
    [Fact]
    public async Task A_read_that_cannot_wait_for_what_was_acknowledged_says_how_far_it_lags()
    {
        await app.BuildAsync();
        var number = app.NextNhsNumber();
        using var op = app.Operator;
        var person = (await op.PostAsync("/v1/population/persons", PopulationScene.Person(number), 201)).GetProperty("id").GetString();
        await app.DrainOutboxAsync();
        using var practice = app.Practice;
        var path = $"/v1/population/persons/{person}/timeline";
        await using (var older = await app.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync())
        await using (await older.BeginTransactionAsync())
        {
            // Posted events wait for the turn that reactions which change records take.
            await using (var command = new NpgsqlCommand("SELECT pg_advisory_xact_lock(hashtextextended('population|records', 0))", older))
                await command.ExecuteScalarAsync();
            using var trust = app.Trust;
            await trust.PostAsync("/v1/population/events", PopulationScene.Spell("lag-1", number, "spell-lag"), 202, mediaType: "application/cloudevents+json");
            using var lagging = await practice.GetAsync(path);
            (await lagging.JsonAsync(200)).GetProperty("items").GetArrayLength().ShouldBe(0);
            int.Parse(lagging.Headers.GetValues("X-Applied-Lag").Single()).ShouldBeInRange(1, 60);
            // Nor is it hidden that somebody may only be unknown so far.
            using var missing = await trust.GetAsync($"/v1/population/persons/{person}");
            await missing.JsonAsync(404);
            missing.Headers.Contains("X-Applied-Lag").ShouldBeTrue();
        }

        await app.DrainOutboxAsync();
        using var fresh = await practice.GetAsync(path);
        (await fresh.JsonAsync(200)).GetProperty("items").GetArrayLength().ShouldBe(1);
        fresh.Headers.Contains("X-Applied-Lag").ShouldBeFalse();
    }

    public sealed class App : PopulationScene
    {
        protected override IEnumerable<KeyValuePair<string, string?>> Settings => [new("Population:ReadsWaitAtMost", "00:00:00.300")];
    }
}
