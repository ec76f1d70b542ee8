namespace IntegratedCare.Shared.Events;

/// <summary>An event that a module publishes to other modules, delivered once its transaction is committed.</summary>
/// <remarks>
/// Facts carry <c>source</c>, <c>recordId</c> and a version in each item and have no key: a consumer keeps the highest
/// version, so order does not matter. Aggregate events carry the aggregate's id as <see cref="Key"/> and are applied in
/// order per key. Members are only ever added.
/// </remarks>
public interface IEvent
{
    /// <summary>Stable, versioned wire name, such as <c>population.care-facts-recorded.v1</c>; never a CLR name.</summary>
    static abstract string Name { get; }

    /// <summary>The aggregate whose events keep their order, or null for facts.</summary>
    string? Key { get; }
}
