using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using Npgsql;

namespace IntegratedCare.Population.Storage;

/// <summary>How the caller's organisation is related to a person, from the register and the records.</summary>
internal static class PersonRelationships
{
    public static async Task<List<string>> OfAsync(NpgsqlConnection connection, Guid person, string organisation, DateTimeOffset now, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT EXISTS (SELECT FROM population.person WHERE id = $1 AND practice = $2),
              EXISTS (SELECT FROM population.record WHERE person_id = $1 AND provider = $2 AND NOT cancelled AND coalesce(ended, $3) > $3 - interval '12 months'),
              EXISTS (SELECT FROM population.record WHERE person_id = $1 AND NOT cancelled AND (source = 'urn:ods:' || $2 OR source LIKE 'urn:ods:' || $2 || ':%'))
            """, connection)
        { Parameters = { new() { Value = person }, new() { Value = organisation }, new() { Value = now } } };
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        var relationships = new List<string>();
        if (reader.GetBoolean(0))
            relationships.Add(Relationships.RegisteredPractice);
        if (reader.GetBoolean(1))
            relationships.Add(Relationships.RecentCare);
        if (reader.GetBoolean(2))
            relationships.Add(Relationships.DataController);
        return relationships;
    }

    /// <summary>Refuses whoever may not see this person: 403 where the kind never may, 404 where only the relationship is missing.</summary>
    public static async Task RequireAsync(NpgsqlConnection connection, AccessContext access, Guid person, DateTimeOffset now, CancellationToken ct)
    {
        string[] best = [Relationships.RegisteredPractice, Relationships.ActiveEpisode, Relationships.RecentCare, Relationships.DataController];
        AccessTable.RequireIdentifiable(access, best);
        var relationships = await OfAsync(connection, person, access.Organisation, now, ct);
        if (AccessTable.Decide(access.Kind, access.Purpose, relationships) != Disclosure.Identifiable)
            throw Problems.Missing();
    }
}
