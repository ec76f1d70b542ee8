using IntegratedCare.Shared.Documents;
using Npgsql;

namespace IntegratedCare.Population.Persons;

/// <summary>A person's registration before and after an amendment.</summary>
internal sealed record ChangedRegistration(Guid Person, string OldPractice, DateOnly OldFrom, string Practice, DateOnly From);

/// <summary>
/// A person's registrations before the present one, which is in the register's entry. Each lasts until the next one begins, so a corrected
/// beginning of the present one also corrects the end of those before. One that would begin after its end is kept, empty, until the person
/// moves again: a later correction may restore it.
/// </summary>
internal static class FormerRegistrations
{
    /// <summary>Brings the former registrations of persons whose present one has changed up to date. The persons are locked.</summary>
    public static async Task KeepAsync(NpgsqlConnection connection, IReadOnlyList<ChangedRegistration> changes, CancellationToken ct)
    {
        if (changes.Count == 0)
            return;
        var moves = changes.Where(c => c.OldPractice != c.Practice).ToList();
        Guid[] moved = [.. moves.Select(c => c.Person)];
        DateOnly[] since = [.. moves.Select(c => c.OldFrom)];
        if (moves.Count > 0)
        {
            // What the one that ends now has made empty stays so: its beginning is corrected no more.
            await connection.ExecuteAsync(
                """
                DELETE FROM population.registration h USING unnest($1, $2) AS c (person, since)
                WHERE h.person_id = c.person AND h.from_date >= c.since
                """, ct, moved, since);
            await connection.ExecuteAsync(
                """
                INSERT INTO population.registration (person_id, practice, from_date, to_date)
                SELECT person, practice, since, since FROM unnest($1, $2, $3) AS c (person, practice, since)
                """, ct, moved, moves.Select(c => c.OldPractice).ToArray(), since);
        }

        await connection.ExecuteAsync(
            """
            UPDATE population.registration h SET to_date = n.to_date
            FROM (
              SELECT f.person_id, f.from_date, least(lead(f.from_date) OVER (PARTITION BY f.person_id ORDER BY f.from_date), c.since) AS to_date
              FROM population.registration f JOIN unnest($1, $2) AS c (person, since) ON f.person_id = c.person) AS n
            WHERE h.person_id = n.person_id AND h.from_date = n.from_date AND h.to_date <> n.to_date
            """, ct, changes.Select(c => c.Person).ToArray(), changes.Select(c => c.From).ToArray());
    }

    /// <summary>The practices that these persons were registered with: their person-days follow from what is known of the persons now.</summary>
    public static async Task<List<string>> PracticesOfAsync(NpgsqlConnection connection, IReadOnlyCollection<Guid> persons, CancellationToken ct)
    {
        var practices = new List<string>();
        if (persons.Count == 0)
            return practices;
        await using var command = new NpgsqlCommand("SELECT DISTINCT practice FROM population.registration WHERE person_id = ANY($1)", connection)
        {
            Parameters = { new() { Value = persons.ToArray() } },
        };
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            practices.Add(reader.GetString(0));
        return practices;
    }
}
