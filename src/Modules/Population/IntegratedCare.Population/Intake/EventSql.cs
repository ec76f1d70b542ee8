using IntegratedCare.Shared;
using IntegratedCare.Shared.Outbox;
using Npgsql;
using NpgsqlTypes;

namespace IntegratedCare.Population.Intake;

internal sealed record PostedEvent(CareEvent Event, Guid Key, string ClientId);

/// <summary>Stores posted events, each key once, and publishes them: few by one statement, many by binary COPY.</summary>
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

    /// <summary>Stores the events in the order of their keys, and publishes those that are new. The keys of the new ones.</summary>
    public static async Task<HashSet<Guid>> StoreAsync(PopulationSession session, PostedEvent[] rows, CancellationToken ct)
    {
        // What is published must equal what is stored.
        var now = Instants.Stored(session.Clock.GetUtcNow());
        return rows.Length < MinCopied ? await InsertFewAsync(await session.ConnectionAsync(ct), rows, now, ct) : await CopyManyAsync(session, rows, now, ct);
    }

    private static async Task<HashSet<Guid>> CopyManyAsync(PopulationSession session, PostedEvent[] rows, DateTimeOffset now, CancellationToken ct)
    {
        var connection = await session.BeginAsync(ct);
        var fresh = new Dictionary<Guid, long>(rows.Length);
        await using (var keys = await session.CommandAsync(
            "INSERT INTO population.event_key (key) SELECT unnest($1) ON CONFLICT DO NOTHING RETURNING key, seq", ct, Array.ConvertAll(rows, r => r.Key)))
        {
            await using var reader = await keys.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                fresh.Add(reader.GetGuid(0), reader.GetInt64(1));
        }

        if (fresh.Count > 0)
        {
            await using (var copy = await connection.BeginBinaryImportAsync(
                """
                COPY population.event (seq, received_at, key, client_id, source, kind, record_id, record_version, cancelled, nhs_number, started, ended,
                  provider, price, cost, data, payload)
                FROM STDIN (FORMAT binary)
                """, ct))
            {
                foreach (var (careEvent, key, client) in rows)
                {
                    if (fresh.TryGetValue(key, out var seq))
                        Write(copy, careEvent, seq, key, client, now);
                }

                await copy.CompleteAsync(ct);
            }

            session.Publish(new EventsReceived(now, [.. fresh.Values]));
        }

        await session.SaveChangesAsync(ct);
        return [.. fresh.Keys];
    }

    /// <summary>Not awaited: the values of a row are buffered far more often than sent.</summary>
    private static void Write(NpgsqlBinaryImporter copy, CareEvent careEvent, long seq, Guid key, string client, DateTimeOffset now)
    {
        var core = careEvent.Core;
        copy.StartRow();
        copy.Write(seq, NpgsqlDbType.Bigint);
        copy.Write(now, NpgsqlDbType.TimestampTz);
        copy.Write(key, NpgsqlDbType.Uuid);
        copy.Write(client, NpgsqlDbType.Text);
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
        copy.Write(careEvent.Data, NpgsqlDbType.Jsonb);
        copy.Write(careEvent.Payload, NpgsqlDbType.Text);
    }

    private static async Task<HashSet<Guid>> InsertFewAsync(NpgsqlConnection connection, PostedEvent[] rows, DateTimeOffset now, CancellationToken ct)
    {
        T[] Column<T>(Func<CareEvent, T> value) => Array.ConvertAll(rows, r => value(r.Event));
        await using var command = new NpgsqlCommand(
            $"""
            WITH posted AS MATERIALIZED (
              SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
                AS p (key, client_id, source, kind, record_id, record_version, cancelled, nhs_number, started, ended, provider, price, cost,
                      data, payload)),
            fresh AS (
              INSERT INTO population.event_key (key) SELECT key FROM posted ON CONFLICT DO NOTHING RETURNING key, seq),
            stored AS (
              INSERT INTO population.event (seq, received_at, key, client_id, source, kind, record_id, record_version, cancelled, nhs_number, started, ended,
                provider, price, cost, data, payload)
              SELECT f.seq, $16, p.* FROM fresh f JOIN posted p ON p.key = f.key),
            {PublishReceived}
            SELECT key FROM fresh
            """, connection)
        {
            Parameters =
            {
                new() { Value = Array.ConvertAll(rows, r => r.Key) },
                new() { Value = Array.ConvertAll(rows, r => r.ClientId) },
                new() { Value = Column(e => e.Source) },
                new() { Value = Column(e => e.Kind) },
                new() { Value = Column(e => e.RecordId) },
                new() { Value = Column(e => e.RecordVersion) },
                new() { Value = Column(e => e.Cancelled) },
                new() { Value = Column(e => e.NhsNumber) },
                Times(e => e.Core.Started),
                Times(e => e.Core.Ended),
                Texts(e => e.Core.Provider),
                new() { Value = Column(e => e.Core.Price), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Numeric },
                new() { Value = Column(e => e.Core.Cost), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Numeric },
                new() { Value = Column(e => e.Data), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb },
                new() { Value = Column(e => e.Payload), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
                new() { Value = now },
                new() { Value = Guid.CreateVersion7() },
                new() { Value = Instants.Format(now) },
            },
        };
        var fresh = new HashSet<Guid>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            fresh.Add(reader.GetGuid(0));
        return fresh;

        NpgsqlParameter Times(Func<CareEvent, DateTimeOffset?> value) =>
            new() { Value = Column(value), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz };
        NpgsqlParameter Texts(Func<CareEvent, string?> value) =>
            new() { Value = Column(value), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };
    }
}
