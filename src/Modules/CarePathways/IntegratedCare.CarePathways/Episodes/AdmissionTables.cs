using IntegratedCare.Shared.Documents;
using Weasel.Postgresql.Tables;

namespace IntegratedCare.CarePathways.Episodes;

/// <summary>On which episodes an emergency admission is recorded, so that an amendment finds them even when it names another person.</summary>
internal static class AdmissionTables
{
    public static IEnumerable<Table> Of(string schema) =>
    [
        ModuleTables.Table(schema, "admission")
            .With("source text not null", "record_id text not null", "episode_id uuid not null")
            .Key("source", "record_id", "episode_id")
            .Index("admission_episode_id", ["episode_id"]),
    ];

    /// <summary>The open episodes of these persons, and every episode on which one of these records was recorded before.</summary>
    public static async Task<IReadOnlyCollection<Guid>> ListAffectedAsync(
        this CarePathwaysSession session, Guid[] persons, IReadOnlyList<(string Source, string RecordId)> records, CancellationToken ct)
    {
        await using var command = await session.CommandAsync(
            """
            -- OFFSET makes it a look-up for each: for a large run a join would read the whole table.
            SELECT e.id FROM unnest($1) AS p (person_id) CROSS JOIN LATERAL (
              SELECT id FROM care_pathways.mt_doc_episode k WHERE k.person_id = p.person_id AND k.status IN ('Proposed', 'Active') OFFSET 0) AS e
            UNION
            SELECT a.episode_id FROM unnest($2, $3) AS f (source, record_id) CROSS JOIN LATERAL (
              SELECT episode_id FROM care_pathways.admission k WHERE k.source = f.source AND k.record_id = f.record_id OFFSET 0) AS a
            """, ct, persons, records.Select(r => r.Source).ToArray(), records.Select(r => r.RecordId).ToArray());
        await using var reader = await command.ExecuteReaderAsync(ct);
        var episodes = new List<Guid>();
        while (await reader.ReadAsync(ct))
            episodes.Add(reader.GetGuid(0));
        return episodes;
    }

    public static Task WriteAdmissionsAsync(
        this CarePathwaysSession session, IReadOnlyList<(Guid Episode, string Source, string RecordId)> admissions, CancellationToken ct) =>
        session.ExecuteAsync(
            "INSERT INTO care_pathways.admission (source, record_id, episode_id) SELECT * FROM unnest($1, $2, $3) ON CONFLICT DO NOTHING", ct,
            admissions.Select(a => a.Source).ToArray(), admissions.Select(a => a.RecordId).ToArray(), admissions.Select(a => a.Episode).ToArray());
}
