using IntegratedCare.Population.Intake;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Npgsql;

namespace IntegratedCare.Population.Persons;

/// <summary>The relationships of the caller's organisation to a person, from the register, the records and the open episodes.</summary>
internal static class PersonRelationships
{
    /// <summary>Whether a record is the organisation's own: posted under its code, by itself or by a vendor that was granted it.</summary>
    public const string OwnRecord = "split_part(source, ':', 3) = $2";

    /// <remarks>
    /// Recent care is care by the organisation according to another's records: its own, and those its clients sent for another, which it could
    /// invent, open nothing but themselves.
    /// Conditions and deaths are no care, and only a spell or a service can still be open.
    /// </remarks>
    public static async Task<List<string>> OfAsync(NpgsqlConnection connection, Guid person, string organisation, DateTimeOffset now, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            $"""
            SELECT EXISTS (SELECT FROM population.person WHERE id = $1 AND practice = $2),
              EXISTS (SELECT FROM population.record WHERE person_id = $1 AND provider = $2 AND NOT {OwnRecord} AND sender IS DISTINCT FROM $2
                AND NOT cancelled
                AND coalesce(ended, CASE WHEN kind = ANY($4) THEN started ELSE $3 END) > $3 - interval '12 months'),
              EXISTS (SELECT FROM population.record WHERE person_id = $1 AND NOT cancelled AND {OwnRecord}),
              EXISTS (SELECT FROM population.episode_partner WHERE person_id = $1 AND organisation = $2),
              EXISTS (SELECT FROM population.emergency_access WHERE person_id = $1 AND organisation = $2 AND ends_at > $3)
            """, connection)
        {
            Parameters = { new() { Value = person }, new() { Value = organisation }, new() { Value = now }, new() { Value = EventKinds.OverWithoutEnd } },
        };
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        var relationships = new List<string>();
        if (reader.GetBoolean(0))
            relationships.Add(Relationships.RegisteredPractice);
        if (reader.GetBoolean(1))
            relationships.Add(Relationships.RecentCare);
        if (reader.GetBoolean(2))
            relationships.Add(Relationships.DataController);
        if (reader.GetBoolean(3))
            relationships.Add(Relationships.ActiveEpisode);
        if (reader.GetBoolean(4))
            relationships.Add(Relationships.EmergencyAccess);
        return relationships;
    }

    /// <summary>Refuses callers who may not see this person: 403 where the kind never may, 404 where only the relationship is missing.</summary>
    /// <param name="ownRecords">Whether the endpoint can limit itself to what the caller's own organisation recorded.</param>
    /// <returns>Whether the caller may see all of the person; else only its own records, without the register's details.</returns>
    public static async Task<bool> RequireAsync(NpgsqlConnection connection, AccessContext access, Guid person, DateTimeOffset now, CancellationToken ct,
        bool ownRecords = false)
    {
        string[] best =
        [
            Relationships.RegisteredPractice, Relationships.ActiveEpisode, Relationships.RecentCare, Relationships.EmergencyAccess, Relationships.DataController,
        ];
        var required = ownRecords ? Disclosure.OwnRecords : Disclosure.Identifiable;
        if (AccessTable.Decide(access.Kind, access.Purpose, best) < required)
            throw new RequestRefused(Problems.DisclosureRefused, Problems.DisclosureRefused.Explanation);
        var relationships = await OfAsync(connection, person, access.Organisation, now, ct);
        var disclosure = AccessTable.Decide(access.Kind, access.Purpose, relationships);
        return disclosure < required ? throw Problems.Missing() : disclosure == Disclosure.Identifiable;
    }
}
