using System.Diagnostics;
using System.Globalization;
using IntegratedCare.Testing;
using Npgsql;

namespace IntegratedCare.System.Tests;

/// <summary>
/// A host that stands still, its connections open, is replaced within 15 s, and changes nothing when it wakes. The one that serves the
/// reactions stands still for 25 s, or for as many seconds as <c>INTEGRATED_CARE_FROZEN_SECONDS</c> says.
/// </summary>
public sealed class FrozenHostTests
{
    private static readonly TimeSpan Frozen = TimeSpan.FromSeconds(
        int.Parse(Environment.GetEnvironmentVariable("INTEGRATED_CARE_FROZEN_SECONDS") ?? "25", CultureInfo.InvariantCulture));

    /// <summary>A row for each event of each run that was committed: an upsert that is done twice leaves two.</summary>
    private const string CountEffects =
        """
        CREATE TABLE public.effect (code text);
        CREATE FUNCTION public.count_effect() RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN INSERT INTO public.effect VALUES (NEW.code); RETURN NEW; END $$;
        CREATE TRIGGER count_effect BEFORE INSERT ON commissioning.organisation FOR EACH ROW EXECUTE FUNCTION public.count_effect();
        """;

    [Fact]
    public async Task A_host_that_stands_still_in_a_run_is_replaced_and_wakes_to_nothing()
    {
        await using var database = await TestApp.CreateDatabaseAsync();
        await using var still = await HostProcess.StartAsync(database.ConnectionString);
        await UntilAsync(async () => await OwnersAsync() == 1, TimeSpan.FromSeconds(20));
        await using var healthy = await HostProcess.StartAsync(database.ConnectionString);
        using var op = await healthy.ClientAsync("demo-operator", "operations");
        using var health = new HttpClient { BaseAddress = healthy.Url };
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        await ExecuteAsync(connection, CountEffects);

        using var watching = new CancellationTokenSource();
        var watched = WatchAsync(watching.Token);
        var registered = 0;
        var longest = TimeSpan.Zero;
        await RegisterAsync();
        await UntilAsync(async () => await AppliedAsync() == 1, TimeSpan.FromSeconds(20));
        var first = await OwnerAsync();

        // It stands still in the middle of a run: the statement is done, and the commit not sent.
        await using (var holder = await connection.BeginTransactionAsync())
        {
            await ExecuteAsync(connection, "LOCK TABLE commissioning.organisation IN SHARE MODE");
            await RegisterAsync();
            await UntilAnyAsync("wait_event_type = 'Lock' AND strpos(query, 'commissioning.organisation') > 0");
            await still.FreezeAsync();
            await holder.RollbackAsync();
        }

        await UntilAnyAsync("state = 'idle in transaction' AND strpos(query, 'commissioning.organisation') > 0");
        var frozen = Stopwatch.StartNew();
        await WaitForAllAsync();
        longest.ShouldBeGreaterThan(TimeSpan.FromSeconds(1), "it was served by the host that stood still");
        while (frozen.Elapsed < Frozen)
        {
            await RegisterAsync();
            await WaitForAllAsync();
            await Task.Delay(200);
        }

        (await OwnerAsync()).ShouldNotBe(first, "the host that stands still serves no more");
        await still.ThawAsync();
        for (var i = 0; i < 10; i++)
        {
            await RegisterAsync();
            await Task.Delay(100);
        }

        await WaitForAllAsync();
        (await OwnersAsync()).ShouldBe(1);
        (await CareSystem.ScalarAsync<long>(database.ConnectionString, "SELECT count(*) FROM commissioning.delivery_retry")).ShouldBe(0);

        await watching.CancelAsync();
        var answers = await watched;
        answers.Count.ShouldBeGreaterThan(20);
        answers.ShouldAllBe(a => a.Status == 200 && a.Took < TimeSpan.FromSeconds(15), "the healthy host was ready all the time");

        // The one that woke serves its callers, and takes over again when the other is gone.
        await healthy.KillAsync();
        using var other = await still.ClientAsync("demo-operator", "operations");
        await RegisterAsync(other);
        await WaitForAllAsync();
        (await CareSystem.ScalarAsync<long>(database.ConnectionString, "SELECT count(*) FROM commissioning.organisation WHERE code LIKE 'FZ%'"))
            .ShouldBe(registered);
        (await EffectsAsync()).ShouldBe(registered, "something was applied twice");
        TestContext.Current.SendDiagnosticMessage($"The longest wait of {registered} was {longest.TotalSeconds:0.0} s.");

        async Task RegisterAsync(HttpClient? by = null)
        {
            var n = registered++;
            var took = Stopwatch.StartNew();
            await (by ?? op).PostAsync("/v1/population/organisations", new { code = $"FZ{n:00000}", name = $"Organisation {n}", kind = "voluntary" }, 201);
            took.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(15));
        }

        async Task WaitForAllAsync()
        {
            var waited = Stopwatch.StartNew();
            await UntilAsync(async () => await AppliedAsync() >= registered, TimeSpan.FromSeconds(15));
            longest = waited.Elapsed > longest ? waited.Elapsed : longest;
            (await EffectsAsync()).ShouldBe(registered, "something was applied twice");
        }

        async Task<List<(int Status, TimeSpan Took)>> WatchAsync(CancellationToken ct)
        {
            var seen = new List<(int, TimeSpan)>();
            while (!ct.IsCancellationRequested)
            {
                var asked = Stopwatch.StartNew();
                using var ready = await health.GetAsync("/health/ready", CancellationToken.None);
                seen.Add(((int)ready.StatusCode, asked.Elapsed));
                await Task.Delay(200, CancellationToken.None);
            }

            return seen;
        }

        Task UntilAnyAsync(string condition) => UntilAsync(async () => await CareSystem.ScalarAsync<long>(database.ConnectionString,
            $"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND {condition}") > 0,
            TimeSpan.FromSeconds(10));
        Task<long> AppliedAsync() => CareSystem.ScalarAsync<long>(database.ConnectionString,
            "SELECT count(DISTINCT code) FROM public.effect WHERE code LIKE 'FZ%'");
        Task<long> EffectsAsync() => CareSystem.ScalarAsync<long>(database.ConnectionString, "SELECT count(*) FROM public.effect WHERE code LIKE 'FZ%'");
        Task<long> OwnersAsync() => CareSystem.ScalarAsync<long>(database.ConnectionString, "SELECT count(DISTINCT owner) FROM commissioning.subscription");
        Task<Guid> OwnerAsync() => CareSystem.ScalarAsync<Guid>(database.ConnectionString, "SELECT owner FROM commissioning.subscription LIMIT 1");
    }

    /// <summary>It serves no reaction: nobody takes anything over from it, and still nobody waits for what its request has locked.</summary>
    [Fact]
    public async Task What_a_request_has_locked_on_a_host_that_stands_still_is_free_again()
    {
        await using var database = await TestApp.CreateDatabaseAsync();
        await using var healthy = await HostProcess.StartAsync(database.ConnectionString);
        await UntilAsync(async () => await CareSystem.ScalarAsync<long>(database.ConnectionString,
            "SELECT count(DISTINCT owner) FROM commissioning.subscription") == 1, TimeSpan.FromSeconds(20));
        await using var still = await HostProcess.StartAsync(database.ConnectionString);
        using var op = await healthy.ClientAsync("demo-operator", "operations");
        using var other = await still.ClientAsync("demo-operator", "operations");
        other.Timeout = TimeSpan.FromSeconds(60);
        await op.PostAsync("/v1/population/organisations", Named("First"), 201);

        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        await using var holder = await connection.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand("SELECT FROM population.mt_doc_organisation WHERE code = 'FZ00001' FOR UPDATE", connection))
            await hold.ExecuteNonQueryAsync();
        var lost = AmendAsync(other, "Of the host that stands still");
        await UntilAnyAsync("wait_event_type = 'Lock' AND strpos(query, 'mt_doc_organisation') > 0");
        await still.FreezeAsync();
        await holder.RollbackAsync();
        await UntilAnyAsync("state = 'idle in transaction' AND state_change < now() - interval '500 milliseconds'");

        var waited = Stopwatch.StartNew();
        (await AmendAsync(op, "Of the other")).ShouldBe(200);
        waited.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(15));
        await still.ThawAsync();
        (await lost).ShouldBe(503);
        (await CareSystem.ScalarAsync<string>(database.ConnectionString, "SELECT data ->> 'name' FROM population.mt_doc_organisation WHERE code = 'FZ00001'"))
            .ShouldBe("Of the other");
        (await AmendAsync(other, "Of the one that woke")).ShouldBe(200);

        Task UntilAnyAsync(string condition) => UntilAsync(async () => await CareSystem.ScalarAsync<long>(database.ConnectionString,
            $"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND {condition}") > 0, TimeSpan.FromSeconds(10));
        static object Named(string name) => new { code = "FZ00001", name, kind = "voluntary" };
        static Task<int> AmendAsync(HttpClient client, string name) =>
            client.ChangeAsync(HttpMethod.Put, "/v1/population/organisations/FZ00001", Named(name), "*");
    }

    /// <summary>Connections of processes that do not beat, beat on another connection, or belong to another database.</summary>
    [Fact]
    public async Task Only_a_host_whose_beats_have_ended_loses_its_connections()
    {
        await using var database = await TestApp.CreateDatabaseAsync();
        await using var host = await HostProcess.StartAsync(database.ConnectionString);
        const string Beat = "/* heartbeat */ SELECT 1";
        await using var stalled = await ConnectAsync("integrated-care 1", Beat);
        await using var silent = await ConnectAsync("integrated-care 2", "SELECT 1");
        await using var old = await ConnectAsync("integrated-care 3", Beat);
        await using var fresh = await ConnectAsync("integrated-care 3", Beat);
        await using var elsewhere = await ConnectAsync("integrated-care 1", Beat, "postgres");
        await using var person = await ConnectAsync("psql", Beat);
        await UntilAsync(async () =>
        {
            await ExecuteAsync(fresh, Beat);
            return await CareSystem.ScalarAsync<long>(database.ConnectionString,
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'integrated-care 1' AND datname = current_database()") == 0;
        }, TimeSpan.FromSeconds(15));

        foreach (var connection in new[] { silent, old, fresh, elsewhere, person })
            await ExecuteAsync(connection, "SELECT 1");
        await Should.ThrowAsync<NpgsqlException>(() => ExecuteAsync(stalled, "SELECT 1"));

        async Task<NpgsqlConnection> ConnectAsync(string name, string statement, string? other = null)
        {
            var settings = new NpgsqlConnectionStringBuilder(database.ConnectionString) { ApplicationName = name, Pooling = false };
            settings.Database = other ?? settings.Database;
            var connection = new NpgsqlConnection(settings.ConnectionString);
            await connection.OpenAsync();
            await ExecuteAsync(connection, statement);
            return connection;
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string statement)
    {
        await using var command = new NpgsqlCommand(statement, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task UntilAsync(Func<Task<bool>> holds, TimeSpan limit)
    {
        for (var waited = Stopwatch.StartNew(); !await holds(); await Task.Delay(50))
            waited.Elapsed.ShouldBeLessThan(limit);
    }
}
