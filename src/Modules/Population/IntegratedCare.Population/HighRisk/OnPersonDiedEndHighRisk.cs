using IntegratedCare.Population.Events;
using IntegratedCare.Population.Storage;
using IntegratedCare.Shared.Outbox;
using IntegratedCare.Shared;
using Npgsql;

namespace IntegratedCare.Population.Reactions;

/// <summary>A death takes the person off every high-risk register, and withdraws what was proposed.</summary>
internal sealed class OnPersonDiedEndHighRisk(RiskModelStore models) : Reaction<PersonDied, PopulationDb>
{
    protected override async Task ApplyAsync(PopulationDb db, IReadOnlyList<Delivered<PersonDied>> run, CancellationToken ct)
    {
        var connection = await db.NpgsqlAsync(ct);
        var now = db.Clock.GetUtcNow();
        var ended = new List<Guid>();
        // The date of death in the register counts: it may have been corrected, or withdrawn, since this event.
        await using (var command = new NpgsqlCommand(
            """
            UPDATE population.high_risk_entry e
            SET status = CASE WHEN e.status = 'confirmed' THEN 'ended' ELSE 'withdrawn' END, reason = 'Died.', decided_by = 'Death record', decided_at = $2,
                ended_on = CASE WHEN e.status = 'confirmed' THEN greatest(p.death_date, e.confirmed_on) END, version = e.version + 1
            FROM population.person p
            WHERE p.id = e.person_id AND p.death_date IS NOT NULL AND e.person_id = ANY ($1) AND e.status IN ('proposed', 'confirmed')
            RETURNING e.id, e.status
            """, connection)
        {
            Parameters = { new() { Value = run.Select(d => d.Event.PersonId).Distinct().ToArray() }, new() { Value = now } },
        })
        {
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                if (reader.GetString(1) == "ended")
                    ended.Add(reader.GetGuid(0));
            }
        }

        foreach (var told in await HighRiskSql.EventsAsync(connection, models, ended, LondonTime.DateOf(now), ct))
            db.Publish(told);
    }
}
