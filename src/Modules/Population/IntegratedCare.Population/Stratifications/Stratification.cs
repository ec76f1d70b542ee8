namespace IntegratedCare.Population.Stratifications;

/// <summary>A stratification run.</summary>
/// <param name="State"><c>queued</c>, <c>scoring</c>, <c>publishing</c> (scores and registers are ready), <c>completed</c> or <c>failed</c>.</param>
/// <param name="Latest">Whether its index date was the newest of its model: only then did it publish changes and feed the registers.</param>
/// <param name="ScoresKept">False once the scores and changes are dropped for newer runs; the counts stay.</param>
/// <param name="Published">Tier changes published to the other modules so far.</param>
internal sealed record Stratification(
    Guid Id, string Model, int ModelVersion, DateOnly IndexDate, long Seed, string State, string? Step, bool Latest, Guid? PreviousRun, string RequestedBy,
    DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? ScoredAt, DateTimeOffset? FinishedAt, StratificationResult? Result, long Published,
    bool ScoresKept, string TierRule)
{
    public static Stratification Of(StratificationRun r) => new(r.Id, r.Model, r.ModelVersion, r.IndexDate, r.Seed, r.State, r.Step, r.Latest, r.PreviousId,
        r.RequestedBy, r.CreatedAt, r.StartedAt, r.ScoredAt, r.FinishedAt, r.Result, r.Published, r.ScoresKept, Tiers.Rule);
}
