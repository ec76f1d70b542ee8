using System.Text.Json;
using IntegratedCare.Shared;
using IntegratedCare.Population.Tests.Stratifications;
using IntegratedCare.Testing;

namespace IntegratedCare.Population.Tests.HighRisk;

public sealed class EventsToRegisterTests(PopulationScene app) : IClassFixture<PopulationScene>
{
    [Fact]
    public async Task What_vendors_post_is_scored_proposed_confirmed_and_ended_by_a_death()
    {
        await app.BuildAsync();
        var numbers = Enumerable.Range(0, 3).Select(_ => app.NextNhsNumber()).ToArray();
        foreach (var number in numbers)
            await app.Operator.PostAsync("/v1/population/persons", PopulationScene.Person(number), 201);
        await PostAsync(PopulationScene.Spell("r1", numbers[0], "spell-r1", diagnoses: ["F000", "N390", "W19X", "R268"]));
        await PostAsync(PopulationScene.Spell("r2", numbers[0], "spell-r2", diagnoses: ["F000"], admitted: "2026-02-01T10:00:00Z",
            discharged: "2026-02-02T10:00:00Z"));
        await PostAsync(PopulationScene.Spell("r3", numbers[1], "spell-r3", diagnoses: ["G811"]));
        await PostAsync(PopulationScene.Spell("r4", numbers[1], "spell-r3", 2, "cancelled"));
        await app.DrainOutboxAsync();

        var risk = app.ClientFor("demo-practice", "risk-stratification", "name=Jo Bell; role=gp");
        var started = await app.ClientFor("demo-operator", "risk-stratification")
            .PostAsync("/v1/population/stratifications", new { model = RiskTest.Hfrs, indexDate = "2026-03-31" }, 202);
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while ((await risk.GetAsync($"/v1/population/stratifications/{started.GetProperty("id").GetString()}", 200)).GetProperty("state")
            .GetString() != "completed")
            await Task.Delay(30, timeout.Token);

        var entry = (await risk.GetAsync("/v1/population/high-risk-register?status=proposed", 200)).GetProperty("items").EnumerateArray()
            .ShouldHaveSingleItem();
        (entry.GetProperty("nhsNumber").GetString(), entry.GetProperty("score").GetDouble(), entry.GetProperty("band").GetString())
            .ShouldBe((numbers[0], 16.1, "high"));
        var score = (await app.Practice.GetAsync($"/v1/population/persons/{entry.GetProperty("personId").GetString()}/risk", 200)).GetProperty("scores")[0];
        score.GetProperty("emergencyAdmissionsIn12Months").GetInt32().ShouldBe(2);
        score.GetProperty("conditions")[0].GetProperty("recordId").GetString().ShouldBe("spell-r1");
        score.GetProperty("conditions")[0].GetProperty("firstRecorded").GetString().ShouldBe("2026-02-01");

        var path = $"/v1/population/high-risk-register/{entry.GetProperty("entryId").GetString()}";
        await risk.PostAsync($"{path}/confirm", "", 200, "\"1\"");
        await PostAsync(new
        {
            specversion = "1.0",
            id = "r5",
            source = "urn:ods:RZ1",
            type = "uk.integratedcare.death-recorded.v1",
            subject = numbers[0],
            data = new { recordId = "death-r", recordVersion = 1, date = "2026-04-02" }
        });
        await app.DrainOutboxAsync();
        (await risk.GetAsync(path, 200)).GetProperty("status").GetString().ShouldBe("ended");
    }

    private async Task<JsonElement> PostAsync(object @event) =>
        await app.Trust.PostAsync("/v1/population/events", JsonSerializer.Serialize(@event, SharedJson.Wire), 202, mediaType: "application/cloudevents+json");
}
