using IntegratedCare.CarePathways.Definitions;
using IntegratedCare.CarePathways.Persons;
using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.CarePathways.Episodes;

/// <summary>A withdrawn death reopens exactly what the death closed.</summary>
internal sealed class OnDeathWithdrawn(PathwayCatalogue pathways) : Reaction<DeathWithdrawn, CarePathwaysSession>
{
    protected override async Task ApplyAsync(CarePathwaysSession session, IReadOnlyList<Delivered<DeathWithdrawn>> run, CancellationToken ct)
    {
        var ids = run.Select(d => d.Event.PersonId).Distinct().ToArray();
        var persons = await session.LockPersonsAsync(ids, ct);
        var loaded = await session.LockEpisodesAsync(ids, [EpisodeStatus.Closed, EpisodeStatus.Proposed, EpisodeStatus.Active], ct);
        var episodes = loaded.ToList();
        foreach (var e in run.Select(d => d.Event))
        {
            var person = persons[e.PersonId];
            if (e.Version <= person.DeathVersion)
                continue;
            persons[e.PersonId] = person with { DeathVersion = e.Version, DiedOn = null };
            // Oldest first: an episode proposed before the withdrawal does not displace an older one on the same pathway.
            for (var i = 0; i < episodes.Count; i++)
            {
                var closed = episodes[i];
                if (closed.PersonId != e.PersonId || closed.Status != EpisodeStatus.Closed)
                    continue;
                episodes[i] = episodes.Exists(o => o.IsOpen && o.PersonId == closed.PersonId && o.Pathway == closed.Pathway)
                    ? closed.KeepClosed() : closed.ReopenAfterDeath(pathways.Of(closed), session.Clock.GetUtcNow());
            }
        }

        await session.WritePersonsAsync(persons.Values, ct);
        await session.WriteChangedAsync(loaded, episodes, ct);
    }
}
