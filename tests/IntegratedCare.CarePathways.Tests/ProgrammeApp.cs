using System.Text.Json;
using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Events;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace IntegratedCare.CarePathways.Tests;

/// <summary>The host that has the register's organisations already, and short cuts for the programme's calls.</summary>
public sealed class ProgrammeApp : TestApp, IAsyncLifetime
{
    public const string Gp = "name=Ann Gray; role=gp; registration=GMC 1234567";
    public const string Nurse = "name=Jo Bell; role=community nurse; registration=NMC 01A2345E";
    public const string Episodes = "/v1/care-pathways/episodes";

    async ValueTask IAsyncLifetime.InitializeAsync()
    {
        await InitializeAsync();
        await using (var command = Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(
            """
            CREATE TABLE care_pathways.published (seq bigint, name text, key text, payload text);
            CREATE FUNCTION care_pathways.keep() RETURNS trigger LANGUAGE plpgsql AS $$
              BEGIN INSERT INTO care_pathways.published VALUES (NEW.seq, NEW.name, NEW.key, NEW.payload); RETURN NEW; END $$;
            CREATE TRIGGER keep BEFORE INSERT ON care_pathways.outbox FOR EACH ROW EXECUTE FUNCTION care_pathways.keep();
            """))
            await command.ExecuteNonQueryAsync();
        await PublishAsync(
            new OrganisationChanged("Y99001", "First Practice", "general-practice", null, null, null, null, 1),
            new OrganisationChanged("RZ3", "Community Trust", "community-trust", null, null, null, null, 1),
            new OrganisationChanged("99A", "Commissioner", "commissioner", null, null, null, null, 1));
    }

    /// <summary>Events from another module, delivered.</summary>
    public new async Task PublishAsync<TEvent>(params IReadOnlyList<TEvent> events) where TEvent : IEvent
    {
        await base.PublishAsync(events);
        await DrainOutboxAsync();
    }

    public static HighRiskConfirmed Confirmed(Guid person, long version = 1, string practice = "Y99001", string status = "confirmed") => new(
        new PersonSummary(person, practice, "NORTH", 82, "female", ["I50"]), "PLACE", "SYSTEM", "top-0.5", 0.42, status, new DateOnly(2026, 1, 5), null,
        "Ann Gray", version);

    public async Task<Guid> ProposedAsync(Guid? person = null, string practice = "Y99001")
    {
        var id = person ?? Guid.CreateVersion7();
        await PublishAsync(Confirmed(id, practice: practice));
        return await ScalarAsync<Guid>("SELECT id FROM care_pathways.mt_doc_episode WHERE person_id = $1 AND status = 'Proposed'", id);
    }

    public async Task<Guid> AcceptedAsync(Guid? person = null, object? body = null)
    {
        var id = await ProposedAsync(person);
        await ActAsync(Practice, id, "accept", body ?? new { });
        return id;
    }

    public HttpClient Practice => ClientFor("demo-practice", "direct-care", Gp);

    public HttpClient OtherPractice => ClientFor("demo-practice-2", "direct-care", Gp);

    public HttpClient Trust => ClientFor("demo-community-trust", "direct-care", Nurse);

    /// <summary>Posts an act against the version that stands.</summary>
    public async Task<JsonElement> ActAsync(HttpClient client, Guid episode, string act, object? body, int expected = 200)
    {
        var version = await ScalarAsync<long>("SELECT mt_version::bigint FROM care_pathways.mt_doc_episode WHERE id = $1", episode);
        return await client.PostAsync($"{Episodes}/{episode}/{act}", body, expected, $"\"{version}\"");
    }

    public async Task<JsonElement[]> OwnEventsAsync(string name, Guid episode)
    {
        await using var command = Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(
            "SELECT payload FROM care_pathways.published WHERE name = $1 AND key = $2 ORDER BY seq");
        command.Parameters.Add(new NpgsqlParameter { Value = name });
        command.Parameters.Add(new NpgsqlParameter { Value = episode.ToString() });
        await using var reader = await command.ExecuteReaderAsync();
        var events = new List<JsonElement>();
        while (await reader.ReadAsync())
            events.Add(JsonDocument.Parse(reader.GetString(0)).RootElement.Clone());
        return [.. events];
    }
}
