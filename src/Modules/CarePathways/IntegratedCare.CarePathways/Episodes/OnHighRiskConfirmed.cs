using IntegratedCare.CarePathways.Domain;
using IntegratedCare.CarePathways.Storage;
using IntegratedCare.Population.Events;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Outbox;
using Microsoft.EntityFrameworkCore;

namespace IntegratedCare.CarePathways.Reactions;

/// <summary>
/// A person confirmed on the high-risk register is proposed for the pathways that ask for it, unless an episode is open;
/// one who left the register before the practice accepted is withdrawn.
/// </summary>
internal sealed class OnHighRiskConfirmed(PathwayCatalogue pathways) : Reaction<HighRiskConfirmed, CarePathwaysDb>
{
    protected override async Task ApplyAsync(CarePathwaysDb db, IReadOnlyList<Delivered<HighRiskConfirmed>> run, CancellationToken ct)
    {
        var ids = run.Select(d => d.Event.Person.PersonId).Distinct().ToArray();
        var persons = await People.LoadAsync(db, ids, ct);
        var open = await db.LockAsync(await db.Episodes
            .Where(e => ids.Contains(e.PersonId) && (e.Status == EpisodeStatus.Proposed || e.Status == EpisodeStatus.Active))
            .Select(e => e.Id).ToListAsync(ct), ct);
        foreach (var (e, occurredAt) in run.Select(d => (d.Event, d.OccurredAt)))
        {
            var person = persons[e.Person.PersonId];
            if (e.Version <= person.HighRiskVersion)
                continue;
            person.HighRiskVersion = e.Version;
            foreach (var definition in pathways.Latest.Where(d => d.ProposedBy.Contains(HighRiskConfirmed.Name)))
            {
                var episode = open.Find(o => o.PersonId == person.PersonId && o.Pathway == definition.Id && o.IsOpen);
                if (e.Status == "ended")
                {
                    if (episode?.Status == EpisodeStatus.Proposed)
                        episode.Withdraw(pathways.Of(episode), Actor.Event(HighRiskConfirmed.Name), "The person is no longer on the high-risk register.", db.Clock.GetUtcNow());
                }
                else if (e.Status == "confirmed" && episode is null)
                {
                    // A decision recorded later counts from its day, so that what was done since may be recorded too.
                    var decided = LondonTime.StartOf(e.From);
                    var now = db.Clock.GetUtcNow();
                    episode = Episode.Propose(definition, person.PersonId, e.Person.Practice, e.Person.Locality,
                        $"Confirmed on the high-risk register in {e.Tier} by {e.DecidedBy}.", e.Tier, Actor.Event(HighRiskConfirmed.Name), LondonTime.DateOf(now) > e.From ? decided : now);
                    // A death that was heard of first closes it at once, and reopens it if withdrawn.
                    if (person.DiedOn is { } died)
                        episode.CloseByDeath(definition, died, db.Clock.GetUtcNow());
                    db.Episodes.Add(episode);
                    open.Add(episode);
                }
            }
        }
    }
}
