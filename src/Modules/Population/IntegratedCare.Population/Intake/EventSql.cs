using IntegratedCare.Shared;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Outbox;
using Npgsql;
using NpgsqlTypes;

namespace IntegratedCare.Population.Intake;

/// <summary>Stores posted events whose key is not there, and publishes them: few by one statement, many by binary COPY.</summary>
internal static class EventSql
{
    /// <summary>From here on COPY's further round trips cost less than arrays do.</summary>
    private const int MinCopied = 40;

    // One statement stores and publishes: on this path a round trip more would be felt. The payload is EventsReceived as JSON.
    private static readonly string PublishReceived = OutboxWriter.Stores("population",
        $$"""
        SELECT $17, '{{EventsReceived.Name}}', NULL, payload, octet_length(payload), $16, NULL
        FROM (SELECT '{"receivedAt":"' || $18 || '","seqs":[' || string_agg(seq::text, ',') || ']}' FROM fresh) AS received (payload)
        WHERE payload IS NOT NULL
        """);

    /// <summary>
    /// Stores the events in the order of their keys, and publishes them: those whose key is not there, and, of new versions, whose version is
    /// not either. The keys of those that are stored.
    /// </summary>
    /// <param name="ofNewVersions">Whether they bring versions, no two of them the same; else versions that are there.</param>
    public static async Task<HashSet<Guid>> StoreAsync(PopulationSession session, PostedEvent[] rows, bool ofNewVersions, CancellationToken ct)
    {
        // What is published must equal what is stored.
        var now = Instants.Stored(session.Clock.GetUtcNow());
        return rows.Length < MinCopied ? await InsertFewAsync(await session.ConnectionAsync(ct), rows, ofNewVersions, now, ct)
            : await CopyManyAsync(session, rows, ofNewVersions, now, ct);
    }

    /// <summary>The stored events that have the keys of these.</summary>
    /// <remarks>
    /// Limited, each is looked up in the index. What can become a join would read whole tables while the statistics still say that they are small.
    /// </remarks>
    public static async Task<Dictionary<Guid, string>> BodiesAsync(PopulationSession session, IReadOnlyList<PostedEvent> rows, CancellationToken ct)
    {
        var bodies = new Dictionary<Guid, string>();
        await using var command = await session.CommandAsync(
            """
            SELECT k.key, e.payload FROM unnest($1) AS p (key)
            CROSS JOIN LATERAL (SELECT k.key, k.seq FROM population.event_key k WHERE k.key = p.key LIMIT 1) AS k
            CROSS JOIN LATERAL (SELECT e.payload FROM population.event e WHERE e.seq = k.seq LIMIT 1) AS e
            """, ct, rows.Select(r => r.Key).ToArray());
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            bodies[reader.GetGuid(0)] = reader.GetString(1);
        return bodies;
    }

    /// <summary>Of the events whose version is stored, whether with the same content.</summary>
    public static async Task<Dictionary<Guid, bool>> CompareVersionsAsync(PopulationSession session, IReadOnlyList<PostedEvent> rows, CancellationToken ct)
    {
        var same = new Dictionary<Guid, bool>();
        if (rows.Count == 0)
            return same;
        await using var command = await session.CommandAsync(
            """
            SELECT p.key, (e.kind, e.cancelled, e.nhs_number, e.started, e.ended, e.provider, e.price, e.cost, e.data::jsonb)
              IS NOT DISTINCT FROM (p.kind, p.cancelled, p.nhs_number, p.started, p.ended, p.provider, p.price, p.cost, p.data::jsonb)
            FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
              AS p (kind, cancelled, nhs_number, started, ended, provider, price, cost, data, key, version_key)
            CROSS JOIN LATERAL (SELECT k.seq FROM population.event_key k WHERE k.version_key = p.version_key LIMIT 1) AS k
            CROSS JOIN LATERAL (SELECT * FROM population.event e WHERE e.seq = k.seq LIMIT 1) AS e
            """, ct);
        AddContent(command.Parameters, rows);
        command.Parameters.Add(new() { Value = rows.Select(r => r.Key).ToArray() });
        command.Parameters.Add(new() { Value = rows.Select(r => r.VersionKey).ToArray() });
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            same[reader.GetGuid(0)] = reader.GetBoolean(1);
        return same;
    }

    private static async Task<HashSet<Guid>> CopyManyAsync(
        PopulationSession session, PostedEvent[] rows, bool ofNewVersions, DateTimeOffset now, CancellationToken ct)
    {
        var connection = await session.BeginAsync(ct);
        // Nearly always all are new, and storing keys that need not be looked for first costs a quarter less.
        var fresh = await StoreKeysAsync(connection, rows, ofNewVersions, "", ct)
            ?? (await StoreKeysAsync(connection, rows, ofNewVersions, "ON CONFLICT DO NOTHING", ct))!;
        if (fresh.Count > 0)
        {
            await using (var copy = await connection.BeginBinaryImportAsync(
                """
                COPY population.event (seq, received_at, key, client_id, sender, source, kind, record_id, record_version, cancelled, nhs_number, started, ended,
                  provider, price, cost, data, payload)
                FROM STDIN (FORMAT binary)
                """, ct))
            {
                foreach (var posted in rows)
                {
                    if (fresh.TryGetValue(posted.Key, out var seq))
                        Write(copy, posted, seq, now);
                }

                await copy.CompleteAsync(ct);
            }

            session.Publish(new EventsReceived(now, [.. fresh.Values]));
        }

        await session.SaveChangesAsync(ct);
        return [.. fresh.Keys];
    }

    /// <summary>The keys that are stored and their numbers; null, and nothing stored, where one is there and that is not provided for.</summary>
    private static async Task<Dictionary<Guid, long>?> StoreKeysAsync(
        NpgsqlConnection connection, PostedEvent[] rows, bool ofNewVersions, string onConflict, CancellationToken ct)
    {
        var fresh = new Dictionary<Guid, long>(rows.Length);
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("SAVEPOINT keys"),
                new NpgsqlBatchCommand(
                    $"INSERT INTO population.event_key (key, version_key) SELECT * FROM unnest($1, $2) {onConflict} RETURNING key, seq")
                {
                    Parameters =
                    {
                        new() { Value = Array.ConvertAll(rows, r => r.Key) },
                        new() { Value = NewVersions(rows, ofNewVersions) },
                    },
                },
            },
        };
        try
        {
            await using var reader = await batch.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                fresh.Add(reader.GetGuid(0), reader.GetInt64(1));
            return fresh;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation && onConflict.Length == 0)
        {
            await connection.ExecuteAsync("ROLLBACK TO SAVEPOINT keys", ct);
            return null;
        }
    }

    /// <summary>Not awaited: the values of a row are buffered far more often than sent.</summary>
    private static void Write(NpgsqlBinaryImporter copy, PostedEvent posted, long seq, DateTimeOffset now)
    {
        var careEvent = posted.Event;
        var core = careEvent.Core;
        copy.StartRow();
        copy.Write(seq, NpgsqlDbType.Bigint);
        copy.Write(now, NpgsqlDbType.TimestampTz);
        copy.Write(posted.Key, NpgsqlDbType.Uuid);
        copy.Write(posted.ClientId, NpgsqlDbType.Text);
        copy.Write(posted.Sender, NpgsqlDbType.Text);
        copy.Write(careEvent.Source, NpgsqlDbType.Text);
        copy.Write(careEvent.Kind, NpgsqlDbType.Text);
        copy.Write(careEvent.RecordId, NpgsqlDbType.Text);
        copy.Write(careEvent.RecordVersion, NpgsqlDbType.Bigint);
        copy.Write(careEvent.Cancelled, NpgsqlDbType.Boolean);
        copy.Write(careEvent.NhsNumber, NpgsqlDbType.Bigint);
        copy.Write(core.Started, NpgsqlDbType.TimestampTz);
        copy.Write(core.Ended, NpgsqlDbType.TimestampTz);
        copy.Write(core.Provider, NpgsqlDbType.Text);
        copy.Write(core.Price, NpgsqlDbType.Numeric);
        copy.Write(core.Cost, NpgsqlDbType.Numeric);
        copy.Write(careEvent.Data, NpgsqlDbType.Json);
        copy.Write(careEvent.Payload, NpgsqlDbType.Text);
    }

    private static async Task<HashSet<Guid>> InsertFewAsync(
        NpgsqlConnection connection, PostedEvent[] rows, bool ofNewVersions, DateTimeOffset now, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            $"""
            WITH posted AS MATERIALIZED (
              SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $19, $20)
                AS p (kind, cancelled, nhs_number, started, ended, provider, price, cost, data, key, client_id, source, record_id, record_version, payload,
                      version_key, sender)),
            fresh AS (
              INSERT INTO population.event_key (key, version_key) SELECT key, version_key FROM posted ON CONFLICT DO NOTHING RETURNING key, seq),
            stored AS (
              INSERT INTO population.event (seq, received_at, key, client_id, sender, source, kind, record_id, record_version, cancelled, nhs_number, started,
                ended, provider, price, cost, data, payload)
              SELECT f.seq, $16, p.key, p.client_id, p.sender, p.source, p.kind, p.record_id, p.record_version, p.cancelled, p.nhs_number, p.started,
                p.ended, p.provider, p.price, p.cost, p.data, p.payload
              FROM fresh f JOIN posted p ON p.key = f.key),
            {PublishReceived}
            SELECT key FROM fresh
            """, connection);
        AddContent(command.Parameters, rows);
        NpgsqlParameter[] more =
        [
            new() { Value = Array.ConvertAll(rows, r => r.Key) },
            new() { Value = Array.ConvertAll(rows, r => r.ClientId) },
            new() { Value = Array.ConvertAll(rows, r => r.Event.Source) },
            new() { Value = Array.ConvertAll(rows, r => r.Event.RecordId) },
            new() { Value = Array.ConvertAll(rows, r => r.Event.RecordVersion) },
            new() { Value = Array.ConvertAll(rows, r => r.Event.Payload), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
            new() { Value = now },
            new() { Value = Guid.CreateVersion7() },
            new() { Value = Instants.Format(now) },
            new() { Value = NewVersions(rows, ofNewVersions) },
            new() { Value = Array.ConvertAll(rows, r => r.Sender) },
        ];
        command.Parameters.AddRange(more);
        var fresh = new HashSet<Guid>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            fresh.Add(reader.GetGuid(0));
        return fresh;
    }

    private static Guid?[] NewVersions(PostedEvent[] rows, bool ofNewVersions) => Array.ConvertAll(rows, r => ofNewVersions ? r.VersionKey : (Guid?)null);

    /// <summary>Adds what the events say of their records, in columns: kind, cancelled, nhs_number, started, ended, provider, price, cost, data.</summary>
    private static void AddContent(NpgsqlParameterCollection parameters, IReadOnlyList<PostedEvent> rows)
    {
        Add(e => e.Kind, NpgsqlDbType.Text);
        Add(e => e.Cancelled, NpgsqlDbType.Boolean);
        Add(e => e.NhsNumber, NpgsqlDbType.Bigint);
        Add(e => e.Core.Started, NpgsqlDbType.TimestampTz);
        Add(e => e.Core.Ended, NpgsqlDbType.TimestampTz);
        Add(e => e.Core.Provider, NpgsqlDbType.Text);
        Add(e => e.Core.Price, NpgsqlDbType.Numeric);
        Add(e => e.Core.Cost, NpgsqlDbType.Numeric);
        Add(e => e.Data, NpgsqlDbType.Json);

        void Add<T>(Func<CareEvent, T> value, NpgsqlDbType type)
        {
            var column = new T[rows.Count];
            for (var i = 0; i < column.Length; i++)
                column[i] = value(rows[i].Event);
            parameters.Add(new() { Value = column, NpgsqlDbType = NpgsqlDbType.Array | type });
        }
    }
}
