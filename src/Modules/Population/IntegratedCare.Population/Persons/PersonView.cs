using Npgsql;

namespace IntegratedCare.Population.Persons;

/// <param name="FamilyName">This and all members after it are null for a caller related to the person only by its own records.</param>
internal sealed record PersonView(
    Guid Id, string NhsNumber, string? FamilyName, string? GivenName, DateOnly? BirthDate, string? Sex, string? EthnicCategory, string? Lsoa,
    double? ImdScore, int? ImdDecile, string? Practice, DateOnly? RegisteredFrom, DateOnly? DeathDate)
{
    /// <summary>Only the id and the NHS number, which the poster of a record knows already.</summary>
    public PersonView KeysOnly() => new(Id, NhsNumber, null, null, null, null, null, null, null, null, null, null, null);

    public static async Task<(PersonView View, long Version)?> ReadAsync(NpgsqlConnection connection, string which, object value, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            $"""
            SELECT id, nhs_number, family_name, given_name, birth_date, sex, ethnic_category, lsoa, imd_score, imd_decile, practice, registered_from,
              death_date, version
            FROM population.person WHERE {which}
            """, connection)
        { Parameters = { new() { Value = value } } };
        await using var r = await command.ExecuteReaderAsync(ct);
        if (!await r.ReadAsync(ct))
            return null;
        return (new PersonView(r.GetGuid(0), Population.NhsNumber.Format(r.GetInt64(1)), r.GetString(2), r.GetString(3), r.GetFieldValue<DateOnly>(4),
            r.GetString(5), r.IsDBNull(6) ? null : r.GetString(6), r.IsDBNull(7) ? null : r.GetString(7), r.IsDBNull(8) ? null : r.GetDouble(8),
            r.IsDBNull(9) ? null : r.GetInt16(9),
            r.GetString(10), r.GetFieldValue<DateOnly>(11), r.IsDBNull(12) ? null : r.GetFieldValue<DateOnly>(12)), r.GetInt64(13));
    }
}
