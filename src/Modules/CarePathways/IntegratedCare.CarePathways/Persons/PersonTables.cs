using IntegratedCare.Shared.Documents;
using Npgsql;
using NpgsqlTypes;
using Weasel.Postgresql.Tables;

namespace IntegratedCare.CarePathways.Persons;

internal static class PersonTables
{
    public static IEnumerable<Table> Of(string schema) =>
    [
        ModuleTables.Table(schema, "person")
            .With("person_id uuid not null", "died_on date", "death_version bigint not null", "high_risk_version bigint not null")
            .Key("person_id"),
    ];

    /// <summary>
    /// Inserts missing rows for these persons and locks them all until the save, so that a death and a proposal that arrive at the
    /// same time see each other.
    /// </summary>
    public static async Task<Dictionary<Guid, PersonState>> LockPersonsAsync(this CarePathwaysSession session, Guid[] ids, CancellationToken ct)
    {
        await using var batch = new NpgsqlBatch(await session.BeginAsync(ct))
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand(
                    """
                    INSERT INTO care_pathways.person (person_id, death_version, high_risk_version)
                    SELECT id, 0, 0 FROM unnest($1) AS id ORDER BY id ON CONFLICT DO NOTHING
                    """) { Parameters = { new() { Value = ids } } },
                new NpgsqlBatchCommand(
                    """
                    SELECT person_id, died_on, death_version, high_risk_version FROM care_pathways.person
                    WHERE person_id = ANY($1) ORDER BY person_id FOR UPDATE
                    """) { Parameters = { new() { Value = ids } } },
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(ct);
        var persons = new Dictionary<Guid, PersonState>();
        while (await reader.ReadAsync(ct))
        {
            persons.Add(reader.GetGuid(0),
                new PersonState(reader.GetGuid(0), reader.IsDBNull(1) ? null : reader.GetFieldValue<DateOnly>(1), reader.GetInt64(2), reader.GetInt64(3)));
        }

        return persons;
    }

    /// <summary>Writes the state of persons that were locked.</summary>
    public static Task WritePersonsAsync(this CarePathwaysSession session, IReadOnlyCollection<PersonState> persons, CancellationToken ct) =>
        session.ExecuteAsync(
        """
        UPDATE care_pathways.person AS p SET died_on = n.died_on, death_version = n.death_version, high_risk_version = n.high_risk_version
        FROM unnest($1, $2, $3, $4) AS n (person_id, died_on, death_version, high_risk_version)
        WHERE p.person_id = n.person_id
          AND (p.died_on, p.death_version, p.high_risk_version) IS DISTINCT FROM (n.died_on, n.death_version, n.high_risk_version)
        """, ct,
        persons.Select(p => p.PersonId).ToArray(),
        SqlParameters.Column(persons, NpgsqlDbType.Date, p => p.DiedOn),
        persons.Select(p => p.DeathVersion).ToArray(), persons.Select(p => p.HighRiskVersion).ToArray());
}
