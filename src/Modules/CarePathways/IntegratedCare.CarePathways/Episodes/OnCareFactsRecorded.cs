using IntegratedCare.CarePathways.Domain;
using IntegratedCare.CarePathways.Storage;
using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Outbox;
using Npgsql;

namespace IntegratedCare.CarePathways.Reactions;

/// <summary>
/// Notes emergency admissions on the open episodes of the persons admitted, for the meeting's agenda and the clocks that
/// pause in hospital. Most facts concern nobody in an episode: one query for the whole run says whom.
/// </summary>
internal sealed class OnCareFactsRecorded(PathwayCatalogue pathways) : Reaction<CareFactsRecorded, CarePathwaysDb>
{
    protected override async Task ApplyAsync(CarePathwaysDb db, IReadOnlyList<Delivered<CareFactsRecorded>> run, CancellationToken ct)
    {
        var facts = new Dictionary<(string, string), CareFact>();
        foreach (var fact in run.SelectMany(d => d.Event.Facts))
        {
            // A first version that is no emergency admission has nothing to note or to take back.
            if (fact.Kind != "inpatient-spell" || (fact.Version <= 1 && (fact.Cancelled || !IsEmergency(fact))))
                continue;
            var key = (fact.Source, fact.RecordId);
            if (!facts.TryGetValue(key, out var known) || known.Version < fact.Version)
                facts[key] = fact;
        }

        if (facts.Count == 0)
            return;

        var records = facts.Values.ToList();
        var byPerson = records.ToLookup(f => f.PersonId);
        var touched = new List<Guid>();
        // By the person as now attributed, and by the record where it was noted before on another person's episode.
        await using (var command = new NpgsqlCommand(
            """
            SELECT id FROM care_pathways.episode WHERE person_id = ANY($1) AND status IN ('proposed', 'active')
            UNION
            SELECT episode_id FROM care_pathways.admission JOIN unnest($2, $3) AS f (source, record_id) USING (source, record_id)
            """, await db.NpgsqlAsync(ct))
        {
            Parameters =
            {
                new() { Value = byPerson.Select(p => p.Key).ToArray() },
                new() { Value = records.Select(f => f.Source).ToArray() },
                new() { Value = records.Select(f => f.RecordId).ToArray() },
            },
        })
        {
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                touched.Add(reader.GetGuid(0));
        }

        var now = db.Clock.GetUtcNow();
        var noted = new List<(Guid Episode, CareFact Fact)>();
        foreach (var episode in await db.LockAsync(touched, ct))
        {
            var definition = pathways.Of(episode);
            var own = byPerson[episode.PersonId];
            var lost = episode.Document.Admissions.Where(a => facts.TryGetValue((a.Source, a.RecordId), out var f) && f.PersonId != episode.PersonId)
                .Select(a => facts[(a.Source, a.RecordId)]).ToList();
            foreach (var fact in own.Concat(lost))
            {
                var cancelled = fact.Cancelled || !IsEmergency(fact) || fact.PersonId != episode.PersonId;
                if (episode.NoteAdmission(definition, new Admission(fact.Source, fact.RecordId, fact.Version, cancelled, fact.Start, fact.End, fact.Provider), now))
                    noted.Add((episode.Id, fact));
            }
        }

        if (noted.Count == 0)
            return;
        // Which episode a record is noted on, so that an amendment finds it whomever it is attributed to.
        await using var insert = new NpgsqlCommand(
            "INSERT INTO care_pathways.admission (source, record_id, episode_id) SELECT * FROM unnest($1, $2, $3) ON CONFLICT DO NOTHING", await db.NpgsqlAsync(ct))
        {
            Parameters =
            {
                new() { Value = noted.Select(n => n.Fact.Source).ToArray() },
                new() { Value = noted.Select(n => n.Fact.RecordId).ToArray() },
                new() { Value = noted.Select(n => n.Episode).ToArray() },
            },
        };
        await insert.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Admission methods 21 to 28 and 2A to 2D of the NHS Data Dictionary.</summary>
    private static bool IsEmergency(CareFact fact) => fact.AdmissionMethod?.StartsWith('2') == true;
}
