using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using IntegratedCare.Commissioning;
using IntegratedCare.Commissioning.Events;
using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Outbox;
using IntegratedCare.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace IntegratedCare.System.Tests;

/// <summary>Each reaction goes through its producer's outbox on its own, skips nothing, reverses nothing of one key, and waits for no other but for its turn.</summary>
public sealed class DispatchTests(DispatchTests.App app) : IClassFixture<DispatchTests.App>
{
    [Fact]
    public async Task What_commits_late_is_delivered_late_and_not_skipped()
    {
        await using var late = await app.Source.OpenConnectionAsync();
        await using var transaction = await late.BeginTransactionAsync();
        var (first, second) = (Posted("late"), Posted("in time"));
        await WriteAsync(late, first);
        await app.PublishAsync(second);
        await app.UntilAsync(() => Keeper.Seen(second));
        Keeper.Seen(first).ShouldBeFalse();
        await transaction.CommitAsync();
        await app.UntilAsync(() => Keeper.Seen(first));
        Keeper.Count(first).ShouldBe(1);
        Keeper.Count(second).ShouldBe(1);
    }

    /// <summary>The older transaction writes the later event of the key: neither the sequence of transactions nor that of their ids may decide.</summary>
    [Fact]
    public async Task Events_of_one_key_keep_their_order_whichever_transaction_is_older()
    {
        var fund = Guid.CreateVersion7();
        await using var older = await app.Source.OpenConnectionAsync();
        await using var transaction = await older.BeginTransactionAsync();
        await using (var takesAnId = new NpgsqlCommand("SELECT pg_current_xact_id()", older))
            await takesAnId.ExecuteScalarAsync();
        await app.PublishAsync(Posted("first", fund));
        await WriteAsync(older, Posted("second", fund));
        await transaction.CommitAsync();
        await app.PublishAsync(Posted("third", fund));
        await app.UntilAsync(() => Keeper.OfFund(fund).Count == 3);
        Keeper.OfFund(fund).ShouldBe(["first", "second", "third"]);
    }

    [Theory]
    [InlineData("postgres")]
    [InlineData(null)]
    public async Task A_long_transaction_that_wrote_elsewhere_holds_nothing_back(string? database)
    {
        var settings = new NpgsqlConnectionStringBuilder(app.ConnectionString) { Pooling = false };
        settings.Database = database ?? settings.Database;
        await using var other = new NpgsqlConnection(settings.ConnectionString);
        await other.OpenAsync();
        await using var transaction = await other.BeginTransactionAsync();
        await using (var write = new NpgsqlCommand("CREATE TEMP TABLE elsewhere ON COMMIT DROP AS SELECT 1 AS n", other))
            await write.ExecuteNonQueryAsync();
        var posted = Posted("meanwhile");
        var started = Stopwatch.StartNew();
        await app.PublishAsync(posted);
        await app.UntilAsync(() => Keeper.Seen(posted));
        started.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(15));
    }

    [Fact]
    public async Task A_reaction_that_is_new_starts_with_what_is_kept()
    {
        var posted = Posted("before there was anybody to hear of it");
        await app.PublishAsync(posted);
        await app.UntilAsync(() => Keeper.Seen(posted));
        // As if the reaction had been added now: its row is not there. The fence of a new row must not be that of the lease of the old one.
        await app.ExecuteAsync("DELETE FROM commissioning.subscription WHERE handler = 'System.Tests.Keeper'");
        await app.ExecuteAsync("INSERT INTO commissioning.subscription (handler, producer, fence) VALUES ('System.Tests.Keeper', 'commissioning', 1000)");
        await app.UntilAsync(() => Keeper.Count(posted) == 2);
    }

    /// <summary>Or it would fall behind what is kept in memory, and query for itself whenever anything is published.</summary>
    [Fact]
    public async Task A_reaction_to_a_rare_event_goes_on_with_the_others()
    {
        var posted = Posted("not what it waits for");
        await app.PublishAsync(posted);
        await app.UntilAsync(() => Keeper.Seen(posted));
        var feed = new OutboxFeed(app.Source, "commissioning");
        await feed.SequenceAsync(TestContext.Current.CancellationToken);
        feed.Head.ShouldBeGreaterThan(0);
        foreach (var from in (long[])[0, -2])
        {
            var (events, through) = await feed.ReadAsync(
                $"reader from {from}", "commissioning.nothing-of-the-kind.v1", from, TestContext.Current.CancellationToken);
            events.ShouldBeEmpty();
            through.ShouldBe(feed.Head);
        }
    }

    /// <summary>What another host has taken over is not committed any more, and is applied once.</summary>
    [Fact]
    public async Task A_run_under_a_lease_that_is_lost_changes_nothing()
    {
        var posted = Posted("slow");
        Keeper.Wait = new TaskCompletionSource();
        await app.PublishAsync(posted);
        await app.UntilAsync(() => Keeper.WaitsIn == posted.JournalId);
        await app.ExecuteAsync("UPDATE commissioning.subscription SET fence = fence + 1, owner = NULL WHERE handler = 'System.Tests.Keeper'");
        Keeper.Wait.SetResult();
        await app.UntilAsync(() => Keeper.Count(posted) == 2);
        // Applied twice in memory, which a rolled back transaction does not undo; once in the database, by when a later event is there.
        var later = Posted("later");
        await app.PublishAsync(later);
        await app.UntilAsync(async () => await app.ScalarAsync<long>("SELECT count(*) FROM public.kept WHERE journal = $1", later.JournalId) == 1);
        (await app.ScalarAsync<long>("SELECT count(*) FROM public.kept WHERE journal = $1", posted.JournalId)).ShouldBe(1);
    }

    /// <summary>The answer to a commit can be lost with its connection: what was committed then is not applied again.</summary>
    [Fact]
    public async Task A_run_that_was_committed_after_all_changes_nothing()
    {
        var posted = Posted("slow");
        Keeper.Wait = new TaskCompletionSource();
        await app.PublishAsync(posted);
        await app.UntilAsync(() => Keeper.WaitsIn == posted.JournalId);
        await app.ExecuteAsync("UPDATE commissioning.subscription SET position = (SELECT max(position) FROM commissioning.outbox_log) "
            + "WHERE handler = 'System.Tests.Keeper'");
        Keeper.Wait.SetResult();
        var later = Posted("later");
        await app.PublishAsync(later);
        await app.UntilAsync(async () => await app.ScalarAsync<long>("SELECT count(*) FROM public.kept WHERE journal = $1", later.JournalId) == 1);
        (await app.ScalarAsync<long>("SELECT count(*) FROM public.kept WHERE journal = $1", posted.JournalId)).ShouldBe(0);
    }

    [Fact]
    public async Task A_statement_that_takes_too_long_counts_against_its_event_alone()
    {
        var (slow, later) = (Posted("times out"), Posted("after it"));
        // For this event now, and not when it is delivered anew to a reaction that seems to be new.
        Keeper.TimesOutIn = slow.JournalId;
        await app.PublishAsync(slow, later);
        await app.UntilAsync(async () => await app.ScalarAsync<long>("SELECT count(*) FROM public.kept WHERE journal = $1", later.JournalId) == 1);
        await app.UntilAsync(async () => await app.ScalarAsync<long>("SELECT count(*) FROM commissioning.delivery_retry WHERE key = $1",
            slow.FundId.ToString()) == 1);
        Keeper.TimesOutIn = null;
        await app.ExecuteAsync($"DELETE FROM commissioning.delivery_retry WHERE key = '{slow.FundId}'");
    }

    /// <summary>Else a reaction that is new, or far behind, would go from such a page to the head.</summary>
    [Fact]
    public async Task Positions_whose_events_were_dropped_are_passed_over_one_page_at_a_time()
    {
        await app.ExecuteAsync(
            "INSERT INTO metrics.outbox_log (seq, written_on, name, size, occurred_at) "
            + "SELECT -n, '2020-01-01', 'metrics.value-published.v1', 1, now() FROM generate_series(1, 1500) AS n");
        var seq = await app.ScalarAsync<long>(
            "INSERT INTO metrics.outbox (event_id, name, payload, size, occurred_at) VALUES (gen_random_uuid(), 'metrics.value-published.v1', '{}', 2, now()) "
            + "RETURNING seq");
        await app.ExecuteAsync("INSERT INTO metrics.outbox_log (seq, written_on, name, size, occurred_at) "
            + $"SELECT seq, written_on, name, size, occurred_at FROM metrics.outbox WHERE seq = {seq}");
        var feed = new OutboxFeed(app.Source, "metrics");
        await feed.SequenceAsync(TestContext.Current.CancellationToken);
        var (kept, _) = await feed.ReadAsync("keeps up", "metrics.value-published.v1", 0, TestContext.Current.CancellationToken);
        kept.Count.ShouldBe(1);
        var (none, through) = await feed.ReadAsync("lags", "metrics.value-published.v1", -2, TestContext.Current.CancellationToken);
        none.ShouldBeEmpty();
        through.ShouldBeLessThan(kept[0].Position);
        (await feed.ReadAsync("lags", "metrics.value-published.v1", through, TestContext.Current.CancellationToken)).Events.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Payloads_are_compressed_with_what_takes_least_time_where_the_server_has_it()
    {
        var has = await app.ScalarAsync<bool>("SELECT 'lz4' = ANY(enumvals) FROM pg_settings WHERE name = 'default_toast_compression'");
        (await app.ScalarAsync<bool>("SELECT bool_and(attcompression = 'l') FROM pg_attribute WHERE attname = 'payload' "
            + "AND attrelid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = 'population.outbox'::regclass AND inhrelid::regclass::text ~ '[0-9]{8}$')"))
            .ShouldBe(has);
    }

    /// <summary>Else one run of large events would hold as many of them in memory as there are small ones in a run.</summary>
    [Fact]
    public async Task A_run_is_cut_at_eight_megabytes()
    {
        var before = await app.ScalarAsync<long>("SELECT coalesce(max(position), 0) FROM metrics.outbox_log");
        await app.ExecuteAsync(
            """
            WITH large AS (
              INSERT INTO metrics.outbox (event_id, name, payload, size, occurred_at)
              SELECT gen_random_uuid(), 'metrics.large.v1', '{"x":"' || repeat('x', 1000000) || '"}', 1000008, now()
              FROM generate_series(1, 20) RETURNING seq, written_on, name, size, occurred_at)
            INSERT INTO metrics.outbox_log (seq, written_on, name, size, occurred_at) SELECT * FROM large ORDER BY seq
            """);
        var feed = new OutboxFeed(app.Source, "metrics");
        await feed.SequenceAsync(TestContext.Current.CancellationToken);
        // One that has had two keeps the others in memory, where it then finds more than a run may take.
        (await SizesAsync("holds", before + 2, 1)).ShouldBe([9]);
        (await SizesAsync("leads", before + 11, 1)).ShouldBe([9]);
        (await SizesAsync("holds", before + 5, 1)).ShouldBe([9]);
        // One that lags behind what is kept queries for itself.
        (await SizesAsync("lags", before, 3)).ShouldBe([9, 9, 2]);

        async Task<List<int>> SizesAsync(string reader, long position, int runs)
        {
            var sizes = new List<int>();
            while (sizes.Count < runs)
            {
                var (events, through) = await feed.ReadAsync(reader, "metrics.large.v1", position, TestContext.Current.CancellationToken);
                sizes.Add(events.Count);
                position = through;
            }

            return sizes;
        }
    }

    [Fact]
    public async Task A_slow_reaction_and_one_that_fails_delay_no_other()
    {
        var clock = Stopwatch.StartNew();
        var changes = 0;
        var lag = TimeSpan.Zero;
        // 500 events a second for five seconds: as many as the clock says are due. Then until the others have had them all.
        for (var waiting = true; waiting; await Task.Delay(50))
        {
            var posting = clock.Elapsed < TimeSpan.FromSeconds(5);
            if (posting)
            {
                var due = (int)(clock.Elapsed.TotalSeconds * 500) - changes;
                await app.PublishAsync(Enumerable.Range(0, due).Select(n => Changed($"D{changes++:000000}")).ToArray());
            }

            var consumers = (await app.Services.GetRequiredService<OutboxQueries>().BacklogAsync(default)).Single(b => b.Module == "population").Consumers;
            var others = consumers.Where(c => c.Event == OrganisationChanged.Name && c.Handler is not ("System.Tests.Sleeper" or "System.Tests.Failer"))
                .ToList();
            others.Count.ShouldBeGreaterThan(3);
            lag = TimeSpan.FromSeconds(Math.Max(lag.TotalSeconds, others.Max(c => c.OldestSeconds)));
            lag.ShouldBeLessThan(TimeSpan.FromSeconds(2));
            waiting = posting || others.Any(c => c.Waiting > 0);
        }

        changes.ShouldBeGreaterThanOrEqualTo(2300, "it was posted too slowly to say anything");
        await app.UntilAsync(async () => await app.ScalarAsync<long>("SELECT count(*) FROM commissioning.organisation WHERE code LIKE 'D______'") == changes);

        // What fails is parked, each event by itself, and redriven once the reaction is mended.
        await app.UntilAsync(async () => await app.ScalarAsync<long>("SELECT count(*) FROM commissioning.delivery_retry WHERE handler = "
            + "'System.Tests.Failer'") == changes);
        await app.UntilAsync(async () => await app.ScalarAsync<long>("SELECT count(*) FROM commissioning.delivery_retry WHERE parked_at IS NOT "
            + "NULL") == changes);
        Failer.Mended = true;
        var op = app.ClientFor("demo-operator", "operations");
        for (var parked = changes; parked > 0;)
        {
            var items = (await op.GetAsync("/v1/operations/parked-events?limit=1000", 200)).GetProperty("items");
            items.GetArrayLength().ShouldBe(Math.Min(parked, 1000));
            parked -= items.GetArrayLength();
            foreach (var item in items.EnumerateArray())
                await op.PostAsync($"/v1/operations/parked-events/{item.GetProperty("id").GetGuid()}/redrive", new { }, 202);
        }

        await app.UntilAsync(async () => await app.ScalarAsync<long>("SELECT count(*) FROM commissioning.delivery_retry") == 0);
        Failer.Applied.Count.ShouldBe(changes);
        await app.UntilAsync(() => Sleeper.Applied.Count == changes);
    }

    /// <summary>Else reactions that run side by side take the processors that requests need.</summary>
    [Fact]
    public async Task A_reaction_waits_for_its_turn()
    {
        // No rest is left over from what came before.
        await Task.Delay(TimeSpan.FromSeconds(1));
        var posted = Posted("waits");
        var held = Stopwatch.StartNew();
        var pace = app.Services.GetServices<IHostedService>().OfType<OutboxDispatcher>().Single().Pace;
        var turns = new List<Pace.Turn>();
        for (var n = 0; n < Math.Max(1, Environment.ProcessorCount / 2); n++)
            turns.Add(await pace.TurnAsync(TestContext.Current.CancellationToken));
        await app.PublishAsync(posted);
        await app.UntilAsync(() => Keeper.Seen(posted));
        turns.ForEach(t => t.Dispose());
        held.Elapsed.ShouldBeGreaterThan(TimeSpan.FromMilliseconds(450));
    }

    private static FundPosted Posted(string reference, Guid? fund = null) =>
        new(fund ?? Guid.CreateVersion7(), "F", Guid.CreateVersion7(), "contribution", reference, "GBP", 1, TimeProvider.System.GetUtcNow());

    private static OrganisationChanged Changed(string code) => new(code, code, "voluntary", null, null, null, null, 1);

    private static Task WriteAsync(NpgsqlConnection connection, FundPosted posted) =>
        OutboxWriter.WriteAsync(connection, "commissioning", [OutboxMessage.Of(posted, TimeProvider.System.GetUtcNow())], CancellationToken.None);

    /// <summary>A host with reactions of the tests' own, which work in Commissioning's schema.</summary>
    public sealed class App : TestApp, IAsyncLifetime
    {
        async ValueTask IAsyncLifetime.InitializeAsync()
        {
            await InitializeAsync();
            // Whichever test is first looks into it.
            await ExecuteAsync("CREATE TABLE public.kept (journal uuid)");
        }

        public NpgsqlDataSource Source => Services.GetRequiredService<NpgsqlDataSource>();

        protected override IEnumerable<KeyValuePair<string, string?>> Settings =>
            [new("Outbox:FirstDelay", "00:00:00.001"), new("Outbox:MaxAttempts", "2"), new("Logging:LogLevel:IntegratedCare.Shared.Outbox", "Error")];

        protected override void Configure(IServiceCollection services) =>
            new ReactionList(services, new CommissioningModule()).Add<Keeper>().Add<Sleeper>().Add<Failer>();

        public Task UntilAsync(Func<bool> holds, [CallerArgumentExpression(nameof(holds))] string? what = null) =>
            UntilAsync(() => Task.FromResult(holds()), what);

        public async Task UntilAsync(Func<Task<bool>> holds, [CallerArgumentExpression(nameof(holds))] string? what = null)
        {
            for (var waited = Stopwatch.StartNew(); !await holds(); await Task.Delay(20))
                waited.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(60), what);
        }

        public async Task ExecuteAsync(string sql)
        {
            await using var command = Source.CreateCommand(sql);
            await command.ExecuteNonQueryAsync();
        }
    }

    internal sealed class Keeper : Reaction<FundPosted, CommissioningSession>
    {
        private static readonly ConcurrentQueue<FundPosted> Applied = new();

        public static TaskCompletionSource? Wait { get; set; }

        public static Guid? WaitsIn { get; private set; }

        public static Guid? TimesOutIn { get; set; }

        public static bool Seen(FundPosted posted) => Count(posted) > 0;

        public static int Count(FundPosted posted) => Applied.Count(p => p.JournalId == posted.JournalId);

        public static List<string> OfFund(Guid fund) => [.. Applied.Where(p => p.FundId == fund).Select(p => p.Reference)];

        protected override async Task ApplyAsync(CommissioningSession session, IReadOnlyList<Delivered<FundPosted>> run, CancellationToken ct)
        {
            foreach (var posted in run.Select(r => r.Event))
            {
                Applied.Enqueue(posted);
                await session.ExecuteAsync("INSERT INTO public.kept VALUES ($1)", ct, posted.JournalId);
                if (posted.JournalId == TimesOutIn)
                {
                    await using var sleep = await session.CommandAsync("SELECT pg_sleep(30)", ct);
                    sleep.CommandTimeout = 1;
                    await sleep.ExecuteNonQueryAsync(ct);
                }

                if (posted.Reference == "slow" && Wait is { } wait)
                {
                    WaitsIn = posted.JournalId;
                    await wait.Task.WaitAsync(ct);
                }
            }
        }
    }

    internal sealed class Sleeper : Reaction<OrganisationChanged, CommissioningSession>
    {
        public static readonly ConcurrentDictionary<string, bool> Applied = new();

        protected override async Task ApplyAsync(CommissioningSession session, IReadOnlyList<Delivered<OrganisationChanged>> run, CancellationToken ct)
        {
            await Task.Delay(1000, ct);
            foreach (var changed in run)
                Applied[changed.Event.Code] = true;
        }
    }

    internal sealed class Failer : Reaction<OrganisationChanged, CommissioningSession>
    {
        public static readonly ConcurrentDictionary<string, bool> Applied = new();

        public static bool Mended { get; set; }

        protected override Task ApplyAsync(CommissioningSession session, IReadOnlyList<Delivered<OrganisationChanged>> run, CancellationToken ct)
        {
            if (!Mended)
                throw new InvalidOperationException("This reaction always fails.");
            foreach (var changed in run)
                Applied[changed.Event.Code] = true;
            return Task.CompletedTask;
        }
    }
}
