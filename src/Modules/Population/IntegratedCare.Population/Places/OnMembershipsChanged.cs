using IntegratedCare.Population.Records;
using IntegratedCare.Population.RegisterCounts;
using IntegratedCare.Shared.Events;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Population.Places;

/// <summary>Practices moved to, or were first put in, a place. Population's own.</summary>
internal sealed record MembershipsChanged(IReadOnlyList<string> Practices) : IEvent
{
    public static string Name => "population.memberships-changed.v1";
    public string? Key => null;
}

/// <summary>Publishes the practices' facts and counts again with their place.</summary>
internal sealed class OnMembershipsChanged : Reaction<MembershipsChanged, PopulationSession>
{
    protected override string? TurnsWith => RecordSql.Turn;

    protected override async Task ApplyAsync(PopulationSession session, IReadOnlyList<Delivered<MembershipsChanged>> run, CancellationToken ct)
    {
        string[] practices = [.. run.SelectMany(d => d.Event.Practices).Distinct()];
        await session.PublishFactsAsync(await RecordSql.ReattributePracticesAsync(await session.ConnectionAsync(ct), practices, ct), ct);
        await session.MarkForRecountAsync(practices, ct);
    }
}
