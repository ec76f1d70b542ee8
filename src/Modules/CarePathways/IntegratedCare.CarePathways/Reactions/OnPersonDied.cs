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

/// <summary>A withdrawn death reopens exactly what the death closed.</summary>
internal sealed class OnDeathWithdrawn(PathwayCatalogue pathways) : Reaction<DeathWithdrawn, CarePathwaysDb>
{
    protected override async Task ApplyAsync(CarePathwaysDb db, IReadOnlyList<Delivered<DeathWithdrawn>> run, CancellationToken ct)
    {
        var ids = run.Select(d => d.Event.PersonId).Distinct().ToArray();
        var persons = await People.LoadAsync(db, ids, ct);
        var closed = await db.LockAsync(await db.Episodes
            .Where(e => ids.Contains(e.PersonId) && e.Status == EpisodeStatus.Closed)
            .Select(e => e.Id).ToListAsync(ct), ct);
        foreach (var e in run.Select(d => d.Event))
        {
            var person = persons[e.PersonId];
            if (e.Version <= person.DeathVersion)
                continue;
            person.DeathVersion = e.Version;
            person.DiedOn = null;
            foreach (var episode in closed.Where(c => c.PersonId == e.PersonId))
                episode.ReopenAfterDeath(pathways.Of(episode), db.Clock.GetUtcNow());
        }
    }
}
