using IntegratedCare.Shared.Documents;

namespace IntegratedCare.Metrics.Computations;

/// <summary>What a computation that was asked for found, and published. Its id is that of the publication.</summary>
/// <param name="From">First month.</param>
/// <param name="To">Last month: the running one at most.</param>
/// <param name="Status"><c>provisional</c> or <c>final</c>; null where nothing was published.</param>
internal sealed record Computation(
    string Organisation, DateTimeOffset ComputedAt, string From, string To, bool Publish, string? Status, IReadOnlyList<ComputedMetric> Metrics) : Document;

/// <param name="Values">Values computed, of all areas, months and quarters.</param>
/// <param name="Differed">Values that differ from those served although nothing was waiting to be computed: 0 is expected.</param>
/// <param name="CaughtUp">Values that differ because facts had just arrived.</param>
/// <param name="Published">New versions frozen by this publication.</param>
/// <param name="Restated">New versions of values that had been published and have changed.</param>
internal sealed record ComputedMetric(string Metric, int DefinitionVersion, int Values, int Differed, int CaughtUp, int Published, int Restated);

/// <summary>What a computation did.</summary>
/// <param name="From">First month.</param>
/// <param name="To">Last month: the running one at most.</param>
internal sealed record ComputationView(
    Guid Id, string Organisation, DateTimeOffset ComputedAt, string From, string To, bool Publish, string? Status, IReadOnlyList<ComputedMetric> Metrics)
{
    public static ComputationView Of(Computation c) => new(c.Id, c.Organisation, c.ComputedAt, c.From, c.To, c.Publish, c.Status, c.Metrics);
}
