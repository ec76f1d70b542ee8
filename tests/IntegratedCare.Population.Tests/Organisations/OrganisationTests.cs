using System.Net.Http.Json;
using IntegratedCare.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

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

    /// <summary>What an organisation may do follows from its kind alone: a board that set its own would become the operator.</summary>
    [Fact]
    public async Task Only_the_operator_changes_a_kind_or_registers_boards_and_operators()
    {
        using var op = app.Operator;
        await op.PostAsync("/v1/population/organisations", new { code = "QZ9", name = "Board", kind = "integrated-care-board" }, 201);
        await op.PostAsync("/v1/population/organisations", new { code = "RWB", name = "Charity", kind = "voluntary" }, 201);
        using var board = app.ClientFor("demo-integrated-care-board", "operations");
        // Or the board could register the operator as a charity.
        await board.PostAsync("/v1/population/organisations", new { code = "OPR01", name = "Charity", kind = "voluntary" }, 403);
        await op.PostAsync("/v1/population/organisations", new { code = "OPR01", name = "Operator", kind = "system-operator" }, 201);
        foreach (var (code, kind) in new[] { ("QZ9", "system-operator"), ("RWB", "acute-trust") })
        {
            (await board.ChangeAsync(HttpMethod.Put, $"/v1/population/organisations/{code}", new { code, name = "Board", kind }, "*")).ShouldBe(403);
            (await op.GetAsync($"/v1/population/organisations/{code}", 200)).GetProperty("kind").GetString().ShouldNotBe(kind);
        }

        foreach (var kind in new[] { "system-operator", "integrated-care-board" })
            await board.PostAsync("/v1/population/organisations", new { code = "RWC", name = "New", kind }, 403);
        await board.PostAsync("/v1/population/organisations", new { code = "RWC", name = "New", kind = "acute-trust" }, 201);
        (await board.ChangeAsync(HttpMethod.Put, "/v1/population/organisations/RWB", new { code = "RWB", name = "Renamed", kind = "voluntary" }, "*"))
            .ShouldBe(200);
        (await op.ChangeAsync(HttpMethod.Put, "/v1/population/organisations/RWB", new { code = "RWB", name = "Renamed", kind = "acute-trust" }, "*"))
            .ShouldBe(200);
    }

    [Fact]
    public async Task Of_many_who_register_the_same_at_once_one_does_and_the_others_find_it()
    {
        using var op = app.Operator;
        (await TestApp.ManyAtOnceAsync(32, () => op.PostAsJsonAsync("/v1/population/organisations", new { code = "RW32", name = "Once", kind = "acute-trust" })))
            .ShouldBe([.. Enumerable.Repeat(200, 31), 201]);
        (await TestApp.ManyAtOnceAsync(32, () => op.PostAsJsonAsync("/v1/population/places",
            new { code = "ONCE", name = "Once", level = "locality", parent = "PLC" }))).ShouldBe([.. Enumerable.Repeat(200, 31), 201]);
    }

    /// <summary>Whoever is cut off from the database in the middle of a change is told to come back; nothing has changed.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connection_that_is_lost_in_a_transaction_is_503_and_changes_nothing(bool withKey)
    {
        var code = withKey ? "RWL" : "RWK";
        using var op = app.Operator;
        await op.PostAsync("/v1/population/organisations", new { code, name = "Before", kind = "acute-trust" }, 201);
        await using var connection = await app.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync();
        await using var holder = await connection.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand("SELECT 1 FROM population.mt_doc_organisation WHERE code = $1 FOR UPDATE", connection)
        { Parameters = { new() { Value = code } } })
            await hold.ExecuteNonQueryAsync();
        using var amend = new HttpRequestMessage(HttpMethod.Put, $"/v1/population/organisations/{code}")
        {
            Content = JsonContent.Create(new { code, name = "After", kind = "acute-trust" }),
        };
        amend.Headers.TryAddWithoutValidation("If-Match", "*");
        if (withKey)
            amend.Headers.Add("Idempotency-Key", Guid.CreateVersion7().ToString());
        var amending = op.SendAsync(amend);
        while (!amending.IsCompleted && await app.ScalarAsync<long>(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") == 0)
            await Task.Delay(10);
        using var answer = await amending;
        (await answer.JsonAsync(503)).GetProperty("code").GetString().ShouldBe("unavailable");
        await holder.RollbackAsync();
        (await op.GetAsync($"/v1/population/organisations/{code}", 200)).GetProperty("name").GetString().ShouldBe("Before");
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
