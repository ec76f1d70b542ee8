using System.Diagnostics;
using System.Text;
using System.Text.Json;
using IntegratedCare.Shared.Events;
using Npgsql;
using NpgsqlTypes;

namespace IntegratedCare.Shared.Outbox;

/// <summary>An event as a row of the outbox.</summary>
internal sealed record OutboxMessage(Guid EventId, string Name, string? Key, string Payload, int Size, DateTimeOffset OccurredAt, string? Trace)
{
    private const int MaxPayload = 4 * 1024 * 1024;

    public static OutboxMessage Of<TEvent>(TEvent @event, DateTimeOffset now) where TEvent : IEvent
    {
        var payload = JsonSerializer.Serialize(@event, SharedJson.Storage);
        var size = Encoding.UTF8.GetByteCount(payload);
        return size <= MaxPayload
            ? new OutboxMessage(Guid.CreateVersion7(), TEvent.Name, @event.Key, payload, size, now, Activity.Current?.Id)
            : throw new InvalidOperationException($"{TEvent.Name} is too large for one event; chunk it.");
    }
}

internal static class OutboxWriter
{
    /// <summary>Inserts the rows in one command on the connection's current transaction.</summary>
    public static async Task WriteAsync(NpgsqlConnection connection, string schema, IReadOnlyList<OutboxMessage> messages, CancellationToken ct)
    {
        if (messages.Count == 0)
            return;
        await using var command = new NpgsqlCommand(
            $"""
            INSERT INTO {schema}.outbox (event_id, name, key, payload, size, occurred_at, trace)
            SELECT event_id, name, key, payload, size, occurred_at, trace
            FROM unnest($1, $2, $3, $4, $5, $6, $7) WITH ORDINALITY AS m (event_id, name, key, payload, size, occurred_at, trace, n)
            ORDER BY n
            """, connection)
        {
            Parameters =
            {
                new() { Value = messages.Select(m => m.EventId).ToArray() },
                new() { Value = messages.Select(m => m.Name).ToArray() },
                new() { Value = messages.Select(m => m.Key).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
                new() { Value = messages.Select(m => m.Payload).ToArray() },
                new() { Value = messages.Select(m => m.Size).ToArray() },
                new() { Value = messages.Select(m => m.OccurredAt).ToArray() },
                new() { Value = messages.Select(m => m.Trace).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
            },
        };
        await command.ExecuteNonQueryAsync(ct);
    }
}
