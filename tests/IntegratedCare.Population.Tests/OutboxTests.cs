using IntegratedCare.Shared.Outbox;
using IntegratedCare.Testing;

namespace IntegratedCare.Population.Tests;

/// <summary>An event that cannot be applied stands aside: retried, parked, redriven; the others go on.</summary>
public sealed class OutboxTests(OutboxTests.App app) : IClassFixture<OutboxTests.App>
{
    private const string Retries = "(SELECT * FROM metrics.delivery_retry UNION ALL SELECT * FROM care_pathways.delivery_retry)";
    private const string Handlers = $"SELECT count(*) FROM {Retries} AS r WHERE name = 'population.death-withdrawn.v1'";

    [Fact]
    public async Task An_event_that_cannot_be_read_is_set_aside_and_applied_once_it_is_mended_and_redriven()
    {
        await app.BuildAsync();
        await app.ScalarAsync<long>(
            $$"""
            WITH {{OutboxWriter.Stores("population",
                """SELECT gen_random_uuid(), 'population.death-withdrawn.v1', NULL, '{"personId":"nonsense","version":1}', 40, now(), NULL""")}}
            SELECT seq FROM outbox_row
            """);
        // What comes after it, in the same outbox, is not held up.
        var number = app.NextNhsNumber();
        using var op = app.Operator;
        var person = (await op.PostAsync("/v1/population/persons", PopulationScene.Person(number), 201)).GetProperty("id").GetString();
        using var trust = app.Trust;
        await trust.PostAsync("/v1/population/events", PopulationScene.Spell("o1", number, "spell-o"), 202, mediaType: "application/cloudevents+json");
        using var practice = app.Practice;
        await UntilAsync(async () => (await practice.GetAsync($"/v1/population/persons/{person}/timeline", 200)).GetProperty("items").GetArrayLength() == 1);
        await UntilAsync(async () => (await op.GetAsync("/v1/operations/outbox", 200)).EnumerateArray()
            .Single(b => b.GetProperty("module").GetString() == "population")
            .GetProperty("waiting").GetInt64() == 0);
        var handlers = await app.ScalarAsync<long>(Handlers);
        handlers.ShouldBeGreaterThanOrEqualTo(2);
        (await app.ScalarAsync<string>($"SELECT min(error) FROM {Retries} AS r")).ShouldStartWith("JsonException");

        // Between two attempts that are far enough apart for what follows to fall between them.
        await UntilAsync(async () => await app.ScalarAsync<int>($"SELECT min(attempts) FROM {Retries} AS r") >= 5);
        var someone = Guid.CreateVersion7();
        await app.ScalarAsync<long>(
            """
            WITH metrics AS (
              UPDATE metrics.delivery_retry SET parked_at = now(), attempts = 8,
                    payload = json_build_object('personId', $1::uuid, 'version', 1)::text RETURNING id),
            care_pathways AS (
              UPDATE care_pathways.delivery_retry SET parked_at = now(), attempts = 8,
                    payload = json_build_object('personId', $1::uuid, 'version', 1)::text RETURNING id)
            SELECT count(*) FROM (SELECT * FROM metrics UNION ALL SELECT * FROM care_pathways) AS parked
            """, someone);
        await Task.Delay(1500);
        (await app.ScalarAsync<long>(Handlers)).ShouldBe(handlers);
        var parked = (await op.GetAsync("/v1/operations/parked-events", 200)).GetProperty("items").EnumerateArray().ToList();
        parked.Count.ShouldBe((int)handlers);
        foreach (var id in parked.Select(p => p.GetProperty("id").GetString()))
            await op.PostAsync($"/v1/operations/parked-events/{id}/redrive", null, 202);
        await UntilAsync(async () => await app.ScalarAsync<long>(Handlers) == 0);
        (await app.ScalarAsync<long>("SELECT count(*) FROM metrics.death WHERE person_id = $1 AND died_on IS NULL", someone)).ShouldBe(1);
        await op.PostAsync($"/v1/operations/parked-events/{parked[0].GetProperty("id").GetString()}/redrive", null, 404);
    }

    [Fact]
    public async Task An_event_kept_for_a_handler_that_is_no_more_stays_parked_when_it_is_redriven()
    {
        await app.BuildAsync();
        var id = await app.ScalarAsync<Guid>(
            """
            INSERT INTO metrics.delivery_retry (id, position, event_id, handler, producer, name, payload, occurred_at, attempts, next_attempt_at,
                parked_at, error)
            VALUES (gen_random_uuid(), 1, gen_random_uuid(), 'Metrics.OnSomethingLongRenamed', 'population', 'population.death-withdrawn.v1', $1,
                now(), 8, now(), now(), 'broken')
            RETURNING id
            """, $$"""{"personId":"{{Guid.CreateVersion7()}}","version":1}""");
        using var op = app.Operator;
        await op.PostAsync($"/v1/operations/parked-events/{id}/redrive", null, 202);
        await UntilAsync(async () => await app.ScalarAsync<long>("SELECT count(*) FROM metrics.delivery_retry WHERE id = $1 AND parked_at IS NOT NULL", id) == 1
            && await app.ScalarAsync<string>("SELECT error FROM metrics.delivery_retry WHERE id = $1", id) == "There is no such handler in this version.");
        (await op.GetAsync("/v1/operations/parked-events", 200)).GetProperty("items").EnumerateArray()
            .Single(p => p.GetProperty("id").GetGuid() == id).GetProperty("handler").GetString().ShouldBe("Metrics.OnSomethingLongRenamed");
        await app.ScalarAsync<Guid>("DELETE FROM metrics.delivery_retry WHERE id = $1 RETURNING id", id);
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        // Asked once more afterwards, it might be so no longer: something else may wait by then.
        for (var i = 0; i < 100; i++)
        {
            if (await isSo())
                return;
            await Task.Delay(100);
        }

        throw new ShouldAssertException("It has not come to be so in ten seconds.");
    }

    public sealed class App : PopulationScene;
}
