using IntegratedCare.Shared.Documents;

namespace IntegratedCare.Population.RiskModels;

/// <summary>One version of a model. It never changes, so that an old score can always be explained.</summary>
/// <param name="Number">The model's version: 1, 2, ...</param>
/// <param name="Organisation">Who posted it; null when built in.</param>
internal sealed record RiskModelVersion(string Model, int Number, string? Organisation, RiskModel Content, DateTimeOffset StoredAt) : Document;
