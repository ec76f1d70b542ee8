using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using IntegratedCare.Population.Intake;
using IntegratedCare.Shared;
using IntegratedCare.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace IntegratedCare.Population.Tests.Intake;

/// <summary>An event's id, and a version of a record, mean one thing for good; what says otherwise is refused and changes nothing.</summary>
public sealed class ReuseTests(PopulationScene app) : IClassFixture<PopulationScene>, IAsyncLifetime
{
    private const string Path = "/v1/population/events";
    private const string Single = "application/cloudevents+json";
    private const string Batch = "application/cloudevents-batch+json";

    public async ValueTask InitializeAsync()
    {
        await app.BuildAsync();
        // The planner never learns how large the table is.
        await using var connection = await app.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync();
        await using var ignorant = new NpgsqlCommand("ALTER TABLE population.event_key SET (autovacuum_enabled = false)", connection);
        await ignorant.ExecuteNonQueryAsync();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task An_id_is_a_repeat_with_the_same_body_and_refused_with_another()
    {
        using var trust = app.Trust;
        var number = app.NextNhsNumber();
        var spell = Spell("reuse-1", number, "reuse-record-1");
        await trust.PostAsync(Path, Text(spell), 202, mediaType: Single);
        await trust.PostAsync(Path, Text(spell), 200, mediaType: Single);
        // Members in another order, and white space, are the same body.
        var turned = new JsonObject(spell.Reverse().Select(m => KeyValuePair.Create(m.Key, m.Value?.DeepClone())));
        await trust.PostAsync(Path, turned.ToJsonString(new JsonSerializerOptions { WriteIndented = true }), 200, mediaType: Single);

        var other = spell.DeepClone().AsObject();
        other["data"]!["recordVersion"] = 2;
        var problem = await trust.PostAsync(Path, Text(other), 409, mediaType: Single);
        problem.GetProperty("code").GetString().ShouldBe("event-id-reused");
        other["id"] = "reuse-1b";
        await trust.PostAsync(Path, Text(other), 202, mediaType: Single);
        (await StoredAsync("reuse-record-1")).ShouldBe(2);
    }

    [Fact]
    public async Task A_version_of_a_record_has_one_content_whatever_the_event_s_id()
    {
        using var trust = app.Trust;
        var number = app.NextNhsNumber();
        await trust.PostAsync(Path, Text(Spell("reuse-2", number, "reuse-record-2")), 202, mediaType: Single);
        // The same content under another id is no contradiction.
        await trust.PostAsync(Path, Text(Spell("reuse-2b", number, "reuse-record-2")), 202, mediaType: Single);
        var changed = Spell("reuse-2c", number, "reuse-record-2", "2026-03-09T12:00:00Z");
        (await trust.PostAsync(Path, Text(changed), 409, mediaType: Single)).GetProperty("code").GetString().ShouldBe("record-version-reused");
        var cancelled = Spell("reuse-2d", number, "reuse-record-2");
        cancelled["data"]!["status"] = "cancelled";
        (await trust.PostAsync(Path, Text(cancelled), 409, mediaType: Single)).GetProperty("code").GetString().ShouldBe("record-version-reused");
        (await StoredAsync("reuse-record-2")).ShouldBe(2);
        // What was refused has used up nothing: its id is free, and a higher version of the record too.
        changed["data"]!["recordVersion"] = 2;
        await trust.PostAsync(Path, Text(changed), 202, mediaType: Single);
    }

    /// <summary>Of two that contradict each other in one batch the first is taken, in whatever order their ids hash.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(60)]
    public async Task In_a_batch_the_first_is_stored_and_what_contradicts_it_is_refused(int events)
    {
        using var trust = app.Trust;
        var number = app.NextNhsNumber();
        for (var turn = 0; turn < 8; turn++)
        {
            var record = $"reuse-batch-{events}-{turn}";
            var more = Enumerable.Range(0, events - 2).Select(n => Spell($"{record}-m{n}", number, $"{record}-m{n}")).ToList();
            JsonObject[] all =
            [
                Spell($"{record}-a", number, record, "2026-03-08T12:00:00Z"), Spell($"{record}-b", number, record, "2026-03-09T12:00:00Z"), .. more,
                Spell($"{record}-c", number, record, "2026-03-08T12:00:00Z"), Spell($"{record}-a", number, record, "2026-03-09T12:00:00Z"),
                Spell($"{record}-a", number, record, "2026-03-08T12:00:00Z"),
            ];
            var answers = await trust.PostAsync(Path, $"[{string.Join(',', all.Select(Text))}]", 200, mediaType: Batch);
            string[] expected =
            [
                "accepted", "record-version-reused", .. more.Select(_ => "accepted"), "accepted", "event-id-reused", "duplicate",
            ];
            answers.EnumerateArray().Select(a => a.GetProperty("status").GetString() is "rejected" ? a.GetProperty("problem").GetProperty("code").GetString()
                : a.GetProperty("status").GetString()).ShouldBe(expected);
            (await app.ScalarAsync<long>("SELECT count(*) FROM population.event WHERE record_id = $1 AND ended = '2026-03-08T12:00:00Z'", record)).ShouldBe(2);
            (await StoredAsync(record)).ShouldBe(2);
        }
    }

    [Fact]
    public async Task Lines_that_contradict_are_rejected_with_their_reason_and_the_others_are_stored()
    {
        using var trust = app.Trust;
        var number = app.NextNhsNumber();
        JsonObject[] lines =
        [
            Spell("reuse-l1", number, "reuse-line", "2026-03-08T12:00:00Z"), Spell("reuse-l2", number, "reuse-line", "2026-03-09T12:00:00Z"),
            Spell("reuse-l1", number, "reuse-line", "2026-03-10T12:00:00Z"), Spell("reuse-l3", number, "reuse-line-3"),
        ];
        var load = await trust.PostAsync(Path, string.Join('\n', lines.Select(Text)), 200, mediaType: "application/x-ndjson");
        (load.GetProperty("accepted").GetInt32(), load.GetProperty("duplicate").GetInt32(), load.GetProperty("rejected").GetInt32()).ShouldBe((2, 0, 2));
        using var reader = app.ClientFor("demo-acute-trust", "operations");
        var rejects = (await reader.GetAsync(load.GetProperty("rejects").GetString()!, 200)).GetProperty("items").EnumerateArray()
            .Select(r => (r.GetProperty("line").GetInt32(), r.GetProperty("code").GetString(), r.GetProperty("content").GetString())).ToList();
        rejects.ShouldBe([(2, "record-version-reused", Text(lines[1])), (3, "event-id-reused", Text(lines[2]))]);
    }

    [Fact]
    public async Task Of_many_that_bring_one_version_at_once_one_is_stored()
    {
        var number = app.NextNhsNumber();
        for (var turn = 0; turn < 5; turn++)
        {
            var record = $"reuse-at-once-{turn}";
            var codes = await Task.WhenAll(Enumerable.Range(0, 24).Select(async n =>
            {
                using var trust = app.Trust;
                using var content = new StringContent(Text(Spell($"{record}-{n}", number, record, $"2026-03-{1 + n:00}T12:00:00Z")),
                    new System.Net.Http.Headers.MediaTypeHeaderValue(Single));
                using var answer = await trust.PostAsync(new Uri(Path, UriKind.Relative), content);
                return answer.StatusCode;
            }));
            codes.Count(c => c == HttpStatusCode.Accepted).ShouldBe(1);
            codes.Count(c => c == HttpStatusCode.Conflict).ShouldBe(23);
            (await StoredAsync(record)).ShouldBe(1);
        }
    }

    /// <summary>An id that another writer brings between the first look and the write is compared as any other, not taken for a repeat.</summary>
    [Fact]
    public async Task An_id_that_is_brought_meanwhile_is_compared_too()
    {
        using var trust = app.Trust;
        var number = app.NextNhsNumber();
        await trust.PostAsync(Path, Text(Spell("reuse-first", number, "reuse-meanwhile")), 202, mediaType: Single);
        await using var connection = await app.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync();
        var key = EventInbound.KeyOf("urn:ods:RZ1:epr", "reuse-meanwhile-id");
        // The second write, of what brings no new version, waits until the other writer has committed.
        await ExecuteAsync(
            $"""
            CREATE FUNCTION reuse_waits() RETURNS trigger LANGUAGE plpgsql AS $$
              BEGIN IF NEW.key = '{key}' AND NEW.version_key IS NULL THEN PERFORM pg_advisory_xact_lock(7); END IF; RETURN NEW; END $$;
            CREATE TRIGGER reuse_waits BEFORE INSERT ON population.event_key FOR EACH ROW EXECUTE FUNCTION reuse_waits();
            SELECT pg_advisory_lock(7)
            """);
        // The same content of the version that is there, under the id that the other writer is about to bring.
        var posting = trust.PostAsync(Path, Text(Spell("reuse-meanwhile-id", number, "reuse-meanwhile")), 409, mediaType: Single);
        while (!posting.IsCompleted && await app.ScalarAsync<long>(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 7 AND NOT granted") == 0)
            await Task.Delay(10);
        await ExecuteAsync(
            $$"""
            WITH key AS (INSERT INTO population.event_key (key, version_key) VALUES ('{{key}}', gen_random_uuid()) RETURNING key, seq)
            INSERT INTO population.event (seq, key, received_at, client_id, source, kind, record_id, record_version, cancelled, nhs_number, payload)
            SELECT seq, key, '{{app.Clock.GetUtcNow():O}}', 'x', 'urn:ods:RZ1:epr', 'inpatient-spell', 'reuse-elsewhere', 1, false, 9434765919,
              '{"another":"body"}' FROM key
            """);
        await ExecuteAsync("SELECT pg_advisory_unlock(7)");
        (await posting).GetProperty("code").GetString().ShouldBe("event-id-reused");

        async Task ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync();
        }
    }

    /// <summary>What stops a batch half way does not turn what it has stored into repeats of itself, and is no fault of the sender's.</summary>
    [Fact]
    public async Task A_batch_that_is_stopped_is_taken_up_again_and_in_the_end_put_off()
    {
        using var trust = app.Trust;
        var number = app.NextNhsNumber();
        await trust.PostAsync(Path, Text(Spell("reuse-stop-1", number, "reuse-stop")), 202, mediaType: Single);
        var again = EventInbound.KeyOf("urn:ods:RZ1:epr", "reuse-stop-2");
        await using var connection = await app.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync();
        await StopAsync("reuse_stops", $"NEW.key = '{again}' AND NEW.version_key IS NULL AND nextval('reuse_stops') = 1");
        var answers = await trust.PostAsync(Path,
            $"[{Text(Spell("reuse-stop-3", number, "reuse-stop-new"))},{Text(Spell("reuse-stop-2", number, "reuse-stop"))}]", 200, mediaType: Batch);
        answers.EnumerateArray().Select(a => a.GetProperty("status").GetString()).ShouldBe(["accepted", "accepted"]);
        (await app.ScalarAsync<long>("SELECT last_value FROM reuse_stops")).ShouldBe(2);

        var always = EventInbound.KeyOf("urn:ods:RZ1:epr", "reuse-stop-4");
        await StopAsync("reuse_stops_always", $"NEW.key = '{always}'");
        (await trust.PostAsync(Path, Text(Spell("reuse-stop-4", number, "reuse-stop-4")), 503, mediaType: Single)).GetProperty("code").GetString()
            .ShouldBe("unavailable");

        async Task StopAsync(string name, string when)
        {
            await using var trigger = new NpgsqlCommand(
                $"""
                CREATE SEQUENCE {name};
                CREATE FUNCTION {name}_raise() RETURNS trigger LANGUAGE plpgsql AS $$
                  BEGIN IF {when} THEN RAISE deadlock_detected; END IF; RETURN NEW; END $$;
                CREATE TRIGGER {name} BEFORE INSERT ON population.event_key FOR EACH ROW EXECUTE FUNCTION {name}_raise();
                """, connection);
            await trigger.ExecuteNonQueryAsync();
        }
    }

    /// <summary>A plan that is made while the statistics say that nothing is stored yet would read whole tables for each event later.</summary>
    [Fact]
    public async Task What_is_stored_is_looked_up_in_the_index_whatever_the_statistics_say()
    {
        using var trust = app.Trust;
        var number = app.NextNhsNumber();
        var (scans, probes) = await ReadsAsync();
        // More than one by one, so that the statement is prepared and its plan kept.
        for (var n = 0; n < 20; n++)
            await trust.PostAsync(Path, Text(Spell($"reuse-index-{n}", number, $"reuse-index-{n}")), 202, mediaType: Single);
        for (var n = 0; n < 3; n++)
        {
            var batch = Enumerable.Range(0, 60).Select(m => Text(Spell($"reuse-index-{n}-{m}", number, $"reuse-index-{n}-{m}")));
            await trust.PostAsync(Path, $"[{string.Join(',', batch)}]", 200, mediaType: Batch);
            // Repeats, and the same content under another id, are compared with what is stored.
            await trust.PostAsync(Path, Text(Spell($"reuse-index-{n}", number, $"reuse-index-{n}")), 200, mediaType: Single);
            await trust.PostAsync(Path, Text(Spell($"reuse-index-again-{n}", number, $"reuse-index-{n}")), 202, mediaType: Single);
        }

        // The counts of a session are published once a second at most, when it does something.
        var now = await ReadsAsync();
        for (var n = 0; n < 100 && now.Probes < probes + 200; n++)
        {
            await Task.Delay(100);
            await trust.PostAsync(Path, Text(Spell("reuse-index-0", number, "reuse-index-0")), 200, mediaType: Single);
            now = await ReadsAsync();
        }

        now.Probes.ShouldBeGreaterThanOrEqualTo(probes + 200);
        now.Scans.ShouldBe(scans);

        async Task<(long Scans, long Probes)> ReadsAsync() => (
            await app.ScalarAsync<long>("SELECT coalesce(seq_scan, 0) FROM pg_stat_user_tables WHERE schemaname = 'population' AND relname = 'event_key'"),
            await app.ScalarAsync<long>("SELECT coalesce(idx_scan, 0) FROM pg_stat_user_tables WHERE schemaname = 'population' AND relname = 'event_key'"));
    }

    private Task<long> StoredAsync(string record) => app.ScalarAsync<long>("SELECT count(*) FROM population.event WHERE record_id = $1", record);

    private static JsonObject Spell(string id, string number, string record, string? discharged = null) => JsonSerializer.SerializeToNode(
        PopulationScene.Spell(id, number, record, admitted: "2026-03-01T09:00:00Z", discharged: discharged), SharedJson.Wire)!.AsObject();

    private static string Text(JsonObject json) => json.ToJsonString();
}
