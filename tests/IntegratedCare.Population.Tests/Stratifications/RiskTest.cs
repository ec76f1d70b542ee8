using System.Text.Json;
using IntegratedCare.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace IntegratedCare.Population.Tests.Stratifications;

/// <summary>A host with its own database, and a register and records put there by SQL.</summary>
public abstract class RiskTest : IAsyncLifetime
{
    public const string PracticeA = "Y99001";
    public const string PracticeB = "Y99002";
    public const string Hfrs = "hospital-frailty-risk-score";
    protected static readonly DateOnly Index = new(2026, 3, 31);
    private long _nhsNumber = 9_990_000_000;
    private int _record;

    protected TestApp App { get; } = new();

    protected HttpClient Operator => App.ClientFor("demo-operator");

    public ValueTask InitializeAsync() => App.InitializeAsync();

    public ValueTask DisposeAsync() => App.DisposeAsync();

    protected HttpClient Practice(string client = "demo-practice", string purpose = "risk-stratification") =>
        App.ClientFor(client, purpose, "name=Jo Bell; role=gp; registration=GMC 1234567");

    protected async Task<Guid> PersonAsync(string practice = PracticeA, int age = 80, DateOnly? died = null, DateOnly? registered = null)
    {
        var id = Guid.CreateVersion7();
        await RunAsync(
            """
            INSERT INTO population.person (id, nhs_number, family_name, given_name, birth_date, sex, practice, registered_from, death_date)
            VALUES ($1, $2, 'Test', 'Person', $3, 'female', $4, $5, $6)
            """, id, _nhsNumber++, Index.AddYears(-age).AddDays(-30), practice, registered ?? new DateOnly(2010, 1, 1), died);
        return id;
    }

    protected async Task<Guid[]> PersonsAsync(int count, string practice = PracticeA, int age = 50)
    {
        var ids = new Guid[count];
        for (var i = 0; i < count; i++)
            ids[i] = await PersonAsync(practice, age);
        return ids;
    }

    protected async Task<string> SpellAsync(Guid person, DateOnly day, string[]? diagnoses, string method = "11", bool cancelled = false)
    {
        var id = $"spell-{++_record}";
        await RunAsync(
            """
            INSERT INTO population.record (source, record_id, record_version, fact_version, event_seq, received_at, kind, cancelled, nhs_number, person_id,
              started, day, data)
            SELECT 'urn:ods:RZ1', $1, 1, 1, 1, now(), 'inpatient-spell', $2, nhs_number, id, $3::date + interval '12 hours', $3,
              jsonb_strip_nulls(jsonb_build_object('admissionMethod', $4, 'diagnoses', $5))
              FROM population.person WHERE id = $6
            """, id, cancelled, day, method, diagnoses, person);
        return id;
    }

    protected Task SpellAsync(Guid person, params string[] diagnoses) => SpellAsync(person, Index.AddDays(-40), diagnoses);

    protected async Task RunAsync(string sql, params object?[] values)
    {
        await using var command = App.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(value is null ? new NpgsqlParameter
            {
                Value = DBNull.Value,
                NpgsqlDbType = sql.Contains("$6)")
                ? NpgsqlTypes.NpgsqlDbType.Date : NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Text
            } : new NpgsqlParameter { Value = value });
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Starts a run and waits for its end.</summary>
    protected async Task<JsonElement> StratifyAsync(DateOnly? index = null, long seed = 7, string model = Hfrs)
    {
        var started = await Operator.PostAsync("/v1/population/stratifications", new { model, indexDate = index ?? Index, seed }, 202);
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var run = await Operator.GetAsync($"/v1/population/stratifications/{started.GetProperty("id").GetString()}", 200);
            if (run.GetProperty("state").GetString() == "completed")
                return run;
            run.GetProperty("state").GetString().ShouldNotBe("failed",
                await App.ScalarAsync<string>("SELECT coalesce(string_agg(data ->> 'error', ' '), '') FROM population.mt_doc_stratification"));
            await Task.Delay(30, timeout.Token);
        }
    }

    /// <summary>Practice tier by person, in the given run.</summary>
    protected async Task<Dictionary<Guid, string?>> ColumnAsync(JsonElement run, string column)
    {
        await using var command = App.Services.GetRequiredService<NpgsqlDataSource>()
            .CreateCommand($"SELECT person_id, {column}::text FROM population.risk_score WHERE run_id = $1");
        command.Parameters.Add(new NpgsqlParameter { Value = run.GetProperty("id").GetGuid() });
        var rows = new Dictionary<Guid, string?>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            rows[reader.GetGuid(0)] = reader.IsDBNull(1) ? null : reader.GetString(1);
        return rows;
    }

    /// <summary>The payloads of events published under a name, oldest first. Catches them before the dispatcher takes them.</summary>
    protected async Task KeepEventsAsync() => await RunAsync(
        """
        CREATE TABLE population.kept (seq bigint, name text, payload text);
        CREATE FUNCTION population.keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO population.kept VALUES (NEW.seq, NEW.name,
          NEW.payload); RETURN NEW; END';
        CREATE TRIGGER keep AFTER INSERT ON population.outbox FOR EACH ROW EXECUTE FUNCTION population.keep();
        """);

    protected async Task<List<JsonElement>> EventsAsync(string name)
    {
        await using var command = App.Services.GetRequiredService<NpgsqlDataSource>()
            .CreateCommand("SELECT payload FROM population.kept WHERE name = $1 ORDER BY seq");
        command.Parameters.Add(new NpgsqlParameter { Value = name });
        var events = new List<JsonElement>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            events.Add(JsonDocument.Parse(reader.GetString(0)).RootElement.Clone());
        return events;
    }
}
