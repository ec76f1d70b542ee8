using IntegratedCare.CarePathways.Definitions;
using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.CarePathways.Episodes;

/// <summary>
/// Records emergency admissions on the open episodes of the persons admitted, for the meeting's agenda and the clocks that pause in
/// hospital. Most facts concern nobody in an episode: one query for the whole run finds the episodes.
/// </summary>
internal sealed class OnCareFactsRecorded(PathwayCatalogue pathways) : Reaction<CareFactsRecorded, CarePathwaysSession>
{
    protected override async Task ApplyAsync(CarePathwaysSession session, IReadOnlyList<Delivered<CareFactsRecorded>> run, CancellationToken ct)
    {
        var facts = new Dictionary<(string Source, string RecordId), CareFact>();
        foreach (var fact in run.SelectMany(d => d.Event.Facts))
        {
            // A first version that is no emergency admission has nothing to record or to take back.
            if (fact.Kind != Spell.Kind || (fact.Version <= 1 && (fact.Cancelled || !IsEmergency(fact))))
                continue;
            var key = (fact.Source, fact.RecordId);
            if (!facts.TryGetValue(key, out var known) || known.Version < fact.Version)
                facts[key] = fact;
        }

        if (facts.Count == 0)
            return;

        var byPerson = facts.Values.ToLookup(f => f.PersonId);
        var affected = await session.ListAffectedAsync([.. byPerson.Select(p => p.Key)], [.. facts.Keys], ct);
        var now = session.Clock.GetUtcNow();
        var changed = new List<Episode>();
        var recorded = new List<(Guid Episode, string Source, string RecordId)>();
        foreach (var episode in await session.LockAsync<Episode>(affected, ct))
        {
            var definition = pathways.Of(episode);
            var elsewhere = episode.Admissions.Where(a => facts.TryGetValue((a.Source, a.RecordId), out var f) && f.PersonId != episode.PersonId)
                .Select(a => facts[(a.Source, a.RecordId)]);
            var next = episode;
            foreach (var fact in byPerson[episode.PersonId].Concat(elsewhere))
            {
                var cancelled = fact.Cancelled || !IsEmergency(fact) || fact.PersonId != episode.PersonId;
                var admission = new Admission(fact.Source, fact.RecordId, fact.Version, cancelled, fact.Start, fact.End, fact.Provider);
                var before = next;
                next = next.RecordAdmission(definition, admission, now);
                if (!ReferenceEquals(next, before))
                    recorded.Add((episode.Id, fact.Source, fact.RecordId));
            }

            if (!ReferenceEquals(next, episode))
                changed.Add(next);
        }

        if (changed.Count == 0)
            return;
        await session.WriteAsync(changed, ct);
        await session.WriteAdmissionsAsync(recorded, ct);
    }

    /// <summary>Admission methods 21 to 28 and 2A to 2D of the NHS Data Dictionary.</summary>
    private static bool IsEmergency(CareFact fact) => fact.DataAs<Spell>()?.AdmissionMethod?.StartsWith('2') == true;

    /// <summary>What Care Pathways reads of an inpatient spell.</summary>
    internal sealed record Spell(string? AdmissionMethod) : ICareData
    {
        public static string Kind => "inpatient-spell";
    }
}
