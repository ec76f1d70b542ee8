using IntegratedCare.CarePathways.Definitions;
using IntegratedCare.CarePathways.Persons;
using IntegratedCare.Population.Events;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.CarePathways.Episodes;

/// <summary>
/// A person confirmed on the high-risk register is proposed for the pathways that ask for it, unless an episode is open;
/// one who left the register before the practice accepted is withdrawn.
/// </summary>
internal sealed class OnHighRiskConfirmed(PathwayCatalogue pathways) : Reaction<HighRiskConfirmed, CarePathwaysSession>
{
    protected override async Task ApplyAsync(CarePathwaysSession session, IReadOnlyList<Delivered<HighRiskConfirmed>> run, CancellationToken ct)
    {
        var ids = run.Select(d => d.Event.Person.PersonId).Distinct().ToArray();
        var persons = await session.LockPersonsAsync(ids, ct);
        var loaded = await session.LockEpisodesAsync(ids, [EpisodeStatus.Proposed, EpisodeStatus.Active], ct);
        var episodes = loaded.ToList();
        foreach (var e in run.Select(d => d.Event))
        {
            var person = persons[e.Person.PersonId];
            if (e.Version <= person.HighRiskVersion)
                continue;
            person = person with { HighRiskVersion = e.Version };
            persons[person.PersonId] = person;
            foreach (var definition in pathways.Latest.Where(d => d.ProposedBy.Contains(HighRiskConfirmed.Name)))
            {
                var open = episodes.FindIndex(o => o.PersonId == person.PersonId && o.Pathway == definition.Id && o.IsOpen);
                var now = session.Clock.GetUtcNow();
                if (e.Status == "ended" && open >= 0 && episodes[open].Status == EpisodeStatus.Proposed)
                {
                    episodes[open] = episodes[open].Withdraw(
                        pathways.Of(episodes[open]), Actor.Event(HighRiskConfirmed.Name), "The person is no longer on the high-risk register.", now);
                }
                else if (e.Status == "confirmed" && open < 0)
                {
                    episodes.Add(Propose(definition, e, person, now));
                }
            }
        }

        await session.WritePersonsAsync(persons.Values, ct);
        await session.WriteChangedAsync(loaded, episodes, ct);
    }

    private static Episode Propose(PathwayDefinition definition, HighRiskConfirmed e, PersonState person, DateTimeOffset now)
    {
        // A decision recorded later counts from its day, so that what was done since may be recorded too.
        var decided = LondonTime.DateOf(now) > e.From ? LondonTime.StartOf(e.From) : now;
        var episode = Episode.Propose(definition, person.PersonId, e.Person.Practice, e.Person.Locality,
            $"Confirmed on the high-risk register in {e.Tier} by {e.DecidedBy}.", e.Tier, Actor.Event(HighRiskConfirmed.Name), decided);
        // A death recorded before the proposal closes it at once; withdrawing the death reopens it.
        return person.DiedOn is { } died ? episode.CloseByDeath(definition, died, now) : episode;
    }
}
