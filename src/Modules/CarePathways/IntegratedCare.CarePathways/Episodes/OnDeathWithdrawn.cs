using IntegratedCare.CarePathways.Domain;
using IntegratedCare.CarePathways.Storage;
using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Outbox;
using Microsoft.EntityFrameworkCore;

namespace IntegratedCare.CarePathways.Reactions;

/// <summary>A withdrawn death reopens exactly what the death closed.</summary>
internal sealed class OnDeathWithdrawn(PathwayCatalogue pathways) : Reaction<DeathWithdrawn, CarePathwaysDb>
{
    protected override async Task ApplyAsync(CarePathwaysDb db, IReadOnlyList<Delivered<DeathWithdrawn>> run, CancellationToken ct)
    {
        var ids = run.Select(d => d.Event.PersonId).Distinct().ToArray();
        var persons = await People.LoadAsync(db, ids, ct);
        var episodes = await db.LockAsync(await db.Episodes
            .Where(e => ids.Contains(e.PersonId) && (e.Status == EpisodeStatus.Closed || e.Status == EpisodeStatus.Proposed || e.Status == EpisodeStatus.Active))
            .Select(e => e.Id).ToListAsync(ct), ct);
        foreach (var e in run.Select(d => d.Event))
        {
            var person = persons[e.PersonId];
            if (e.Version <= person.DeathVersion)
                continue;
            person.DeathVersion = e.Version;
            person.DiedOn = null;
            var own = episodes.FindAll(o => o.PersonId == e.PersonId);
            // The earlier first: a proposal that came while the death stood does not displace the episode it would repeat.
            foreach (var episode in own.Where(o => o.Status == EpisodeStatus.Closed))
            {
                if (own.Exists(o => o.IsOpen && o.Pathway == episode.Pathway))
                    episode.StayClosed();
                else
                    episode.ReopenAfterDeath(pathways.Of(episode), db.Clock.GetUtcNow());
            }
        }
    }
}
