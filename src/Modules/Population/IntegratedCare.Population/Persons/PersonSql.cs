using System.Text.Json;
using System.Threading.Channels;
using IntegratedCare.Population.Domain;
using IntegratedCare.Population.Features;
using IntegratedCare.Population.Reactions;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Storage;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;

namespace IntegratedCare.Population.Storage;

/// <summary>A person as the register holds one.</summary>
internal sealed record PersonRow(
    Guid Id, long NhsNumber, string FamilyName, string GivenName, DateOnly BirthDate, string Sex, string? EthnicCategory, string? Lsoa,
    double? ImdScore, short? ImdDecile, string Practice, DateOnly RegisteredFrom);

internal enum PersonOutcome
{
    Created,
    Same,
    Differs,
}

/// <summary>
/// Writes persons: one at a time, or half a million in chunks. Of a chunk, those the register has not heard of go straight
/// into it by binary COPY; the others through a staging table and one merge. When a chunk was all new, so is probably the
/// next: it is copied without asking, and only should that fail is it found out who is known.
/// </summary>
internal sealed class PersonStore(ModuleStorage<PopulationDb> storage, LoadStore loads, RegisteredKinds kinds)
{
    private const int ChunkSize = 20_000;
    private const int AmendedPerEvent = 1000;
    private const string Details = "family_name, given_name, birth_date, sex, ethnic_category, lsoa, imd_score, imd_decile, practice, registered_from";

    private int _loading;

    /// <summary>Whether this host is taking a bulk body.</summary>
    public bool IsLoading => Volatile.Read(ref _loading) > 0;

    public bool UnknownPractice(string code) => kinds.KindOf(code) != OrganisationKinds.GeneralPractice;

    /// <summary>Registers one person, in the request's transaction where there is one: an <c>Idempotency-Key</c> is committed with it.</summary>
    public static async Task<(Guid Id, PersonOutcome Outcome, long Version)> RegisterAsync(PopulationDb db, PersonRow person, CancellationToken ct)
    {
        await using var own = db.Database.CurrentTransaction is null ? await db.Database.BeginTransactionAsync(ct) : null;
        var connection = await db.NpgsqlAsync(ct);
        await StageAsync(connection, [person], ct);
        var merged = await MergeAsync(connection, Amending.Nobody, ct);
        if (merged.Created == 1)
        {
            db.Publish(new PersonsChanged([person.Practice], []));
            await db.SaveChangesAsync(ct);
            if (own is not null)
                await db.CommitAsync(own);
            return (person.Id, PersonOutcome.Created, 1);
        }

        await using var command = new NpgsqlCommand(
            $"SELECT p.id, p.version, ({Prefixed("p")}) IS NOT DISTINCT FROM ({Prefixed("s")}) FROM population.person p JOIN person_staging s ON s.nhs_number = p.nhs_number", connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return (reader.GetGuid(0), reader.GetBoolean(2) ? PersonOutcome.Same : PersonOutcome.Differs, reader.GetInt64(1));
    }

    /// <summary>Amends a person; false when the version is not the one expected.</summary>
    public async Task<long?> AmendAsync(Guid id, long version, PersonRow person, CancellationToken ct)
    {
        await using var work = await storage.BeginAsync(ct);
        await StageAsync(work.Connection, [person], ct);
        await using (var check = new NpgsqlCommand("SELECT FROM population.person WHERE id = $1 AND version = $2 AND nhs_number = $3 FOR UPDATE", work.Connection)
        {
            Parameters = { new() { Value = id }, new() { Value = version }, new() { Value = person.NhsNumber } },
        })
        {
            await using var reader = await check.ExecuteReaderAsync(ct);
            if (!await reader.ReadAsync(ct))
                return null;
        }

        var merged = await MergeAsync(work.Connection, Amending.Everything, ct);
        work.Publish(new PersonsChanged(merged.Practices, merged.Amended));
        await work.CommitAsync(ct);
        return merged.Amended.Count > 0 ? version + 1 : version;
    }

    /// <summary>Takes a bulk body: lines are read and checked while the chunk before them is stored.</summary>
    /// <param name="ownPractice">Set when a practice loads: it may neither see nor change who is registered elsewhere.</param>
    public async Task<LoadView> LoadAsync(Guid load, string? ownPractice, ILineReader lines, Func<(PersonRow? Row, IReadOnlyList<FieldError>? Faults)> read, CancellationToken ct)
    {
        var chunks = Channel.CreateBounded<Chunk>(1);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Interlocked.Increment(ref _loading);
        var storing = Task.Run(async () =>
        {
            try
            {
                var allNew = false;
                await foreach (var chunk in chunks.Reader.ReadAllAsync(stop.Token))
                    allNew = await StoreAsync(load, ownPractice, chunk, allNew, stop.Token);
            }
            catch
            {
                await stop.CancelAsync();
                throw;
            }
        }, CancellationToken.None);
        try
        {
            await ReadAsync(lines, read, ownPractice is not null, chunks.Writer, stop.Token);
            chunks.Writer.Complete();
            await storing;
        }
        catch (Exception e)
        {
            chunks.Writer.TryComplete();
            await stop.CancelAsync();
            await loads.EndAsync(load, "interrupted", CancellationToken.None);
            if (e is OperationCanceledException && storing.IsFaulted)
                await storing;
            throw;
        }
        finally
        {
            Interlocked.Decrement(ref _loading);
        }

        if (lines.Broken is { } reason)
        {
            await loads.EndAsync(load, "interrupted", CancellationToken.None);
            throw new RequestRefused(Problems.InvalidRequest, $"{reason} What came before is stored: /v1/population/loads/{load} has the counts, and the last of its rejects is the line where it broke.");
        }

        return await loads.EndAsync(load, "complete", CancellationToken.None);
    }

    private static async Task ReadAsync(
        ILineReader lines, Func<(PersonRow?, IReadOnlyList<FieldError>?)> read, bool keepLines, ChannelWriter<Chunk> chunks, CancellationToken ct)
    {
        var chunk = new Chunk();
        while (await lines.NextAsync(ct))
        {
            PersonRow? row = null;
            IReadOnlyList<FieldError>? faults;
            try
            {
                (row, faults) = lines.Overlong ? (null, [new FieldError("", "The line is too long.")]) : read();
            }
            catch (JsonException e)
            {
                faults = [ProblemWriter.JsonFault(e)];
            }

            if (row is null)
                chunk.Reject(lines.Line, faults ?? [], lines.Text);
            else if (!chunk.Numbers.Add(row.NhsNumber))
                chunk.Repeated++;
            else
                chunk.Rows.Add(row);
            if (keepLines && row is not null)
                chunk.Keep(row.NhsNumber, lines.Line, lines.Text);
            if (chunk.Rows.Count + chunk.Rejects.Count >= ChunkSize || chunk.Held >= LoadStore.MostHeld)
            {
                await chunks.WriteAsync(chunk, ct);
                chunk = new Chunk();
            }
        }

        if (lines.Broken is { } reason)
            chunk.Reject(lines.Line, [new FieldError("", reason)], "");
        if (chunk.Rows.Count + chunk.Rejects.Count + chunk.Repeated > 0)
            await chunks.WriteAsync(chunk, ct);
    }

    /// <returns>Whether nobody in the chunk was known.</returns>
    private async Task<bool> StoreAsync(Guid load, string? ownPractice, Chunk chunk, bool expectNew, CancellationToken ct)
    {
        await using var work = await storage.BeginAsync(ct);
        // In the order of their numbers, so that two loads wait for each other in one direction only.
        chunk.Rows.Sort((a, b) => a.NhsNumber.CompareTo(b.NhsNumber));
        var merged = new Merged(0, [], []);
        List<PersonRow> fresh = chunk.Rows, known = [];
        var allNew = expectNew && await CopyFreshAsync(work.Connection, fresh, ct);
        if (!allNew)
        {
            (fresh, known, var elsewhere) = await SplitAsync(work.Connection, chunk.Rows, ownPractice, ct);
            foreach (var (line, text) in elsewhere.Select(r => chunk.Lines[r.NhsNumber]))
                chunk.Reject(line, [new FieldError("/nhsNumber", "Registered with another practice. The operator moves a registration.")], text);
            chunk.Rows.RemoveAll(elsewhere.Contains);
            allNew = known.Count == 0 && elsewhere.Count == 0;
            if (!await CopyFreshAsync(work.Connection, fresh, ct))
                (fresh, known) = ([], chunk.Rows);
            if (known.Count > 0)
            {
                await StageAsync(work.Connection, known, ct);
                merged = await MergeAsync(work.Connection, Amending.WhatIsGiven, ct, ownPractice);
            }
        }

        merged = new Merged(merged.Created + fresh.Count, merged.Amended, [.. merged.Practices.Union(fresh.Select(r => r.Practice))]);
        var accepted = merged.Created + merged.Amended.Count;
        await LoadStore.CountAsync(work.Connection, load, accepted, chunk.Rows.Count - accepted + chunk.Repeated, chunk.Rejects, ct);
        if (accepted > 0)
        {
            var amended = merged.Amended.Chunk(AmendedPerEvent).ToList();
            work.Publish(new PersonsChanged(merged.Practices, amended.FirstOrDefault() ?? []));
            foreach (var more in amended.Skip(1))
                work.Publish(new PersonsChanged([], more));
        }

        await work.CommitAsync(ct);
        return allNew;
    }

    private static async Task StageAsync(NpgsqlConnection connection, IReadOnlyList<PersonRow> rows, CancellationToken ct)
    {
        await using (var create = new NpgsqlCommand(
            "CREATE TEMP TABLE IF NOT EXISTS person_staging (LIKE population.person) ON COMMIT DELETE ROWS; ALTER TABLE person_staging ALTER version DROP NOT NULL, ALTER xid DROP NOT NULL", connection))
            await create.ExecuteNonQueryAsync(ct);
        await CopyAsync(connection, "person_staging", rows, ct);
    }

    /// <summary>Who is not in the register yet; who is; and who is, but not for this practice to touch.</summary>
    private static async Task<(List<PersonRow> Fresh, List<PersonRow> Known, HashSet<PersonRow> Elsewhere)> SplitAsync(
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

    /// <summary>False, and nothing written, when somebody else registered one of them in the meantime.</summary>
    private static async Task<bool> CopyFreshAsync(NpgsqlConnection connection, List<PersonRow> rows, CancellationToken ct)
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

    /// <summary>Not awaited: twelve values a row are buffered far more often than sent.</summary>
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

    /// <summary>Inserts who is new and, where asked, amends who is known and differs; a practice left behind becomes a former registration.</summary>
    private static async Task<Merged> MergeAsync(NpgsqlConnection connection, Amending amending, CancellationToken ct, string? ownPractice = null)
    {
        var given = amending == Amending.WhatIsGiven ? string.Join(", ", Details.Split(", ").Select(Given)) : Prefixed("s");
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
        if (amending != Amending.Nobody && (long)(await known.ExecuteScalarAsync(ct))! > created)
        {
            await using var update = new NpgsqlCommand(
                $"""
                WITH differing AS MATERIALIZED (
                  SELECT p.id, p.practice AS old_practice, p.registered_from AS old_from, s.nhs_number FROM population.person p JOIN person_staging s ON s.nhs_number = p.nhs_number
                  WHERE ({Prefixed("p")}) IS DISTINCT FROM ({given}) AND ($1 IS NULL OR p.practice = $1) FOR UPDATE OF p),
                former AS (
                  INSERT INTO population.registration (person_id, practice, from_date, to_date)
                  SELECT d.id, d.old_practice, d.old_from, s.registered_from FROM differing d JOIN person_staging s USING (nhs_number)
                  WHERE d.old_practice <> s.practice AND d.old_from < s.registered_from
                  ON CONFLICT (person_id, from_date) DO UPDATE SET practice = excluded.practice, to_date = excluded.to_date)
                UPDATE population.person p SET ({Details}) = ROW({given}), version = p.version + 1, xid = pg_current_xact_id()
                FROM differing d JOIN person_staging s USING (nhs_number)
                WHERE p.id = d.id
                RETURNING p.id, d.old_practice, p.practice
                """, connection)
            {
                CommandTimeout = 300,
                Parameters = { new() { Value = (object?)ownPractice ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text } },
            };
            await using var reader = await update.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                amended.Add(reader.GetGuid(0));
                practices.Add(reader.GetString(1));
                practices.Add(reader.GetString(2));
            }
        }

        return new Merged(created, amended, [.. practices]);
    }

    private static string Prefixed(string alias) => string.Join(", ", Details.Split(", ").Select(c => $"{alias}.{c}"));

    /// <summary>What becomes of persons who are known.</summary>
    private enum Amending
    {
        Nobody,

        /// <summary>A bulk line: what it leaves out stays as it is.</summary>
        WhatIsGiven,

        /// <summary>A PUT: all members are given anew.</summary>
        Everything,
    }

    /// <summary>
    /// A column of a bulk line (s) for a person who is known (p): what the line leaves out stays. Deprivation is of an area, and its
    /// two figures belong together: with a new area, or where one of them is given, both are the line's.
    /// </summary>
    private static string Given(string column) => column switch
    {
        "ethnic_category" or "lsoa" => $"coalesce(s.{column}, p.{column})",
        "imd_score" or "imd_decile" => $"CASE WHEN s.lsoa <> coalesce(p.lsoa, '') OR num_nonnulls(s.imd_score, s.imd_decile) > 0 THEN s.{column} ELSE p.{column} END",
        _ => $"s.{column}",
    };

    private sealed record Merged(int Created, List<Guid> Amended, List<string> Practices);

    private sealed class Chunk
    {
        public List<PersonRow> Rows { get; } = [];
        public HashSet<long> Numbers { get; } = [];
        public List<RejectedLine> Rejects { get; } = [];
        public int Repeated { get; set; }

        /// <summary>The line of each row, kept where a row may still be rejected.</summary>
        public Dictionary<long, (long Line, string Text)> Lines { get; } = [];

        /// <summary>Bytes of the text it holds of lines; the rows themselves are small.</summary>
        public long Held { get; private set; }

        public void Reject(long line, IReadOnlyList<FieldError> faults, string text)
        {
            var rejected = RejectedLine.Of(line, PopulationProblems.InvalidLine.Code, faults, text);
            Rejects.Add(rejected);
            Held += sizeof(char) * rejected.Content.Length;
        }

        public void Keep(long nhsNumber, long line, string text)
        {
            var kept = RejectedLine.Kept(text);
            if (Lines.TryAdd(nhsNumber, (line, kept)))
                Held += sizeof(char) * kept.Length;
        }
    }
}
