using Npgsql;
using NpgsqlTypes;

namespace IntegratedCare.Population.Persons;

/// <summary>A person as a row of the register.</summary>
internal sealed record PersonRow(
    Guid Id, long NhsNumber, string FamilyName, string GivenName, DateOnly BirthDate, string Sex, string? EthnicCategory, string? Lsoa,
    double? ImdScore, short? ImdDecile, string Practice, DateOnly RegisteredFrom);

/// <summary>How persons who are in the register already are amended.</summary>
internal enum Amending
{
    None,

    /// <summary>A bulk line: members that it leaves out stay as they are.</summary>
    GivenMembers,

    /// <summary>A PUT: all members are replaced.</summary>
    AllMembers,
}

/// <param name="Amended">The ids of persons amended.</param>
/// <param name="Practices">Practices whose list has changed.</param>
internal sealed record MergedPersons(int Created, List<Guid> Amended, List<string> Practices);

/// <summary>Writes persons by COPY, or through a staging table and one merge.</summary>
internal static class PersonSql
{
    public const string Details = "family_name, given_name, birth_date, sex, ethnic_category, lsoa, imd_score, imd_decile, practice, registered_from";

    public static async Task StageAsync(NpgsqlConnection connection, IReadOnlyList<PersonRow> rows, CancellationToken ct)
    {
        await using (var create = new NpgsqlCommand(
            """
            CREATE TEMP TABLE IF NOT EXISTS person_staging (LIKE population.person) ON COMMIT DELETE ROWS;
            ALTER TABLE person_staging ALTER version DROP NOT NULL, ALTER xid DROP NOT NULL
            """, connection))
            await create.ExecuteNonQueryAsync(ct);
        await CopyAsync(connection, "person_staging", rows, ct);
    }

    /// <summary>Splits rows into persons not in the register, those in it, and those in it whom this practice must not change.</summary>
    public static async Task<(List<PersonRow> Fresh, List<PersonRow> Known, HashSet<PersonRow> Elsewhere)> SplitAsync(
        NpgsqlConnection connection, List<PersonRow> rows, string? ownPractice, CancellationToken ct)
    {
        var known = new Dictionary<long, string>();
        await using var command = new NpgsqlCommand("SELECT nhs_number, practice FROM population.person WHERE nhs_number = ANY($1)", connection)
        {
            Parameters = { new() { Value = rows.ConvertAll(r => r.NhsNumber).ToArray() } },
        };
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            known[reader.GetInt64(0)] = reader.GetString(1);
        bool IsElsewhere(PersonRow r) => ownPractice is not null && known.TryGetValue(r.NhsNumber, out var practice) && practice != ownPractice;
        return ([.. rows.Where(r => !known.ContainsKey(r.NhsNumber))],
            rows.FindAll(r => known.ContainsKey(r.NhsNumber) && !IsElsewhere(r)), [.. rows.Where(IsElsewhere)]);
    }

    /// <summary>Copies new persons into the register. False, with nothing written, when one of them was registered in the meantime.</summary>
    public static async Task<bool> CopyFreshAsync(NpgsqlConnection connection, List<PersonRow> rows, CancellationToken ct)
    {
        if (rows.Count == 0)
            return true;
        await ExecuteAsync("SAVEPOINT fresh");
        try
        {
            await CopyAsync(connection, "population.person", rows, ct);
            await ExecuteAsync("RELEASE SAVEPOINT fresh");
            return true;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            await ExecuteAsync("ROLLBACK TO SAVEPOINT fresh");
            return false;
        }

        async Task ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(ct);
        }
    }

    private static async Task CopyAsync(NpgsqlConnection connection, string table, IReadOnlyList<PersonRow> rows, CancellationToken ct)
    {
        await using var copy = await connection.BeginBinaryImportAsync($"COPY {table} (id, nhs_number, {Details}) FROM STDIN (FORMAT binary)", ct);
        foreach (var row in rows)
            Write(copy, row);
        await copy.CompleteAsync(ct);
    }

    /// <summary>Not async: the twelve values of a row are usually only buffered.</summary>
    private static void Write(NpgsqlBinaryImporter copy, PersonRow row)
    {
        copy.StartRow();
        copy.Write(row.Id, NpgsqlDbType.Uuid);
        copy.Write(row.NhsNumber, NpgsqlDbType.Bigint);
        copy.Write(row.FamilyName, NpgsqlDbType.Text);
        copy.Write(row.GivenName, NpgsqlDbType.Text);
        copy.Write(row.BirthDate, NpgsqlDbType.Date);
        copy.Write(row.Sex, NpgsqlDbType.Text);
        copy.Write(row.EthnicCategory, NpgsqlDbType.Text);
        copy.Write(row.Lsoa, NpgsqlDbType.Text);
        copy.Write(row.ImdScore, NpgsqlDbType.Double);
        copy.Write(row.ImdDecile, NpgsqlDbType.Smallint);
        copy.Write(row.Practice, NpgsqlDbType.Text);
        copy.Write(row.RegisteredFrom, NpgsqlDbType.Date);
    }

    /// <summary>
    /// From the staging table: inserts new persons and, where asked, amends known ones that differ; with another practice, the previous one
    /// becomes a former registration, and with the same one the day on which the present registration began is corrected.
    /// </summary>
    public static async Task<MergedPersons> MergeAsync(NpgsqlConnection connection, Amending amending, CancellationToken ct, string? ownPractice = null)
    {
        var given = amending == Amending.GivenMembers ? string.Join(", ", Details.Split(", ").Select(Given)) : Prefixed("s");
        var practices = new HashSet<string>();
        var created = 0;
        await using (var insert = new NpgsqlCommand(
            $"""
            WITH fresh AS (
              INSERT INTO population.person (id, nhs_number, {Details}) SELECT id, nhs_number, {Details} FROM person_staging ORDER BY nhs_number
              ON CONFLICT (nhs_number) DO NOTHING RETURNING practice)
            SELECT practice, count(*) FROM fresh GROUP BY practice
            """, connection)
        { CommandTimeout = 300 })
        {
            await using var reader = await insert.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                practices.Add(reader.GetString(0));
                created += (int)reader.GetInt64(1);
            }
        }

        var amended = new List<Guid>();
        await using var known = new NpgsqlCommand("SELECT count(*) FROM person_staging", connection);
        if (amending != Amending.None && (long)(await known.ExecuteScalarAsync(ct))! > created)
        {
            await using var update = new NpgsqlCommand(
                $"""
                WITH differing AS MATERIALIZED (
                  SELECT p.id, p.practice AS old_practice, p.registered_from AS old_from, p.birth_date, p.sex, p.imd_decile, s.nhs_number
                  FROM population.person p
                    JOIN person_staging s ON s.nhs_number = p.nhs_number
                  WHERE ({Prefixed("p")}) IS DISTINCT FROM ({given}) AND ($1 IS NULL OR p.practice = $1) FOR UPDATE OF p)
                UPDATE population.person p SET ({Details}) = ROW({given}), version = p.version + 1, xid = pg_current_xact_id()
                FROM differing d JOIN person_staging s USING (nhs_number)
                WHERE p.id = d.id
                RETURNING p.id, d.old_practice, d.old_from, p.practice, p.registered_from,
                  (d.birth_date, d.sex, d.imd_decile) IS DISTINCT FROM (p.birth_date, p.sex, p.imd_decile)
                """, connection)
            {
                CommandTimeout = 300,
                Parameters = { new() { Value = (object?)ownPractice ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text } },
            };
            var registrations = new List<ChangedRegistration>();
            var counted = new List<Guid>();
            await using (var reader = await update.ExecuteReaderAsync(ct))
            {
                while (await reader.ReadAsync(ct))
                {
                    var changed = new ChangedRegistration(
                        reader.GetGuid(0), reader.GetString(1), reader.GetFieldValue<DateOnly>(2), reader.GetString(3), reader.GetFieldValue<DateOnly>(4));
                    amended.Add(changed.Person);
                    practices.Add(changed.OldPractice);
                    practices.Add(changed.Practice);
                    var moved = (changed.OldPractice, changed.OldFrom) != (changed.Practice, changed.From);
                    if (moved)
                        registrations.Add(changed);
                    if (moved || reader.GetBoolean(5))
                        counted.Add(changed.Person);
                }
            }

            await FormerRegistrations.KeepAsync(connection, registrations, ct);
            practices.UnionWith(await FormerRegistrations.PracticesOfAsync(connection, counted, ct));
        }

        return new MergedPersons(created, amended, [.. practices]);
    }

    public static string Prefixed(string alias) => string.Join(", ", Details.Split(", ").Select(c => $"{alias}.{c}"));

    /// <summary>
    /// A column of a bulk line (s) for a known person (p): missing values stay as they are. The two deprivation figures belong to an area:
    /// with a new area, or where one of them is given, both come from the line.
    /// </summary>
    private static string Given(string column) => column switch
    {
        "ethnic_category" or "lsoa" => $"coalesce(s.{column}, p.{column})",
        "imd_score" or "imd_decile" =>
            $"CASE WHEN s.lsoa <> coalesce(p.lsoa, '') OR num_nonnulls(s.imd_score, s.imd_decile) > 0 THEN s.{column} ELSE p.{column} END",
        _ => $"s.{column}",
    };
}
