using IntegratedCare.Population.Events;
using IntegratedCare.Population.RiskModels;
using Npgsql;

namespace IntegratedCare.Population.HighRisk;

/// <summary>The practice registers, many entries at a time.</summary>
internal static class HighRiskSql
{
    private const string ByRun = "Stratification run";

    /// <summary>
    /// Updates the registers after a run: proposals of persons outside the tier are withdrawn, confirmed persons who have left the
    /// practice are removed, and persons in the tier who are neither confirmed nor under a decline are proposed.
    /// </summary>
    /// <returns>How many were proposed and withdrawn, and the entries that ended.</returns>
    public static async Task<(long Proposed, long Withdrawn, IReadOnlyList<Guid> Ended)> UpdateRegistersAsync(
        NpgsqlConnection connection, Guid run, string[] tiers, DateTimeOffset now, DateOnly today, CancellationToken ct)
    {
        await using var withdraw = new NpgsqlCommand(
            """
            UPDATE population.high_risk_entry e SET status = 'withdrawn', reason = 'No longer in the tier.', decided_by = $3, decided_at = $4,
              version = version + 1
            WHERE status = 'proposed' AND NOT EXISTS (
              SELECT 1 FROM population.risk_score s WHERE s.run_id = $1 AND s.person_id = e.person_id AND s.practice = e.practice AND s.tier = ANY ($2))
            """, connection)
        { CommandTimeout = 0, Parameters = { new() { Value = run }, new() { Value = tiers }, new() { Value = ByRun }, new() { Value = now } } };
        var withdrawn = await withdraw.ExecuteNonQueryAsync(ct);

        var ended = new List<Guid>();
        await using (var end = new NpgsqlCommand(
            """
            UPDATE population.high_risk_entry e
            SET status = 'ended', reason = 'No longer on the practice''s list.', decided_by = $2, decided_at = $3, ended_on = $4, version = version + 1
            WHERE status = 'confirmed'
              AND NOT EXISTS (SELECT 1 FROM population.risk_score s WHERE s.run_id = $1 AND s.person_id = e.person_id AND s.practice = e.practice)
              AND NOT EXISTS (SELECT 1 FROM population.person p WHERE p.id = e.person_id AND p.practice = e.practice AND p.death_date IS NULL)
            RETURNING id
            """, connection)
        { CommandTimeout = 0, Parameters = { new() { Value = run }, new() { Value = ByRun }, new() { Value = now }, new() { Value = today } } })
        {
            await using var reader = await end.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                ended.Add(reader.GetGuid(0));
        }

        await using (var refresh = new NpgsqlCommand(
            """
            UPDATE population.high_risk_entry e
            SET tier = s.tier, score = s.score, features = s.features, run_id = $1,
                version = version + (e.tier <> s.tier OR e.score <> s.score OR e.features <> s.features)::int
            FROM population.risk_score s WHERE s.run_id = $1 AND s.person_id = e.person_id AND e.status = 'proposed'
            """, connection)
        { CommandTimeout = 0, Parameters = { new() { Value = run } } })
            await refresh.ExecuteNonQueryAsync(ct);

        // A person confirmed elsewhere, or who has changed practice, is considered in the next run.
        var persons = new List<Guid>();
        await using (var candidates = new NpgsqlCommand(
            """
            SELECT s.person_id FROM population.risk_score s JOIN population.person p ON p.id = s.person_id AND p.practice = s.practice AND p.death_date IS NULL
            WHERE s.run_id = $1 AND s.tier = ANY ($2) AND NOT EXISTS (
              SELECT 1 FROM population.high_risk_entry e WHERE e.person_id = s.person_id
                AND (e.status IN ('proposed', 'confirmed') OR (e.status = 'declined' AND e.practice = s.practice AND e.declined_until > $3)))
            ORDER BY s.practice, s.rank
            """, connection)
        { CommandTimeout = 0, Parameters = { new() { Value = run }, new() { Value = tiers }, new() { Value = today } } })
        {
            await using var reader = await candidates.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                persons.Add(reader.GetGuid(0));
        }

        await using var propose = new NpgsqlCommand(
            """
            INSERT INTO population.high_risk_entry (id, version, person_id, practice, status, tier, score, features, run_id, proposed_at)
            SELECT c.id, 1, c.person_id, s.practice, 'proposed', s.tier, s.score, s.features, $1, $4
            FROM unnest($2, $3) WITH ORDINALITY AS c (id, person_id, n) JOIN population.risk_score s ON s.run_id = $1 AND s.person_id = c.person_id
            ORDER BY c.n
            """, connection)
        {
            CommandTimeout = 0,
            Parameters =
            {
                new() { Value = run },
                new() { Value = persons.Select(_ => Guid.CreateVersion7()).ToArray() },
                new() { Value = persons.ToArray() },
                new() { Value = now },
            },
        };
        var proposed = await propose.ExecuteNonQueryAsync(ct);
        return (proposed, withdrawn, ended);
    }

    /// <summary>Publishes entries that were confirmed or ended, in their present state.</summary>
    public static async Task PublishDecisionsAsync(
        this PopulationSession session, RiskModelLibrary models, IReadOnlyCollection<Guid> entries, DateOnly day, CancellationToken ct)
    {
        if (entries.Count == 0)
            return;
        var rows = new List<(HighRiskConfirmed Event, string Model, int ModelVersion, string[] Features)>();
        await using (var command = await session.CommandAsync(
            """
            SELECT e.person_id, e.practice, e.status, e.tier, e.score, e.confirmed_on, e.ended_on, coalesce(e.decided_by, ''),
                   date_part('year', age($2, p.birth_date))::int, p.sex, w.locality, w.place, w.system, r.model, r.model_version,
                   e.features, nextval('population.high_risk_decision_version')
            FROM population.high_risk_entry e
            JOIN population.person p ON p.id = e.person_id
            JOIN population.mt_doc_stratification r ON r.id = e.run_id
            LEFT JOIN LATERAL (
              SELECT locality, place, system FROM population.practice_place
              WHERE practice = e.practice AND from_date <= $2 AND (to_date IS NULL OR to_date > $2) ORDER BY from_date DESC, locality LIMIT 1) w ON true
            WHERE e.id = ANY ($1) AND e.status IN ('confirmed', 'ended')
            """, ct, entries.ToArray(), day))
        {
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                var summary = new PersonSummary(reader.GetGuid(0), reader.GetString(1), Text(reader, 10), reader.GetInt32(8), reader.GetString(9), []);
                rows.Add((new HighRiskConfirmed(summary, Text(reader, 11), Text(reader, 12), reader.GetString(3), reader.GetDouble(4), reader.GetString(2),
                    reader.GetFieldValue<DateOnly>(5), reader.IsDBNull(6) ? null : reader.GetFieldValue<DateOnly>(6), reader.GetString(7), reader.GetInt64(16)),
                    reader.GetString(13), reader.GetInt32(14), reader.GetFieldValue<string[]>(15)));
            }
        }

        foreach (var (decided, id, version, features) in rows)
        {
            var model = await models.ReadAsync(session, id, version, ct);
            session.Publish(decided with { Person = decided.Person with { Conditions = [.. features.Select(f => model.Feature(f).Description)] } });
        }
    }

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
}
