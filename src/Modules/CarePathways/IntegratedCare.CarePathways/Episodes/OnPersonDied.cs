using IntegratedCare.CarePathways.Domain;
using IntegratedCare.CarePathways.Storage;
using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Outbox;
using Microsoft.EntityFrameworkCore;

namespace IntegratedCare.CarePathways.Reactions;

/// <summary>A death closes the person's open episodes and stops their clocks.</summary>
internal sealed class OnPersonDied(PathwayCatalogue pathways) : Reaction<PersonDied, CarePathwaysDb>
{
    protected override async Task ApplyAsync(CarePathwaysDb db, IReadOnlyList<Delivered<PersonDied>> run, CancellationToken ct)
    {
        var ids = run.Select(d => d.Event.PersonId).Distinct().ToArray();
        var persons = await People.LoadAsync(db, ids, ct);
        var open = await db.LockAsync(await db.Episodes
            .Where(e => ids.Contains(e.PersonId) && (e.Status == EpisodeStatus.Proposed || e.Status == EpisodeStatus.Active))
            .Select(e => e.Id).ToListAsync(ct), ct);
        foreach (var e in run.Select(d => d.Event))
        {
            var person = persons[e.PersonId];
            if (e.Version <= person.DeathVersion)
                continue;
            person.DeathVersion = e.Version;
            person.DiedOn = e.Date;
            foreach (var episode in open.Where(o => o.PersonId == e.PersonId))
                episode.CloseByDeath(pathways.Of(episode), e.Date, db.Clock.GetUtcNow());
        }
    }
}
