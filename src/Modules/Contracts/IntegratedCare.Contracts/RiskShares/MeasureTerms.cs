using IntegratedCare.Contracts.Spend;

namespace IntegratedCare.Contracts.RiskShares;

/// <summary>What is measured, and where the actual figure comes from.</summary>
/// <param name="Source"><c>published-metric</c>: the numerators of the metric's published values; <c>costs</c>: the care costs
/// this module has records of; <c>given</c>: an amount stated with the settlement, which all parties then agree.</param>
/// <param name="Costs">With source <c>costs</c>: the persons and kinds of care.</param>
internal sealed record MeasureTerms(string Metric, string AreaKind, string Area, string Source = MeasureTerms.PublishedMetric, CostTerms? Costs = null)
{
    public const string PublishedMetric = "published-metric";
    public const string CareCosts = "costs";
    public const string Given = "given";
}

/// <summary>Which costs count, of the persons registered in the measure's area.</summary>
/// <param name="Kinds">Kinds of care such as <c>inpatient-spell</c>; empty means all.</param>
/// <param name="AdmissionMethods">For spells, such as <c>21</c>; empty means all.</param>
/// <param name="PatientClasses">For spells, such as <c>1</c>; empty means all.</param>
/// <param name="TruncateAt">The most that counts of one person in the period.</param>
/// <param name="ValuedAt"><c>price</c> or <c>actual-cost</c>.</param>
internal sealed record CostTerms(
    IReadOnlyList<string> Kinds, IReadOnlyList<string> AdmissionMethods, IReadOnlyList<string> PatientClasses, IReadOnlyList<string> ExcludedProviders,
    int? AgeFrom, int? AgeTo, decimal? TruncateAt,
    string ValuedAt = CostTerms.Price)
{
    public const string Price = "price";
    public const string ActualCost = "actual-cost";

    public CostScope Scope(MeasureTerms measure) => new(
        measure.AreaKind, measure.Area, AgeFrom, AgeTo, Kinds.Count == 0 ? CostKinds.All : Kinds, Some(AdmissionMethods), Some(ExcludedProviders), TruncateAt,
        Some(PatientClasses));

    private static IReadOnlyList<string>? Some(IReadOnlyList<string> codes) => codes.Count == 0 ? null : codes;
}
