namespace IntegratedCare.Population.RiskModels;

/// <param name="Organisation">Who posted it; null when built in.</param>
internal sealed record RiskModelSummary(
    string Id, int Version, string Title, string? Organisation, string Citation, string Outcome, string Horizon, RiskUnit Unit,
    ValidatedFor? Validated, string? Caution, IReadOnlyList<PublishedPerformance> Performance)
{
    public static RiskModelSummary Of(RiskModel m, string? organisation) =>
        new(m.Id, m.Version, m.Title, organisation, m.Citation, m.Outcome, m.Horizon, m.Unit, m.Validated, m.Caution, m.Performance);
}

/// <param name="CodeRule">How codes become features.</param>
internal sealed record RiskModelDetail(
    string Id, int Version, string Title, string? Organisation, string Citation, string Outcome, string Horizon, RiskUnit Unit,
    RiskTransform Transform, IReadOnlyList<RiskInput> Inputs, int LookBackMonths, int MinimumAge, ValidatedFor? Validated,
    MissingInputs Missing, string? Caution, string CodeRule, IReadOnlyList<RiskBand> Bands,
    IReadOnlyList<PublishedPerformance> Performance, IReadOnlyList<RiskFeature> Features)
{
    public static RiskModelDetail Of(RiskModel m, string? organisation) => new(
        m.Id, m.Version, m.Title, organisation, m.Citation, m.Outcome, m.Horizon, m.Unit, m.Transform, m.Inputs, m.LookBackMonths, m.MinimumAge,
        m.Validated, m.Missing, m.Caution, "A feature is shown by every ICD-10 code that begins with its code, and counts once.", m.Bands, m.Performance,
        m.Features);
}
