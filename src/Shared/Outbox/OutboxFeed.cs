using System.Text.Json;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Events;
using Npgsql;

namespace IntegratedCare.Shared.Outbox;

/// <summary>An event in an outbox, with its position in the order of delivery.</summary>
public sealed class StoredEvent(long position, Guid eventId, string name, string? key, byte[] payload, DateTimeOffset occurredAt, string? trace)
{
    private object? _event;

    public long Position => position;

    public Guid EventId => eventId;

    public string Name => name;

    public string? Key => key;

    public byte[] Payload => payload;

    public DateTimeOffset OccurredAt => occurredAt;

    public string? Trace => trace;

    /// <summary>The event, deserialised once for all reactions of this host.</summary>
    internal TEvent Read<TEvent>() where TEvent : IEvent => (TEvent)(_event ??= JsonSerializer.Deserialize<TEvent>(payload, SharedJson.Storage)!);
}

/// <summary>
/// One module's outbox, in the order of delivery. A row gets its position after its transaction has committed: one statement at a time,
/// under a lock, moves what is visible from <c>outbox_pending</c> to <c>outbox_log</c>. So a reader that continues from a position skips
/// no event that is committed late, and transactions that have not written this outbox delay nothing.
/// </summary>
internal sealed class OutboxFeed(NpgsqlDataSource source, string schema)
{
    public const int MaxEvents = 1000;
    private const int MaxBytes = 8 * 1024 * 1024;
    private const int MaxKeptBytes = 16 * 1024 * 1024;

    private readonly SemaphoreSlim _reading = new(1, 1);
    private readonly List<StoredEvent> _kept = [];
    private readonly Dictionary<string, long> _readers = [];
    private long _keptBytes;

    // Events after _keptFrom and up to _keptTo are in _kept, all names together.
    private long _keptFrom = -1;
    private long _keptTo = -1;
    private long _head;

    /// <summary>The last position that this host has seen.</summary>
    public long Head => Volatile.Read(ref _head);

    /// <summary>Gives positions to committed events; true when the last position is new to this host.</summary>
    public async Task<bool> SequenceAsync(CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        // One round trip and one implicit transaction: a host that crashes in the middle leaves no lock behind.
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand($"SELECT pg_advisory_xact_lock(hashtextextended('{schema}|outbox-log', 0))"),
                new NpgsqlBatchCommand(
                    $"""
                    WITH committed AS (DELETE FROM {schema}.outbox_pending RETURNING seq, written_on, name, size, occurred_at)
                    INSERT INTO {schema}.outbox_log (seq, written_on, name, size, occurred_at)
                    SELECT seq, written_on, name, size, occurred_at FROM committed ORDER BY seq
                    """),
                new NpgsqlBatchCommand($"SELECT coalesce(max(position), 0) FROM {schema}.outbox_log"),
            },
        };
        long head = 0;
        await using (var reader = await batch.ExecuteReaderAsync(ct))
        {
            do
            {
                while (await reader.ReadAsync(ct))
                {
                    if (reader.GetFieldType(0) == typeof(long))
                        head = reader.GetInt64(0);
                }
            }
            while (await reader.NextResultAsync(ct));
        }

        return Interlocked.Exchange(ref _head, head) != head;
    }

    /// <summary>
    /// The next events of a name after a position: up to 1,000, or 8 MB. Empty when there are none up to the head. Also says up to
    /// which position that is all, which is where to go on.
    /// </summary>
    /// <param name="reader">The reaction: what all of them have had is not kept.</param>
    public async Task<(IReadOnlyList<StoredEvent> Events, long Through)> ReadAsync(string reader, string name, long after, CancellationToken ct)
    {
        await _reading.WaitAsync(ct);
        try
        {
            _readers[reader] = after;
            Drop(CountUpTo(_readers.Values.Min()));
            // Reactions that keep up share the cached events; one that lags behind queries for itself.
            if (after < _keptFrom)
            {
                var head = Head;
                var (next, through) = await QueryAsync(after, name, ct);
                return (next, through ?? head);
            }

            // Nobody waits while what others have had is read: what is kept starts anew with the reaction that is furthest.
            if (after > _keptTo)
                StartAt(after);
            while (true)
            {
                var found = Page(_kept.Skip(CountUpTo(after)).Where(e => e.Name == name));
                if (found.Count > 0 || _keptTo >= Head)
                    return (found, found.Count > 0 ? found[^1].Position : _keptTo);
                await ReadOnAsync(ct);
            }
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <summary>The first of these events, as many as one run takes.</summary>
    private static List<StoredEvent> Page(IEnumerable<StoredEvent> events)
    {
        var (page, bytes) = (new List<StoredEvent>(), 0L);
        foreach (var e in events)
        {
            if (page.Count == MaxEvents || bytes >= MaxBytes)
                break;
            page.Add(e);
            bytes += e.Payload.Length;
        }

        return page;
    }

    /// <summary>Says that this reaction is served elsewhere.</summary>
    public async Task LeaveAsync(string reader)
    {
        await _reading.WaitAsync();
        _readers.Remove(reader);
        _reading.Release();
    }

    /// <summary>How many of the kept events a reaction at this position has had.</summary>
    private int CountUpTo(long position)
    {
        var (from, to) = (0, _kept.Count);
        while (from < to)
        {
            var middle = (from + to) / 2;
            (from, to) = _kept[middle].Position <= position ? (middle + 1, to) : (from, middle);
        }

        return from;
    }

    private async Task ReadOnAsync(CancellationToken ct)
    {
        var head = Head;
        var (next, through) = await QueryAsync(_keptTo, null, ct);
        _kept.AddRange(next);
        _keptBytes += next.Sum(e => (long)e.Payload.Length);
        _keptTo = through ?? head;
        var (drop, left) = (0, _keptBytes);
        // Limited by count too, so that many small events do not add up.
        while (drop < _kept.Count - next.Count && (left > MaxKeptBytes || _kept.Count - drop > 4 * MaxEvents))
            left -= _kept[drop++].Payload.Length;
        Drop(drop);
    }

    private void StartAt(long position)
    {
        _kept.Clear();
        (_keptFrom, _keptTo, _keptBytes) = (position, position, 0);
    }

    private void Drop(int count)
    {
        if (count == 0)
            return;
        _keptBytes -= _kept.Take(count).Sum(e => (long)e.Payload.Length);
        _keptFrom = _kept[count - 1].Position;
        _kept.RemoveRange(0, count);
    }

    /// <summary>One page, and its last position: null when there is nothing up to the head. Positions whose events were dropped are passed over.</summary>
    private async Task<(List<StoredEvent> Events, long? Through)> QueryAsync(long after, string? name, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var command = connection.Command(
            $"""
            WITH page AS MATERIALIZED (
              SELECT position, seq, written_on FROM (
                SELECT position, seq, written_on, sum(size) OVER (ORDER BY position) - size AS before FROM (
                  SELECT position, seq, written_on, size FROM {schema}.outbox_log
                  WHERE position > $1 {(name is null ? "" : "AND name = $2")} ORDER BY position LIMIT {MaxEvents}) AS head) AS sized
              WHERE before < {MaxBytes})
            SELECT p.position, o.event_id, o.name, o.key, o.payload, o.occurred_at, o.trace
            FROM page p LEFT JOIN {schema}.outbox o ON o.seq = p.seq AND o.written_on = p.written_on ORDER BY p.position
            """, after);
        if (name is not null)
            command.Parameters.Add(new() { Value = name });
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<StoredEvent>();
        long? through = null;
        while (await reader.ReadAsync(ct))
        {
            through = reader.GetInt64(0);
            if (reader.IsDBNull(1))
                continue;
            rows.Add(new StoredEvent(reader.GetInt64(0), reader.GetGuid(1), reader.GetString(2), reader.IsDBNull(3) ? null : reader.GetString(3),
                reader.GetFieldValue<byte[]>(4), reader.GetFieldValue<DateTimeOffset>(5), reader.IsDBNull(6) ? null : reader.GetString(6)));
        }

        return (rows, through);
    }
}
