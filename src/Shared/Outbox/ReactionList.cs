using IntegratedCare.Shared.Events;
using MediatR;
using Microsoft.Extensions.DependencyInjection;

namespace IntegratedCare.Shared.Outbox;

/// <summary>The hand-written list of a module's reactions.</summary>
public sealed class ReactionList(IServiceCollection services, IModule module)
{
    private readonly List<Type> _added = [];

    public IReadOnlyList<Type> Added => _added;

    public ReactionList Add<TReaction>() where TReaction : class
    {
        var reaction = typeof(TReaction);
        for (var type = reaction.BaseType; ; type = type.BaseType)
        {
            if (type is null)
                throw new InvalidOperationException($"{reaction.Name} is not a Reaction<TEvent, TSession>.");
            if (!type.IsGenericType || type.GetGenericTypeDefinition() != typeof(Reaction<,>))
                continue;
            var @event = type.GetGenericArguments()[0];
            services.AddTransient(typeof(INotificationHandler<>).MakeGenericType(typeof(EventRun<>).MakeGenericType(@event)), reaction);
            services.AddSingleton(EventRoute.For(@event, HandlerName(reaction), module.Schema));
            _added.Add(reaction);
            return this;
        }
    }

    /// <summary>The name of a reaction's subscription: <c>IntegratedCare.Metrics.Facts.OnCareFactsRecorded</c> is <c>Metrics.OnCareFactsRecorded</c>.</summary>
    internal static string HandlerName(Type reaction) => $"{reaction.Assembly.GetName().Name!.Replace("IntegratedCare.", "")}.{reaction.Name}";
}

/// <summary>A handler's subscription to an event, and how its rows become a run for MediatR.</summary>
public abstract record EventRoute(string EventName, string Handler, string ConsumerSchema)
{
    /// <summary>The schema whose outbox holds the event: <c>care-pathways.plan-changed.v1</c> is in <c>care_pathways</c>.</summary>
    public string Producer { get; } = ProducerOf(EventName);

    public static string ProducerOf(string eventName) => eventName[..eventName.IndexOf('.', StringComparison.Ordinal)].Replace('-', '_');

    internal abstract INotification Run(
        IReadOnlyList<StoredEvent> rows, Delivery delivery, IServiceScopeFactory scopes,
        Action<IReadOnlyList<StoredEvent>, IReadOnlyList<NotApplied>> completed);

    internal static EventRoute For(Type @event, string handler, string schema)
    {
        var name = (string)@event.GetProperty(nameof(IEvent.Name))!.GetValue(null)!;
        return (EventRoute)Activator.CreateInstance(typeof(Typed<>).MakeGenericType(@event), name, handler, schema)!;
    }

    private sealed record Typed<TEvent>(string EventName, string Handler, string ConsumerSchema) : EventRoute(EventName, Handler, ConsumerSchema)
        where TEvent : IEvent
    {
        internal override INotification Run(
            IReadOnlyList<StoredEvent> rows, Delivery delivery, IServiceScopeFactory scopes,
            Action<IReadOnlyList<StoredEvent>, IReadOnlyList<NotApplied>> completed) =>
            new EventRun<TEvent>(rows, delivery, scopes, completed);
    }
}
