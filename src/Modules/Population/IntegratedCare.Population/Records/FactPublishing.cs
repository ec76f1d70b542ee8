using IntegratedCare.Population.Events;
using IntegratedCare.Population.Storage;
using IntegratedCare.Shared.Storage;
using Npgsql;

namespace IntegratedCare.Population.Reactions;

/// <summary>What follows from changed facts, whatever changed them: the facts themselves, and deaths.</summary>
internal static class FactPublishing
{
    private const int FactsPerEvent = 1000;

    /// <param name="undone">Whose death record became another person's, or no death at all.</param>
    public static async Task PublishAsync(PopulationDb db, NpgsqlConnection connection, List<CareFact> facts, CancellationToken ct, IReadOnlyCollection<Guid>? undone = null)
    {
        foreach (var chunk in facts.Chunk(FactsPerEvent))
            db.Publish(new CareFactsRecorded(chunk));
        var deaths = facts.Where(f => f.Kind == "death-recorded").Select(f => f.PersonId).Concat(undone ?? []).Distinct().ToArray();
        if (deaths.Length > 0)
            await SettleDeathsAsync(db, connection, deaths, ct);
    }

    /// <summary>A person's death is the earliest that stands recorded; none left means it was withdrawn.</summary>
    private static async Task SettleDeathsAsync(PopulationDb db, NpgsqlConnection connection, Guid[] persons, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            WITH standing AS (
              SELECT i.id, (SELECT min(r.day) FROM population.record r WHERE r.person_id = i.id AND r.kind = 'death-recorded' AND NOT r.cancelled) AS day
              FROM unnest($1) AS i (id))
            UPDATE population.person p SET death_date = s.day, version = p.version + 1, xid = pg_current_xact_id()
            FROM standing s WHERE p.id = s.id AND p.death_date IS DISTINCT FROM s.day
            RETURNING p.id, p.death_date, p.version, p.practice
            """, connection)
        { Parameters = { new() { Value = persons } } };
        var practices = new HashSet<string>();
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
            {
                practices.Add(reader.GetString(3));
                if (reader.IsDBNull(1))
                    db.Publish(new DeathWithdrawn(reader.GetGuid(0), reader.GetInt64(2)));
                else
                    db.Publish(new PersonDied(reader.GetGuid(0), reader.GetFieldValue<DateOnly>(1), reader.GetInt64(2)));
            }
        }

        await RegisterDirty.MarkAsync(connection, practices, ct);
    }
}

/// <summary>Marks practices whose person-days must be counted again. A mark is always written, so that one made during a count outlives it.</summary>
internal static class RegisterDirty
{
    public static async Task MarkAsync(NpgsqlConnection connection, IEnumerable<string> practices, CancellationToken ct)
    {
        string[] sorted = [.. practices.Order()];
        if (sorted.Length == 0)
            return;
        await using var command = new NpgsqlCommand(
            "INSERT INTO population.register_dirty SELECT unnest($1) ON CONFLICT (practice) DO UPDATE SET practice = excluded.practice", connection)
        {
            Parameters = { new() { Value = sorted } },
        };
        await command.ExecuteNonQueryAsync(ct);
    }
}
