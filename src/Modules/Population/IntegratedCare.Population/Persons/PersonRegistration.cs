namespace IntegratedCare.Population.Persons;

/// <summary>Writes one person in a session.</summary>
internal static class PersonRegistration
{
    /// <summary>Registers a person and saves. False, and nothing written, when the NHS number is registered.</summary>
    public static async Task<bool> RegisterAsync(this PopulationSession session, PersonRow person, CancellationToken ct)
    {
        var connection = await session.BeginAsync(ct);
        await PersonSql.StageAsync(connection, [person], ct);
        if ((await PersonSql.MergeAsync(connection, Amending.None, ct)).Created == 0)
            return false;
        session.Publish(new PersonsChanged([person.Practice], []));
        await session.SaveChangesAsync(ct);
        return true;
    }

    /// <summary>In the transaction that did not register a person: the person with that NHS number, and whether all details are the same.</summary>
    public static async Task<(Guid Id, long Version, bool Same)> StagedPersonAsync(this PopulationSession session, CancellationToken ct)
    {
        await using var command = await session.CommandAsync(
            $"""
            SELECT p.id, p.version, ({PersonSql.Prefixed("p")}) IS NOT DISTINCT FROM ({PersonSql.Prefixed("s")})
            FROM population.person p JOIN person_staging s ON s.nhs_number = p.nhs_number
            """, ct);
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return (reader.GetGuid(0), reader.GetInt64(1), reader.GetBoolean(2));
    }

    /// <summary>Amends a person and saves; false when the version is not the one expected.</summary>
    public static async Task<bool> AmendAsync(this PopulationSession session, Guid id, long version, PersonRow person, CancellationToken ct)
    {
        var connection = await session.BeginAsync(ct);
        await PersonSql.StageAsync(connection, [person], ct);
        await using (var check = await session.CommandAsync(
            "SELECT 1 FROM population.person WHERE id = $1 AND version = $2 AND nhs_number = $3 FOR UPDATE", ct, id, version, person.NhsNumber))
        {
            if (await check.ExecuteScalarAsync(ct) is null)
                return false;
        }

        var merged = await PersonSql.MergeAsync(connection, Amending.AllMembers, ct);
        session.Publish(new PersonsChanged(merged.Practices, merged.Amended));
        await session.SaveChangesAsync(ct);
        return true;
    }
}
