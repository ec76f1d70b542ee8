using IntegratedCare.Population.Storage;
using IntegratedCare.Shared.Events;
using IntegratedCare.Shared.Outbox;

namespace IntegratedCare.Population.Reactions;

/// <summary>Practices moved to, or were first put in, a place. Population's own.</summary>
internal sealed record MembershipsChanged(IReadOnlyList<string> Practices) : IEvent
{
    public static string Name => "population.memberships-changed.v1";
    public string? Key => null;
}

/// <summary>Issues the practices' facts and counts anew with their place.</summary>
internal sealed class OnMembershipsChanged : Reaction<MembershipsChanged, PopulationDb>
{
    protected override async Task ApplyAsync(PopulationDb db, IReadOnlyList<Delivered<MembershipsChanged>> run, CancellationToken ct)
    {
        var connection = await db.NpgsqlAsync(ct);
        string[] practices = [.. run.SelectMany(d => d.Event.Practices).Distinct()];
        await FactPublishing.PublishAsync(db, connection, await ApplySql.ReattributePracticesAsync(connection, practices, ct), ct);
        await RegisterDirty.MarkAsync(connection, practices, ct);
    }
}
