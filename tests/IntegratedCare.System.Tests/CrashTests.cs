using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using IntegratedCare.Testing;

namespace IntegratedCare.System.Tests;

/// <summary>Hosts are killed without warning while events and settlements come in. What was acknowledged must be there, once.</summary>
public class CrashTests(ITestOutputHelper output)
{
    private const int Persons = 40;
    private readonly Flight _flight = new();
    private const int Months = 12;

    /// <summary>Of the kills, so many at least must have fallen while a proposal or an agreement was sent and not answered, and at least one on each.</summary>
    private const int LeastCutOff = 6;
    private const int MaxKills = 60;

    /// <summary>How events are posted: singly, as a batch, as NDJSON; and how many of them an answer says were taken.</summary>
    private static readonly Form[] Forms =
    [
        new("single", 1, "application/cloudevents+json", events => events.Single(), _ => 1),
        new("batch", 20, "application/cloudevents-batch+json", events => $"[{string.Join(',', events)}]", answer => answer.EnumerateArray()
            .Count(a => a.GetProperty("status").GetString() is "accepted" or "duplicate")),
        // Accepted and duplicate: lines that were kept before a host died are there already.
        new("ndjson", 20, "application/x-ndjson", events => string.Join('\n', events),
            answer => (int)(answer.GetProperty("accepted").GetInt64() + answer.GetProperty("duplicate").GetInt64())),
    ];

    private static readonly DateOnly FirstMonth = new(2025, 1, 1);

    [Fact]
    public async Task One_host_killed_at_twenty_random_moments_loses_and_repeats_nothing()
    {
        await using var database = await TestApp.CreateDatabaseAsync();
        var port = HostProcess.FreePort();
        var host = await HostProcess.StartAsync(database.ConnectionString, port);
        try
        {
            var running = new Running { Host = host };
            var system = new CareSystem((client, purpose, user) => running.Host.ClientAsync(client, purpose, user));
            await PrepareAsync(database.ConnectionString, system, months: 20);
            await system.CreateFundAsync("POOL", "2024/25");
            var share = await system.AgreeRiskShareAsync("Monthly", "POOL", 300, new DateOnly(2024, 4, 1), new DateOnly(2028, 3, 31));
            await system.DrainAsync();

            using var stop = new CancellationTokenSource();
            var acknowledged = new ConcurrentDictionary<string, bool>();
            var load = Task.WhenAll(Enumerable.Range(0, 6)
                .Select(worker => LoadAsync(() => running.Host, worker, Forms[worker / 2], acknowledged, stop.Token)));
            var random = new Random(20);
            var (agreed, kills) = (new HashSet<int>(), 0);
            for (; kills < 20 || (!_flight.EnoughCutOff && kills < MaxKills); kills++)
            {
                // A month that was never settled is proposed and agreed while the events come in. Every second kill falls anywhere, each other
                // one a moment after a request of the settlement was sent.
                var month = kills < 20 ? kills : Enumerable.Range(0, 20).FirstOrDefault(m => !agreed.Contains(m), kills % 20);
                var until = random.Next(20, 1500);
                await Task.Delay(random.Next(0, until));
                var settling = SettleAsync(system, share, CareSystem.Month(FirstMonth.AddMonths(month)));
                if (kills % 2 == 0)
                    await Task.Delay(random.Next(0, until));
                else
                    await _flight.SentAsync(kills % 4 == 1 ? Flight.Proposal : Flight.Agreement, TimeSpan.FromMilliseconds(random.Next(0, 15)), settling);
                _flight.Killing();
                await running.Host.KillAsync();
                if (await settling)
                    agreed.Add(month);
                running.Host = await HostProcess.StartAsync(database.ConnectionString, port);
            }

            await Task.Delay(500);
            await stop.CancelAsync();
            await load;
            // Whoever was cut off asks again, as a client would.
            for (var month = 0; month < 20; month++)
                (await SettleAsync(system, share, CareSystem.Month(FirstMonth.AddMonths(month)))).ShouldBeTrue();
            output.WriteLine($"{kills} kills; {agreed.Count} of 20 months agreed meanwhile; {_flight}.");
            _flight.EnoughCutOff.ShouldBeTrue($"too few kills met a settlement: {_flight}");
            CheckAcknowledged(acknowledged.Keys);
            await CheckAsync(database.ConnectionString, system, acknowledged.Keys);
            await CheckSettlementsAsync(database.ConnectionString, 20);
            host = running.Host;
        }
        finally
        {
            await host.DisposeAsync();
        }
    }

    [Fact]
    public async Task Two_hosts_on_one_database_each_killed_once_lose_and_repeat_nothing()
    {
        await using var database = await TestApp.CreateDatabaseAsync();
        var hosts = new[] { await HostProcess.StartAsync(database.ConnectionString), await HostProcess.StartAsync(database.ConnectionString) };
        try
        {
            var asked = 0;
            // Each party's calls go to one host and the other in turn.
            var system = new CareSystem((client, purpose, user) => hosts[Interlocked.Increment(ref asked) % 2].ClientAsync(client, purpose, user));
            await PrepareAsync(database.ConnectionString, system, months: Months);
            await system.CreateFundAsync("POOL", "2024/25");
            var share = await system.AgreeRiskShareAsync("Monthly", "POOL", 300, new DateOnly(2024, 4, 1), new DateOnly(2028, 3, 31));
            await system.DrainAsync();
            using var stop = new CancellationTokenSource();
            var acknowledged = new ConcurrentDictionary<string, bool>();
            var load = Task.WhenAll(Enumerable.Range(0, 6)
                .Select(worker => LoadAsync(() => hosts[worker % 2], worker, Forms[worker / 2], acknowledged, stop.Token)));
            // Months are settled one after the other from before the first kill until after the second.
            var settling = SettleAllAsync(system, share, stop.Token);
            for (var killed = 0; killed < 2; killed++)
            {
                await Task.Delay(1500);
                await OneDispatcherAModuleAsync(database.ConnectionString);
                await hosts[killed].KillAsync();
                var port = hosts[killed].Url.Port;
                // The other takes over while this one is away.
                await Task.Delay(2500);
                await OneDispatcherAModuleAsync(database.ConnectionString);
                hosts[killed] = await HostProcess.StartAsync(database.ConnectionString, port);
            }

            await Task.Delay(1000);
            await stop.CancelAsync();
            await load;
            var (agreed, cutOff) = await settling;
            output.WriteLine($"{agreed} settlements agreed while hosts were killed, {cutOff} times cut off.");
            cutOff.ShouldBeGreaterThan(0, "no settlement met a kill");
            for (var month = 0; month < Months; month++)
                (await SettleAsync(system, share, CareSystem.Month(FirstMonth.AddMonths(month)))).ShouldBeTrue();
            CheckAcknowledged(acknowledged.Keys);
            await CheckAsync(database.ConnectionString, system, acknowledged.Keys);
            await CheckSettlementsAsync(database.ConnectionString, Months);
        }
        finally
        {
            foreach (var host in hosts)
                await host.DisposeAsync();
        }
    }

    private static async Task PrepareAsync(string database, CareSystem system, int months)
    {
        await system.RegisterAsync(Enumerable.Range(0, Persons).Select(n => CareSystem.Person(n, n % 2 == 0 ? "Y99001" : "Y99002")));
        for (var month = 0; month < months; month++)
            await system.PostEventAsync(CareSystem.Spell(0, $"first-{month}",
                new DateTimeOffset(FirstMonth.AddMonths(month), new TimeOnly(9, 0), TimeSpan.Zero), 1));
        await system.DrainAsync();
        // The register is counted behind the load; values published before that would be restated, and settled anew.
        for (var i = 0; i < 200 && await CareSystem.ScalarAsync<long>(database, "SELECT count(*) FROM population.register_dirty") > 0; i++)
            await Task.Delay(100);
        (await CareSystem.ScalarAsync<long>(database, "SELECT count(*) FROM population.register_dirty")).ShouldBe(0);
        await system.DrainAsync();
        await (await system.Operator).PostAsync("/v1/metrics/computations",
            new { from = CareSystem.Month(FirstMonth), to = CareSystem.Month(FirstMonth.AddMonths(Math.Max(months, 1) - 1)), publish = true, status = "final" },
                201);
    }

    /// <summary>Settles month after month, each until it is agreed; how many were, and how often a host that went away came in between.</summary>
    private async Task<(int Agreed, int CutOff)> SettleAllAsync(CareSystem system, Guid share, CancellationToken ct)
    {
        var (agreed, cutOff) = (0, 0);
        while (!ct.IsCancellationRequested)
        {
            if (await SettleAsync(system, share, CareSystem.Month(FirstMonth.AddMonths(agreed % Months))))
                agreed++;
            else
                cutOff++;
            await Task.Delay(200, CancellationToken.None);
        }

        return (agreed, cutOff);
    }

    /// <summary>Posts events one after the other, or so many together; what was not acknowledged is posted again, as a client would.</summary>
    private static async Task LoadAsync(Func<HostProcess> host, int worker, Form form, ConcurrentDictionary<string, bool> acknowledged, CancellationToken ct)
    {
        for (var n = 0; !ct.IsCancellationRequested;)
        {
            var records = Enumerable.Range(n, form.Events).Select(i => string.Create(CultureInfo.InvariantCulture, $"load-{form.Name}-{worker}-{i}")).ToArray();
            var events = records.Select((record, i) => CareSystem.Spell((worker * 7 + n + i) % Persons, record,
                new DateTimeOffset(2026, 9, 1 + (n + i) % 25, 10, 0, 0, TimeSpan.Zero), (n + i) % 3));
            try
            {
                using var client = await host().ClientAsync("demo-acute-trust", "direct-care");
                client.Timeout = TimeSpan.FromSeconds(5);
                using var content = new StringContent(form.Body(events), Encoding.UTF8, form.MediaType);
                using var response = await client.PostAsync("/v1/population/events", content, CancellationToken.None);
                if (response.StatusCode is HttpStatusCode.Accepted or HttpStatusCode.OK)
                {
                    form.Taken(JsonDocument.Parse(await response.Content.ReadAsStringAsync(CancellationToken.None)).RootElement).ShouldBe(form.Events);
                    foreach (var record in records)
                        acknowledged[record] = true;
                    n += form.Events;
                    // The test is about kills, not about load.
                    if (form.Events > 1)
                        await Task.Delay(100, CancellationToken.None);
                    continue;
                }
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException or IOException or SocketException)
            {
                // The host is gone; it will be back.
            }

            await Task.Delay(30, CancellationToken.None);
        }
    }

    /// <summary>Proposes and agrees one month; false when the host went away in between.</summary>
    private async Task<bool> SettleAsync(CareSystem system, Guid share, string period)
    {
        try
        {
            var commissioner = await system.Commissioner;
            var path = $"/v1/contracts/risk-shares/{share}/settlements";
            using var content = new StringContent($"{{\"period\":\"{period}\"}}", Encoding.UTF8, "application/json");
            using var proposed = await _flight.SendAsync(Flight.Proposal, () => commissioner.PostAsync(path, content));
            if (!proposed.IsSuccessStatusCode)
                return false;
            var settlement = await proposed.JsonAsync((int)proposed.StatusCode);
            foreach (var party in new[] { commissioner, await system.TrustChief })
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, $"{path}/{settlement.GetProperty("id").GetGuid()}/agreements");
                request.Headers.TryAddWithoutValidation("If-Match", "*");
                using var agreed = await _flight.SendAsync(Flight.Agreement, () => party.SendAsync(request));
                // 409: this party's agreement was taken before the host went away.
                if (agreed.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.Conflict))
                    return false;
            }

            return true;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or IOException or SocketException)
        {
            output.WriteLine($"{period}: {e.Message}");
            return false;
        }
    }

    private void CheckAcknowledged(ICollection<string> acknowledged)
    {
        foreach (var form in Forms)
        {
            var count = acknowledged.Count(r => r.StartsWith($"load-{form.Name}-", StringComparison.Ordinal));
            output.WriteLine($"{count} events acknowledged, posted as {form.Name}.");
            count.ShouldBeGreaterThan(50);
        }
    }

    /// <summary>So many months were settled, each posted once, and only once however often it was asked for.</summary>
    /// <remarks>A value restated meanwhile may have made a version more of a month; each version is posted once all the same.</remarks>
    private static async Task CheckSettlementsAsync(string database, long months)
    {
        var agreed = await CareSystem.ScalarAsync<long>(database, "SELECT count(*) FROM contracts.mt_doc_settlement WHERE status = 'agreed'");
        agreed.ShouldBeGreaterThanOrEqualTo(months);
        (await CareSystem.ScalarAsync<long>(database, "SELECT count(DISTINCT period) FROM contracts.mt_doc_settlement WHERE status = 'agreed'"))
            .ShouldBe(months);
        (await CareSystem.ScalarAsync<long>(database, "SELECT count(*) FROM contracts.mt_doc_settlement WHERE status = 'proposed'")).ShouldBe(0);
        (await CareSystem.ScalarAsync<long>(database, "SELECT count(*) FROM commissioning.journal WHERE kind LIKE 'settlement%'")).ShouldBe(agreed);
        (await CareSystem.ScalarAsync<long>(database, "SELECT count(DISTINCT reference) FROM commissioning.journal WHERE kind LIKE 'settlement%'"))
            .ShouldBe(agreed);
        (await CareSystem.ScalarAsync<long>(database,
            """
            SELECT count(*) FROM (SELECT * FROM contracts.mt_doc_settlement WHERE status = 'agreed') AS s
            FULL JOIN (SELECT * FROM commissioning.journal WHERE kind LIKE 'settlement%') AS j
                ON j.reference = concat_ws(':', s.risk_share_id, s.period, s.number)
            WHERE s.id IS NULL OR j.id IS NULL
            """)).ShouldBe(0, "a settlement that was not posted, or a posting of none");
        await NothingWaitsAsync(database);
    }

    private static async Task CheckAsync(string database, CareSystem system, ICollection<string> acknowledged)
    {
        await system.DrainAsync();
        var records = await CareSystem.ScalarAsync<string[]>(database, "SELECT array_agg(record_id) FROM population.record WHERE record_id LIKE 'load-%'");
        acknowledged.Except(records).ShouldBeEmpty("acknowledged events are missing in Population");
        (await CareSystem.ScalarAsync<long>(database, "SELECT count(*) - count(DISTINCT (source, record_id, record_version)) FROM population.event"))
            .ShouldBe(0, "an event is stored twice");
        (await CareSystem.ScalarAsync<long>(database, "SELECT count(*) - count(DISTINCT (source, record_id)) FROM metrics.fact"))
            .ShouldBe(0, "a fact is there twice");
        (await CareSystem.ScalarAsync<long>(database,
            "SELECT count(*) FROM population.record r FULL JOIN metrics.fact f ON f.source = r.source AND f.record_id = r.record_id WHERE r.record_id IS "
                + "NULL OR f.record_id IS NULL OR f.version <> r.fact_version"))
            .ShouldBe(0, "Metrics' facts differ from Population's records");

        // Values follow the facts within seconds; one admission each, all in September 2026.
        var expected = records.Length;
        var op = await system.Operator;
        double served = 0;
        for (var i = 0; i < 100 && served != expected; i++)
        {
            await Task.Delay(200);
            var items = (await op.GetAsync("/v1/metrics/values?metric=emergency_admissions&areaKind=system&from=2026-09&to=2026-09", 200)).GetProperty("items");
            served = items.GetArrayLength() > 0 ? items[0].GetProperty("numerator").GetDouble() : 0;
        }

        served.ShouldBe(expected, "the value counts each event once");
        await NothingWaitsAsync(database);
    }

    /// <summary>Every outbox is empty, nothing is retried and nothing parked; no settlement waits for a fund.</summary>
    private static async Task NothingWaitsAsync(string database)
    {
        foreach (var schema in new[] { "population", "care_pathways", "metrics", "contracts", "commissioning" })
        {
            (await CareSystem.ScalarAsync<long>(database, $"SELECT count(*) FROM {schema}.outbox_pending"))
                .ShouldBe(0, $"{schema} has events without a position");
            (await CareSystem.ScalarAsync<long>(database, $"SELECT count(*) FROM {schema}.delivery_retry"))
                .ShouldBe(0, $"{schema} retries an event or has parked it");
            (await CareSystem.ScalarAsync<long>(database, $"SELECT count(*) - count(DISTINCT seq) FROM {schema}.outbox_log"))
                .ShouldBe(0, $"{schema} has given an event two positions");
            (await CareSystem.ScalarAsync<long>(database,
                $"SELECT count(*) FROM {schema}.outbox o FULL JOIN {schema}.outbox_log l ON l.seq = o.seq WHERE o.seq IS NULL OR l.seq IS NULL"))
                .ShouldBe(0, $"{schema} has events that were never ordered");
        }

        (await CareSystem.ScalarAsync<long>(database, "SELECT count(*) FROM commissioning.mt_doc_unposted_settlement")).ShouldBe(0);
    }

    private static async Task OneDispatcherAModuleAsync(string database)
    {
        foreach (var schema in new[] { "population", "care_pathways", "metrics", "contracts", "commissioning" })
        {
            (await CareSystem.ScalarAsync<long>(database, $"SELECT count(*) FROM {schema}.subscription WHERE owner IS NULL OR leased_until < now()"))
                .ShouldBe(0, $"a reaction of {schema} is served by nobody");
        }
    }

    /// <summary>Which request of a settlement is sent and not answered, and how many a kill has cut off.</summary>
    private sealed class Flight
    {
        public const string Proposal = "proposal";
        public const string Agreement = "agreement";
        private readonly ConcurrentDictionary<string, int> _cutOff = new() { [Proposal] = 0, [Agreement] = 0 };
        private volatile string? _now;
        private int _kills;

        public bool EnoughCutOff => _cutOff.Values.Sum() >= LeastCutOff && _cutOff.Values.All(n => n > 0);

        public void Killing() => Interlocked.Increment(ref _kills);

        public async Task<HttpResponseMessage> SendAsync(string kind, Func<Task<HttpResponseMessage>> send)
        {
            // Sent before a kill and never answered: the kill cut it off. What is sent to a host that is gone already does not count.
            var before = Volatile.Read(ref _kills);
            _now = kind;
            try
            {
                return await send();
            }
            catch (Exception e) when (e is HttpRequestException or IOException or SocketException && before != Volatile.Read(ref _kills))
            {
                _cutOff.AddOrUpdate(kind, 1, (_, n) => n + 1);
                throw;
            }
            finally
            {
                _now = null;
            }
        }

        /// <summary>Waits until such a request is on its way, and a moment longer; or until there will be none.</summary>
        public async Task SentAsync(string kind, TimeSpan moment, Task settling)
        {
            while (_now != kind && !settling.IsCompleted)
                await Task.Delay(1);
            await Task.Delay(moment);
        }

        public override string ToString() => $"{_cutOff[Proposal]} proposals and {_cutOff[Agreement]} agreements of settlements cut off";
    }

    private sealed record Form(string Name, int Events, string MediaType, Func<IEnumerable<string>, string> Body, Func<JsonElement, int> Taken);

    private sealed class Running
    {
        public HostProcess Host { get; set; } = null!;
    }
}
