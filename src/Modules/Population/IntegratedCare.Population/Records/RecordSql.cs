using IntegratedCare.Population.Events;
using IntegratedCare.Shared.Events;
using Npgsql;

namespace IntegratedCare.Population.Records;

/// <summary>Set-based SQL that brings records up to date and reads them back as facts. Runs only in Population's own reactions, one at a time.</summary>
internal static class RecordSql
{
    /// <summary>The turn that all reactions take which change records.</summary>
    public const string Turn = "records";

    private const string DayOf = "(e.started AT TIME ZONE 'Europe/London')::date";

    /// <summary>Person, practice, place, age and deprivation of a record on its date of care.</summary>
    private const string Attribution =
        """
        LEFT JOIN population.person p ON p.nhs_number = e.nhs_number
        LEFT JOIN LATERAL (
          SELECT practice FROM population.registration h
          WHERE h.person_id = p.id AND h.from_date <= e.day AND e.day < h.to_date LIMIT 1) former ON e.day < p.registered_from
        LEFT JOIN LATERAL (
          SELECT CASE WHEN e.day >= p.registered_from THEN p.practice ELSE former.practice END AS practice) care ON true
        LEFT JOIN LATERAL (
          SELECT locality, place, system FROM population.practice_place l
          WHERE l.practice = care.practice AND l.from_date <= e.day AND (l.to_date IS NULL OR e.day < l.to_date)
          ORDER BY l.from_date DESC, l.locality LIMIT 1) area ON true
        """;

    private const string Attributed =
        """
        p.id AS person_id, care.practice, area.locality, area.place, area.system,
        extract(year FROM age(e.day, p.birth_date))::int AS age, p.sex, p.imd_decile
        """;

    private const string Facts =
        """
        source, record_id, fact_version, cancelled, kind, person_id, started, ended, day, practice, locality, place, system, age, sex, imd_decile,
        provider, price, cost, data::text
        """;

    /// <summary>
    /// Applies stored events to their records, whatever the order they came in; answers with the facts that changed. A record
    /// whose amendment names a person not registered waits again, and its fact is withdrawn from the person it was of.
    /// </summary>
    /// <remarks>
    /// The range of seq is for the planner: it estimates the list alone as scattered, and reads the whole month instead. The payload is left
    /// out: sorted with the rest it would be written to disk.
    /// </remarks>
    /// <param name="undone">Receives the persons whose death record became another person's, or no death at all.</param>
    public static Task<List<CareFact>> ApplyAsync(
        NpgsqlConnection connection, long[] seqs, DateTimeOffset receivedFrom, DateTimeOffset receivedTo, ICollection<Guid> undone,
        CancellationToken ct) => ReadFactsAsync(
        $"""
        WITH e AS MATERIALIZED (
          SELECT DISTINCT ON (source, record_id) e.source, e.record_id, e.record_version, e.seq, e.sender, e.received_at, e.kind, e.cancelled, e.nhs_number,
            e.started, e.ended, {DayOf} AS day, e.provider, e.price, e.cost, e.data
          FROM population.event e
          WHERE e.seq = ANY($1) AND e.seq BETWEEN $4 AND $5 AND e.received_at >= $2 AND e.received_at <= $3
          ORDER BY source, record_id, record_version DESC, seq),
        applied AS (
          INSERT INTO population.record AS r (source, record_id, record_version, fact_version, event_seq, sender, received_at, kind, cancelled, nhs_number,
            started, ended, day, provider, price, cost, data, person_id, practice, locality, place, system, age, sex, imd_decile)
          SELECT e.source, e.record_id, e.record_version, 1, e.seq, e.sender, e.received_at, e.kind, e.cancelled, e.nhs_number,
            e.started, e.ended, e.day, e.provider, e.price, e.cost, e.data::jsonb, {Attributed}
          FROM e {Attribution}
          ON CONFLICT (source, record_id) DO UPDATE SET
            record_version = excluded.record_version, fact_version = r.fact_version + 1, event_seq = excluded.event_seq, sender = excluded.sender,
            received_at = excluded.received_at, kind = excluded.kind, cancelled = excluded.cancelled, nhs_number = excluded.nhs_number,
            started = excluded.started, ended = excluded.ended, day = excluded.day, provider = excluded.provider, price = excluded.price,
            cost = excluded.cost, data = excluded.data, person_id = excluded.person_id, practice = excluded.practice, locality = excluded.locality,
            place = excluded.place, system = excluded.system, age = excluded.age, sex = excluded.sex, imd_decile = excluded.imd_decile
          WHERE excluded.record_version > r.record_version
          RETURNING r.*)
        SELECT {Facts}, undone FROM (
          SELECT t.source, t.record_id, t.fact_version, t.cancelled OR t.person_id IS NULL AS cancelled, t.kind,
            coalesce(t.person_id, former.person_id) AS person_id,
            t.started, t.ended, t.day, t.practice, t.locality, t.place, t.system, t.age, t.sex, t.imd_decile,
            t.provider, t.price, t.cost, t.data,
            CASE WHEN former.kind = 'death-recorded' AND (former.kind, former.person_id) IS DISTINCT FROM (t.kind, t.person_id)
              THEN former.person_id END AS undone
          FROM applied t LEFT JOIN LATERAL (
            -- The record as it was before this statement.
            SELECT r.person_id, r.kind FROM population.record r
            WHERE t.fact_version > 1 AND r.source = t.source AND r.record_id = t.record_id LIMIT 1) former ON true) AS changed
        WHERE person_id IS NOT NULL
        """, connection, undone, ct, seqs, receivedFrom, receivedTo, seqs.Min(), seqs.Max());

    /// <summary>Applies what waited for persons who are now registered.</summary>
    public static Task<List<CareFact>> ResolveWaitingAsync(NpgsqlConnection connection, CancellationToken ct) =>
        ReattributeAsync(connection, "r.person_id IS NULL AND EXISTS (SELECT FROM population.person w WHERE w.nhs_number = r.nhs_number)", ct);

    /// <summary>Issues anew the facts of these persons whose attribution has changed.</summary>
    public static Task<List<CareFact>> ReattributePersonsAsync(NpgsqlConnection connection, Guid[] persons, CancellationToken ct) =>
        ReattributeAsync(connection, "r.person_id = ANY($1)", ct, persons);

    /// <summary>Issues anew the facts of these practices whose place has changed.</summary>
    public static Task<List<CareFact>> ReattributePracticesAsync(NpgsqlConnection connection, string[] practices, CancellationToken ct) =>
        ReattributeAsync(connection, "r.person_id IS NOT NULL AND r.practice = ANY($1)", ct, [practices]);

    private static Task<List<CareFact>> ReattributeAsync(NpgsqlConnection connection, string which, CancellationToken ct, params object[] values) =>
        ReadFactsAsync(
        $"""
        WITH e AS MATERIALIZED (SELECT r.source, r.record_id, r.nhs_number, r.day FROM population.record r WHERE {which}),
        now_attributed AS (SELECT e.source, e.record_id, {Attributed} FROM e {Attribution}),
        changed AS (
          UPDATE population.record r SET fact_version = r.fact_version + 1, person_id = a.person_id, practice = a.practice, locality = a.locality,
            place = a.place, system = a.system, age = a.age, sex = a.sex, imd_decile = a.imd_decile
          FROM now_attributed a
          WHERE r.source = a.source AND r.record_id = a.record_id
            AND (r.person_id, r.practice, r.locality, r.place, r.system, r.age, r.sex, r.imd_decile)
              IS DISTINCT FROM (a.person_id, a.practice, a.locality, a.place, a.system, a.age, a.sex, a.imd_decile)
          RETURNING r.*)
        SELECT {Facts}, NULL::uuid FROM changed WHERE person_id IS NOT NULL
        """, connection, [], ct, values);

    private static async Task<List<CareFact>> ReadFactsAsync(string sql, NpgsqlConnection connection, ICollection<Guid> undone, CancellationToken ct,
        params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 300 };
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        var facts = new List<CareFact>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            facts.Add(Fact(reader));
            if (!reader.IsDBNull(20))
                undone.Add(reader.GetGuid(20));
        }

        return facts;
    }

    // A record that was cancelled before it was ever described has no dates: its fact says only that it is withdrawn.
    private static CareFact Fact(NpgsqlDataReader r) => new(
        r.GetString(0), r.GetString(1), r.GetInt64(2), r.GetBoolean(3), r.GetString(4), r.GetGuid(5),
        Value<DateTimeOffset>(r, 6) ?? DateTimeOffset.UnixEpoch, r.IsDBNull(6) ? DateTimeOffset.UnixEpoch : Value<DateTimeOffset>(r, 7),
        Value<DateOnly>(r, 8) ?? DateOnly.FromDateTime(DateTime.UnixEpoch),
        Text(r, 9), Text(r, 10), Text(r, 11), Text(r, 12), Value<int>(r, 13), Text(r, 14), Value<short>(r, 15),
        Text(r, 16), Value<decimal>(r, 17), Value<decimal>(r, 18), r.IsDBNull(19) ? null : new RawJson(r.GetFieldValue<byte[]>(19)));

    private static string? Text(NpgsqlDataReader r, int at) => r.IsDBNull(at) ? null : r.GetString(at);

    private static T? Value<T>(NpgsqlDataReader r, int at) where T : struct => r.IsDBNull(at) ? null : r.GetFieldValue<T>(at);
}
