namespace IntegratedCare.Contracts.Payments;

/// <summary>A named starting point for payment terms, held as data in <c>Data/payment-presets.json</c>.</summary>
/// <param name="Confidence"><c>high</c>, <c>medium</c> or <c>unverified</c>: how well the source supports its figures.</param>
internal sealed record PaymentPreset(string Code, string Title, string Form, string Explanation, string Source, string Confidence, PaymentDraft Terms)
{
    public static readonly IReadOnlyList<PaymentPreset> All = ProductData.Read<IReadOnlyList<PaymentPreset>>("Payments", "payment-presets.json");

    public static PaymentPreset? Find(string? code) => All.FirstOrDefault(p => p.Code == code);
}

/// <summary>A named weighting of persons, held as data in <c>Data/weightings.json</c>.</summary>
/// <param name="Notes">What is uncertain, figure by figure.</param>
internal sealed record NamedWeighting(
    string Code, string Title, string Source, string Confidence, IReadOnlyList<string> Notes, IReadOnlyList<GroupWeightDraft> Weights, NeedDraft Need,
    IReadOnlyList<LoadingDraft> Loadings)
{
    public static readonly IReadOnlyList<NamedWeighting> All = ProductData.Read<IReadOnlyList<NamedWeighting>>("Payments", "weightings.json");

    public static NamedWeighting? Find(string? code) => All.FirstOrDefault(w => w.Code == code);
}
