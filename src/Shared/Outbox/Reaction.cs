using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Events;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace IntegratedCare.Shared.Outbox;

/// <summary>One event as it reaches a reaction.</summary>
public sealed record Delivered<TEvent>(Guid EventId, DateTimeOffset OccurredAt, TEvent Event);

/// <summary>
/// What a module does when another module (or itself) has published an event. A run of waiting events is applied in one transaction of
/// this module, together with the reaction's position, so effects happen exactly once although delivery is at least once.
/// </summary>
public abstract class Reaction<TEvent, TSession> : INotificationHandler<EventRun<TEvent>>
    where TEvent : IEvent
    where TSession : ModuleSession
{
    /// <summary>
    /// The name of a lock that is held while a run is applied, so that a module's reactions with the same name are applied one at a time.
    /// Sessions can take it too (<c>LockAsync</c>).
    /// </summary>
    protected virtual string? TurnsWith => null;

    /// <summary>
    /// Applies the run: up to 1,000 events, in order. Change aggregates through <paramref name="session"/> or run set-based SQL
    /// on its connection; the base class saves and commits.
    /// </summary>
    protected abstract Task ApplyAsync(TSession session, IReadOnlyList<Delivered<TEvent>> run, CancellationToken ct);

    public Task Handle(EventRun<TEvent> notification, CancellationToken cancellationToken) =>
        notification.Delivery.Lease.Handler == ReactionList.HandlerName(GetType())
            ? ApplyOrBisectAsync(notification, notification.Events, cancellationToken)
            : Task.CompletedTask;

    /// <summary>A run that fails is halved down to the event that fails; later events of its key are held behind it.</summary>
    private async Task ApplyOrBisectAsync(EventRun<TEvent> run, IReadOnlyList<StoredEvent> events, CancellationToken ct)
    {
        var held = events.Where(e => e.Key is { } key && run.Delivery.IsHeld(key)).Select(e => new NotApplied(e, null)).ToList();
        var todo = held.Count == 0 ? events : [.. events.Where(e => e.Key is not { } key || !run.Delivery.IsHeld(key))];
        try
        {
            await ApplyOnceAsync(run, events, todo, held, ct);
        }
        catch (Exception error) when (!ct.IsCancellationRequested && error is not LeaseLost && !IsLostConnection(error))
        {
            if (todo.Count > 1)
            {
                var half = events.Count / 2;
                await ApplyOrBisectAsync(run, [.. events.Take(half)], ct);
                await ApplyOrBisectAsync(run, [.. events.Skip(half)], ct);
                return;
            }

            var failed = events.Select(e => todo.Contains(e) ? new NotApplied(e, SafeError.Describe(error)) : new NotApplied(e, null)).ToList();
            await ApplyOnceAsync(run, events, [], failed, ct);
        }
    }

    private async Task ApplyOnceAsync(
        EventRun<TEvent> run, IReadOnlyList<StoredEvent> covered, IReadOnlyList<StoredEvent> todo, IReadOnlyList<NotApplied> notApplied, CancellationToken ct)
    {
        await using var scope = run.Scopes.CreateAsyncScope();
        var session = scope.ServiceProvider.GetRequiredService<TSession>();
        var connection = await session.ConnectionAsync(ct);
        await session.HoldAsync(ct);
        await run.Delivery.BeginAsync(connection, TurnsWith, ct);
        if (todo.Count > 0)
        {
            await ApplyAsync(session, [.. todo.Select(e => new Delivered<TEvent>(e.EventId, e.OccurredAt, e.Read<TEvent>()))], ct);
            await session.SaveChangesAsync(ct);
        }

        await run.Delivery.CompleteAsync(connection, covered, notApplied, ct);
        await session.CommitHeldAsync();
        run.Completed(covered, notApplied);
    }

    /// <summary>A lost connection is no fault of the events: they are delivered again once the database is back.</summary>
    private static bool IsLostConnection(Exception error)
    {
        for (var cause = error; cause is not null; cause = cause.InnerException)
        {
            // A statement that takes too long is the events' fault: tried again whole, it would be for ever.
            if (cause is NpgsqlException { IsTransient: true, InnerException: not TimeoutException } and not PostgresException or PostgresException { SqlState: "57P01" or "57P02" or "57P03" })
                return true;
        }

        return false;
    }
}

/// <summary>A run of waiting events of one type, on its way to one reaction.</summary>
public sealed class EventRun<TEvent> : INotification where TEvent : IEvent
{
    private readonly Action<IReadOnlyList<StoredEvent>, IReadOnlyList<NotApplied>> _completed;

    internal EventRun(
        IReadOnlyList<StoredEvent> events, Delivery delivery, IServiceScopeFactory scopes,
        Action<IReadOnlyList<StoredEvent>, IReadOnlyList<NotApplied>> completed) =>
        (Events, Delivery, Scopes, _completed) = (events, delivery, scopes, completed);

    internal IReadOnlyList<StoredEvent> Events { get; }

    internal Delivery Delivery { get; }

    internal IServiceScopeFactory Scopes { get; }

    internal void Completed(IReadOnlyList<StoredEvent> covered, IReadOnlyList<NotApplied> notApplied) => _completed(covered, notApplied);
}
