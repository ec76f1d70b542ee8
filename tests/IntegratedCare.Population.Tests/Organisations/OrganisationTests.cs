using System.Net.Http.Json;
using IntegratedCare.Testing;

namespace IntegratedCare.Population.Tests.Organisations;

public sealed class OrganisationTests(PopulationScene app) : IClassFixture<PopulationScene>, IAsyncLifetime
{
    public async ValueTask InitializeAsync() => await app.BuildAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Consumers keep the highest version: an event that repeats the present state must not take the version of the next change.</summary>
    [Fact]
    public async Task An_organisation_amended_to_what_it_is_keeps_its_version_and_the_next_amendment_reaches_the_others()
    {
        using var op = app.Operator;
        await op.PostAsync("/v1/population/organisations", new { code = "RW1", name = "Before", kind = "acute-trust" }, 201);
        (await AmendAsync(op, "Before", "\"1\"")).ShouldBe("\"1\"");
        (await AmendAsync(op, "After", "\"1\"")).ShouldBe("\"2\"");
        await app.DrainOutboxAsync();
        (await app.ScalarAsync<string>("SELECT display_name || ' ' || version FROM commissioning.organisation WHERE code = 'RW1'")).ShouldBe("After 2");
    }

    [Fact]
    public async Task Organisations_are_listed_by_code_and_kind_a_page_at_a_time()
    {
        using var op = app.Operator;
        var first = await op.GetAsync("/v1/population/organisations?kind=general-practice&limit=1", 200);
        first.GetProperty("items").EnumerateArray().Select(o => o.GetProperty("code").GetString()).ShouldBe(["Y99001"]);
        var second = await op.GetAsync($"/v1/population/organisations?kind=general-practice&limit=1&cursor={first.GetProperty("next").GetString()}", 200);
        second.GetProperty("items").EnumerateArray().Select(o => o.GetProperty("code").GetString()).ShouldBe(["Y99002"]);
        (await op.GetAsync("/v1/population/organisations?kind=nonsense", 200)).GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    private static async Task<string> AmendAsync(HttpClient client, string name, string version)
    {
        using var amend = new HttpRequestMessage(HttpMethod.Put, "/v1/population/organisations/RW1")
        {
            Content = JsonContent.Create(new { code = "RW1", name, kind = "acute-trust" }),
        };
        amend.Headers.TryAddWithoutValidation("If-Match", version);
        using var amended = await client.SendAsync(amend);
        await amended.JsonAsync(200);
        return amended.Headers.ETag!.Tag;
    }
}
