using IntegratedCare.CarePathways.Definitions;
using IntegratedCare.CarePathways.Persons;
using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.CarePathways.Episodes;

/// <summary>A death closes the person's open episodes and stops their clocks.</summary>
internal sealed class OnPersonDied(PathwayCatalogue pathways) : Reaction<PersonDied, CarePathwaysSession>
{
    protected override async Task ApplyAsync(CarePathwaysSession session, IReadOnlyList<Delivered<PersonDied>> run, CancellationToken ct)
    {
        var ids = run.Select(d => d.Event.PersonId).Distinct().ToArray();
        var persons = await session.LockPersonsAsync(ids, ct);
        var loaded = await session.LockEpisodesAsync(ids, [EpisodeStatus.Proposed, EpisodeStatus.Active], ct);
        var episodes = loaded.ToList();
        foreach (var e in run.Select(d => d.Event))
        {
            var person = persons[e.PersonId];
            if (e.Version <= person.DeathVersion)
                continue;
            persons[e.PersonId] = person with { DeathVersion = e.Version, DiedOn = e.Date };
            for (var i = 0; i < episodes.Count; i++)
            {
                if (episodes[i].PersonId == e.PersonId)
                    episodes[i] = episodes[i].CloseByDeath(pathways.Of(episodes[i]), e.Date, session.Clock.GetUtcNow());
            }
        }

        await session.WritePersonsAsync(persons.Values, ct);
        await session.WriteChangedAsync(loaded, episodes, ct);
    }
}
