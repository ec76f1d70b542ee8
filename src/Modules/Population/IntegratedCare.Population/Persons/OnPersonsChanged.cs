using IntegratedCare.Population.Records;
using IntegratedCare.Population.RegisterCounts;
using IntegratedCare.Shared.Events;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Population.Persons;

/// <summary>Persons were registered or amended. Population's own.</summary>
/// <param name="Practices">Practices whose list has changed.</param>
/// <param name="Amended">Persons known before, whose facts may have to be attributed again.</param>
internal sealed record PersonsChanged(IReadOnlyList<string> Practices, IReadOnlyList<Guid> Amended) : IEvent
{
    public static string Name => "population.persons-changed.v1";
    public string? Key => null;
}

/// <summary>
/// Applies events that waited for these persons, attributes facts again, and marks the practices for a recount. It shares a lock with
/// the reaction that applies events, so that no waiting event is missed.
/// </summary>
internal sealed class OnPersonsChanged : Reaction<PersonsChanged, PopulationSession>
{
    protected override string? TurnsWith => RecordSql.Turn;

    protected override async Task ApplyAsync(PopulationSession session, IReadOnlyList<Delivered<PersonsChanged>> run, CancellationToken ct)
    {
        var connection = await session.ConnectionAsync(ct);
        await session.PublishFactsAsync(await RecordSql.ResolveWaitingAsync(connection, ct), ct);
        Guid[] amended = [.. run.SelectMany(d => d.Event.Amended).Distinct()];
        if (amended.Length > 0)
            await session.PublishFactsAsync(await RecordSql.ReattributePersonsAsync(connection, amended, ct), ct);
        await session.MarkForRecountAsync(run.SelectMany(d => d.Event.Practices).Distinct(), ct);
    }
}
