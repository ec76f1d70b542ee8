using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Events;
using IntegratedCare.Shared.Storage;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace IntegratedCare.Shared.Outbox;

/// <summary>One event as it reaches a reaction.</summary>
public sealed record Delivered<TEvent>(Guid EventId, DateTimeOffset OccurredAt, TEvent Event);

/// <summary>
/// What a module does when another (or itself) has said something. A run of waiting events is applied in one transaction
/// of the module's own, together with the inbox keys, so effects happen exactly once although delivery is at least once.
/// </summary>
public abstract class Reaction<TEvent, TSession> : INotificationHandler<EventRun<TEvent>>
    where TEvent : IEvent
    where TSession : class, IModuleSession
{
    /// <summary>
    /// Applies the run: up to 1,000 events, in order. Change aggregates through <paramref name="session"/> or run set-based SQL
    /// on its connection; the base class saves and commits.
    /// </summary>
    protected abstract Task ApplyAsync(TSession session, IReadOnlyList<Delivered<TEvent>> run, CancellationToken ct);

    public async Task Handle(EventRun<TEvent> notification, CancellationToken cancellationToken)
    {
        var handler = ReactionList.HandlerName(GetType());
        if (notification.OnlyHandler is { } only && only != handler)
            return;
        var run = new List<Delivered<TEvent>>();
        foreach (var (delivered, key) in notification.Events)
        {
            if (key is not null && notification.Report.IsHeld(handler, key))
                notification.Report.Hold(handler, delivered.EventId);
            else
                run.Add(delivered);
        }

        await ApplyOrBisectAsync(notification, handler, run, cancellationToken);
    }

    /// <summary>A run that fails is halved until the culprit stands alone; later events of its key are held behind it.</summary>
    private async Task ApplyOrBisectAsync(EventRun<TEvent> notification, string handler, List<Delivered<TEvent>> run, CancellationToken ct)
    {
        if (run.Count == 0)
            return;
        try
        {
            await ApplyOnceAsync(notification.Scopes, handler, run, ct);
        }
        catch (Exception error) when (!ct.IsCancellationRequested)
        {
            if (run.Count == 1)
            {
                notification.Report.Fail(handler, run[0].EventId, run[0].Event.Key, SafeError.Describe(error));
                return;
            }

            var half = run.Count / 2;
            await ApplyOrBisectAsync(notification, handler, run[..half], ct);
            var rest = run[half..];
            foreach (var held in rest.Where(d => d.Event.Key is { } key && notification.Report.IsHeld(handler, key)))
                notification.Report.Hold(handler, held.EventId);
            await ApplyOrBisectAsync(notification, handler, rest.FindAll(d => d.Event.Key is not { } key || !notification.Report.IsHeld(handler, key)), ct);
        }
    }

    private async Task ApplyOnceAsync(IServiceScopeFactory scopes, string handler, List<Delivered<TEvent>> run, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var session = scope.ServiceProvider.GetRequiredService<TSession>();
        var connection = await session.ConnectionAsync(ct);
        await session.HoldAsync(ct);
        var fresh = new HashSet<Guid>();
        // Planned for the run at hand: a plan kept from when the tables were small reads the whole of them.
        await using (var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("SET LOCAL plan_cache_mode = force_custom_plan"),
                new NpgsqlBatchCommand($"INSERT INTO {session.Schema}.inbox (event_id, handler) SELECT e, $2 FROM unnest($1) AS e ON CONFLICT DO NOTHING RETURNING event_id")
                {
                    Parameters = { new() { Value = run.Select(d => d.EventId).ToArray() }, new() { Value = handler } },
                },
            },
        })
        {
            await using var reader = await batch.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                fresh.Add(reader.GetGuid(0));
        }

        var todo = run.FindAll(d => fresh.Contains(d.EventId));
        if (todo.Count > 0)
        {
            await ApplyAsync(session, todo, ct);
            await session.SaveChangesAsync(ct);
        }

        await session.CommitHeldAsync();
    }
}

/// <summary>A run of waiting events of one type, on its way to the reactions.</summary>
public sealed class EventRun<TEvent>(
    IReadOnlyList<(Delivered<TEvent> Delivered, string? Key)> events,
    string? onlyHandler,
    IServiceScopeFactory scopes,
    DeliveryReport report) : INotification
    where TEvent : IEvent
{
    public IReadOnlyList<(Delivered<TEvent> Delivered, string? Key)> Events => events;

    /// <summary>Set on a retry: the others have had these events.</summary>
    public string? OnlyHandler => onlyHandler;

    internal IServiceScopeFactory Scopes => scopes;

    internal DeliveryReport Report => report;
}

/// <summary>What became of a run, by handler. Handlers of one run are called one after the other.</summary>
public sealed class DeliveryReport(IEnumerable<(string Handler, string Key)> heldKeys)
{
    private readonly HashSet<(string, string)> _held = [.. heldKeys];

    public List<(string Handler, Guid EventId, string? Error)> NotApplied { get; } = [];

    public bool IsHeld(string handler, string key) => _held.Contains((handler, key));

    public void Hold(string handler, Guid eventId) => NotApplied.Add((handler, eventId, null));

    public void Fail(string handler, Guid eventId, string? key, string error)
    {
        if (key is not null)
            _held.Add((handler, key));
        NotApplied.Add((handler, eventId, error));
    }
}
