using System.Net.Http.Json;
using IntegratedCare.Testing;

namespace IntegratedCare.Population.Tests.Places;

public sealed class PlaceTests(PopulationScene app) : IClassFixture<PopulationScene>, IAsyncLifetime
{
    public async ValueTask InitializeAsync() => await app.BuildAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_locality_amended_to_what_it_is_keeps_its_version_and_a_new_practice_raises_it()
    {
        using var op = app.Operator;
        await op.PostAsync("/v1/population/places", new
        {
            code = "EAST",
            name = "East",
            level = "locality",
            parent = "PLC",
            practices = new[] { new { practice = "Y99001" } }
        }, 201);
        (await AmendAsync(op, "\"1\"", "Y99001")).ShouldBe("\"1\"");
        (await AmendAsync(op, "\"1\"", "Y99001", "Y99002")).ShouldBe("\"2\"");
        await app.DrainOutboxAsync();
        (await app.ScalarAsync<string>(
            "SELECT string_agg(practice || ' ' || place || ' ' || system, ', ' ORDER BY practice) FROM population.practice_place WHERE locality = 'EAST'"))
            .ShouldBe("Y99001 PLC SYS, Y99002 PLC SYS");
    }

    [Fact]
    public async Task Of_two_who_amend_any_version_at_once_one_is_412()
    {
        using var op = app.Operator;
        await op.PostAsync("/v1/population/places", new { code = "TWICE", name = "Twice", level = "locality", parent = "PLC" }, 201);
        var place = await app.ScalarAsync<Guid>("SELECT id FROM population.mt_doc_place WHERE code = 'TWICE'");
        var changes = 0;

        (await app.TwiceAtOnceAsync("population.mt_doc_place", place, () => op.ChangeAsync(HttpMethod.Put, "/v1/population/places/TWICE",
            new { code = "TWICE", name = $"Name {Interlocked.Increment(ref changes)}", level = "locality", parent = "PLC" }, "*"))).ShouldBe([200, 412]);

        await app.DrainOutboxAsync();
        (await app.ScalarAsync<long>("SELECT mt_version FROM population.mt_doc_place WHERE code = 'TWICE'")).ShouldBe(2L);
    }

    private static async Task<string> AmendAsync(HttpClient client, string version, params string[] practices)
    {
        using var amend = new HttpRequestMessage(HttpMethod.Put, "/v1/population/places/EAST")
        {
            Content = JsonContent.Create(new
            {
                code = "EAST",
                name = "East",
                level = "locality",
                parent = "PLC",
                practices = practices.Select(practice => new { practice })
            }),
        };
        amend.Headers.TryAddWithoutValidation("If-Match", version);
        using var amended = await client.SendAsync(amend);
        await amended.JsonAsync(200);
        return amended.Headers.ETag!.Tag;
    }
}
