using IntegratedCare.Population.Events;
using IntegratedCare.Population.RiskModels;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Population.HighRisk;

/// <summary>A death ends the person's confirmed entries on high-risk registers, and withdraws proposed ones.</summary>
internal sealed class OnPersonDiedEndHighRisk(RiskModelLibrary models) : Reaction<PersonDied, PopulationSession>
{
    protected override async Task ApplyAsync(PopulationSession session, IReadOnlyList<Delivered<PersonDied>> run, CancellationToken ct)
    {
        var now = session.Clock.GetUtcNow();
        var ended = new List<Guid>();
        // The date of death in the register counts: it may have been corrected, or withdrawn, since this event.
        await using (var command = await session.CommandAsync(
            """
            UPDATE population.high_risk_entry e
            SET status = CASE WHEN e.status = 'confirmed' THEN 'ended' ELSE 'withdrawn' END, reason = 'Died.', decided_by = 'Death record', decided_at = $2,
                ended_on = CASE WHEN e.status = 'confirmed' THEN greatest(p.death_date, e.confirmed_on) END, version = e.version + 1
            FROM population.person p
            WHERE p.id = e.person_id AND p.death_date IS NOT NULL AND e.person_id = ANY ($1) AND e.status IN ('proposed', 'confirmed')
            RETURNING e.id, e.status
            """, ct, run.Select(d => d.Event.PersonId).Distinct().ToArray(), now))
        {
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                if (reader.GetString(1) == "ended")
                    ended.Add(reader.GetGuid(0));
            }
        }

        await session.PublishDecisionsAsync(models, ended, LondonTime.DateOf(now), ct);
    }
}
