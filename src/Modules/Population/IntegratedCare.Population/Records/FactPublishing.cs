using IntegratedCare.Population.Events;
using IntegratedCare.Population.Persons;
using IntegratedCare.Population.RegisterCounts;
using Npgsql;

namespace IntegratedCare.Population.Records;

/// <summary>Publishes what follows from changed facts, whatever changed them: the facts themselves, and deaths.</summary>
internal static class FactPublishing
{
    private const int FactsPerEvent = 1000;

    /// <param name="undone">Persons whose death record became another person's, or no death at all.</param>
    public static async Task PublishFactsAsync(this PopulationSession session, List<CareFact> facts, CancellationToken ct,
        IReadOnlyCollection<Guid>? undone = null)
    {
        foreach (var chunk in facts.Chunk(FactsPerEvent))
            session.Publish(new CareFactsRecorded(chunk));
        var deaths = facts.Where(f => f.Kind == "death-recorded").Select(f => f.PersonId).Concat(undone ?? []).Distinct().ToArray();
        if (deaths.Length > 0)
            await session.UpdateDeathsAsync(deaths, ct);
    }

    /// <summary>Looks again at the deaths that these organisations recorded: whether their word is taken follows from their kind.</summary>
    public static async Task UpdateDeathsAsync(this PopulationSession session, string[] organisations, CancellationToken ct)
    {
        var persons = new List<Guid>();
        await using (var command = await session.CommandAsync(
            """
            SELECT DISTINCT person_id FROM population.record
            WHERE kind = 'death-recorded' AND person_id IS NOT NULL AND NOT cancelled AND split_part(source, ':', 3) = ANY($1)
            """, ct, [organisations]))
        {
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                persons.Add(reader.GetGuid(0));
        }

        if (persons.Count > 0)
            await session.UpdateDeathsAsync([.. persons], ct);
    }

    /// <summary>A person's death is the earliest that stands recorded by somebody whose word it takes; none left means it was withdrawn.</summary>
    private static async Task UpdateDeathsAsync(this PopulationSession session, Guid[] persons, CancellationToken ct)
    {
        await using var command = await session.CommandAsync(
            $"""
            WITH standing AS (
              SELECT i.id, (SELECT min(r.day) FROM population.record r
                WHERE r.person_id = i.id AND r.kind = 'death-recorded' AND NOT r.cancelled AND {DeathWord.IsTaken}) AS day
              FROM unnest($1) AS i (id))
            UPDATE population.person p SET death_date = s.day, version = p.version + 1, xid = pg_current_xact_id()
            FROM standing s WHERE p.id = s.id AND p.death_date IS DISTINCT FROM s.day
            RETURNING p.id, p.death_date, p.version, p.practice
            """, ct, persons, DeathWord.Kinds);
        var practices = new HashSet<string>();
        var changed = new List<Guid>();
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
            {
                practices.Add(reader.GetString(3));
                changed.Add(reader.GetGuid(0));
                if (reader.IsDBNull(1))
                    session.Publish(new DeathWithdrawn(reader.GetGuid(0), reader.GetInt64(2)));
                else
                    session.Publish(new PersonDied(reader.GetGuid(0), reader.GetFieldValue<DateOnly>(1), reader.GetInt64(2)));
            }
        }

        // Whoever died before a move was on a former practice's list for fewer days than it says.
        practices.UnionWith(await FormerRegistrations.PracticesOfAsync(await session.ConnectionAsync(ct), changed, ct));
        await session.MarkForRecountAsync(practices, ct);
    }
}
