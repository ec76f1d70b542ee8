using IntegratedCare.Population.Storage;
using IntegratedCare.Shared.Events;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Population.Reactions;

/// <summary>Persons were registered or amended. Population's own.</summary>
/// <param name="Practices">Practices whose list has changed.</param>
/// <param name="Amended">Persons known before, whose facts may need attributing anew.</param>
internal sealed record PersonsChanged(IReadOnlyList<string> Practices, IReadOnlyList<Guid> Amended) : IEvent
{
    public static string Name => "population.persons-changed.v1";
    public string? Key => null;
}

/// <summary>
/// Applies events that waited for these persons, attributes anew, and asks for a new count. It comes after the
/// registration through the same dispatcher that applies events, so no waiting event can slip between the two.
/// </summary>
internal sealed class OnPersonsChanged : Reaction<PersonsChanged, PopulationDb>
{
    protected override async Task ApplyAsync(PopulationDb db, IReadOnlyList<Delivered<PersonsChanged>> run, CancellationToken ct)
    {
        var connection = await db.NpgsqlAsync(ct);
        await FactPublishing.PublishAsync(db, connection, await ApplySql.ResolveWaitingAsync(connection, ct), ct);
        Guid[] amended = [.. run.SelectMany(d => d.Event.Amended).Distinct()];
        if (amended.Length > 0)
            await FactPublishing.PublishAsync(db, connection, await ApplySql.ReattributePersonsAsync(connection, amended, ct), ct);
        await RegisterDirty.MarkAsync(connection, run.SelectMany(d => d.Event.Practices).Distinct(), ct);
    }
}
