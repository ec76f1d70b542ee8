using System.Diagnostics;
using System.Text.Json;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Events;
using Npgsql;
using NpgsqlTypes;

namespace IntegratedCare.Shared.Outbox;

/// <summary>An event as a row of the outbox.</summary>
internal sealed record OutboxMessage(Guid EventId, string Name, string? Key, byte[] Payload, DateTimeOffset OccurredAt, string? Trace)
{
    private const int MaxPayload = 4 * 1024 * 1024;

    public static OutboxMessage Of<TEvent>(TEvent @event, DateTimeOffset now) where TEvent : IEvent
    {
        var payload = JsonSerializer.SerializeToUtf8Bytes(@event, SharedJson.Storage);
        return payload.Length <= MaxPayload
            ? new OutboxMessage(Guid.CreateVersion7(), TEvent.Name, @event.Key, payload, now, Activity.Current?.Id)
            : throw new InvalidOperationException($"{TEvent.Name} is too large for one event; chunk it.");
    }
}

/// <summary>Writes events into a module's outbox, in the transaction of the change that they describe.</summary>
public static class OutboxWriter
{
    /// <summary>
    /// What follows <c>WITH</c> in a statement that stores the events of a query. The query gives event_id, name, key, payload, size,
    /// occurred_at and trace. A row in <c>outbox_pending</c> waits until the event is given its position.
    /// </summary>
    public static string Stores(string schema, string query) =>
        $"""
        outbox_row AS (
          INSERT INTO {schema}.outbox (event_id, name, key, payload, size, occurred_at, trace) {query}
          RETURNING seq, written_on, name, size, occurred_at),
        outbox_pending_row AS (
          INSERT INTO {schema}.outbox_pending (seq, written_on, name, size, occurred_at) SELECT seq, written_on, name, size, occurred_at FROM outbox_row)
        """;

    /// <summary>Inserts the rows in one command on the connection's current transaction.</summary>
    internal static async Task WriteAsync(NpgsqlConnection connection, string schema, IReadOnlyList<OutboxMessage> messages, CancellationToken ct)
    {
        if (messages.Count == 0)
            return;
        const string rows =
            """
            SELECT event_id, name, key, payload, size, occurred_at, trace
            FROM unnest($1, $2, $3, $4, $5, $6, $7) WITH ORDINALITY AS m (event_id, name, key, payload, size, occurred_at, trace, n)
            ORDER BY n
            """;
        await connection.ExecuteAsync($"WITH {Stores(schema, rows)} SELECT", ct,
            messages.Select(m => m.EventId).ToArray(), messages.Select(m => m.Name).ToArray(),
            SqlParameters.Text(messages, m => m.Key),
            SqlParameters.Column(messages, NpgsqlDbType.Text, m => m.Payload), messages.Select(m => m.Payload.Length).ToArray(),
            messages.Select(m => m.OccurredAt).ToArray(),
            SqlParameters.Text(messages, m => m.Trace));
    }
}
