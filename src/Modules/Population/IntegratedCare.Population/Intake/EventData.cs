using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using IntegratedCare.Shared;

namespace IntegratedCare.Population.Intake;

/// <summary>
/// The data of an event. To add a kind: a record in <c>Kinds/</c> with its members as posted, its <see cref="EventKindAttribute"/> and its checks.
/// </summary>
internal abstract record EventData
{
    private static readonly JsonSerializerOptions OutsideCore = new(SharedJson.Storage)
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { LeaveOutCore } },
    };

    /// <summary>Identifies the record within its source; later events with the same id amend it.</summary>
    [InCore] public string? RecordId { get; init; }

    /// <summary>From 1 to 9,007,199,254,740,991; a higher version amends, an equal or lower one is ignored.</summary>
    [InCore] public long? RecordVersion { get; init; }

    /// <summary><c>active</c> (the default) or <c>cancelled</c>.</summary>
    [InCore] public string? Status { get; init; }

    /// <summary>Checks the members, and says what the core of the record is.</summary>
    public abstract CareCore Read(Faults faults);

    /// <summary>The members that are not in the core, as JSON: the record's <c>data</c>, for the timeline and for other modules.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, GetType(), OutsideCore);

    private static void LeaveOutCore(JsonTypeInfo type)
    {
        for (var i = type.Properties.Count - 1; i >= 0; i--)
        {
            if (type.Properties[i].AttributeProvider?.IsDefined(typeof(InCoreAttribute), inherit: true) == true)
                type.Properties.RemoveAt(i);
        }
    }
}

/// <summary>A member that <see cref="CareCore"/> or the event itself carries, so that the record's data need not.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class InCoreAttribute : Attribute;

/// <summary>The name that an event's <c>type</c> carries between <c>uk.integratedcare.</c> and its version.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
internal sealed class EventKindAttribute(string name) : Attribute
{
    public string Name { get; } = name;

    /// <summary>Whether care without an end is still going on; else it was over when it began.</summary>
    public bool OpenWithoutEnd { get; init; } = true;
}

/// <summary>The kinds of events: every record of <c>Kinds/</c>, by its name.</summary>
internal static class EventKinds
{
    public static readonly IReadOnlyDictionary<string, Type> All = typeof(EventData).Assembly.GetTypes()
        .Where(t => t.IsSubclassOf(typeof(EventData)))
        .OrderBy(t => Of(t).Name, StringComparer.Ordinal)
        .ToDictionary(t => Of(t).Name, StringComparer.Ordinal);

    /// <summary>The kinds whose care was over when it began, unless it says its end.</summary>
    public static readonly string[] OverWithoutEnd = [.. All.Where(k => !Of(k.Value).OpenWithoutEnd).Select(k => k.Key)];

    private static EventKindAttribute Of(Type type) =>
        type.GetCustomAttribute<EventKindAttribute>() ?? throw new InvalidOperationException($"{type.Name} does not say its kind: [EventKind(\"...\")].");
}
