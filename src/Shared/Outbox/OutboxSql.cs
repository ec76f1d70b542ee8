using IntegratedCare.Shared.Events;

namespace IntegratedCare.Shared.Outbox;

/// <summary>
/// Publishing from within a statement, for the rare path where a round trip more would cost as much as the work: one that stores and
/// publishes at once. Everything else publishes through its session.
/// </summary>
public static class OutboxSql
{
    /// <summary>An INSERT, to stand in a WITH clause, of one event without a key.</summary>
    /// <param name="eventId">SQL of its id, such as a parameter.</param>
    /// <param name="occurredAt">SQL of its time, such as a parameter.</param>
    /// <param name="payload">A query of one row and column: the event as JSON text. NULL publishes nothing.</param>
    public static string Insert<TEvent>(string schema, string eventId, string occurredAt, string payload) where TEvent : IEvent =>
        $"""
        INSERT INTO {schema}.outbox (event_id, name, payload, size, occurred_at)
        SELECT {eventId}, '{TEvent.Name}', payload, octet_length(payload), {occurredAt} FROM ({payload}) AS published (payload) WHERE payload IS NOT NULL
        """;
}
