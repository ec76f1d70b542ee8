using IntegratedCare.Contracts.Agreements;

namespace IntegratedCare.Contracts.RiskShares;

/// <param name="Status"><c>proposed</c>, or <c>agreed</c> once every party has signed or accepted it.</param>
/// <param name="TermsVersion">The latest version that all have accepted, which may take effect later; all are at <c>.../terms</c>.</param>
internal sealed record RiskShareView(
    Guid Id, Guid AgreementId, string Status, string Title, int TermsVersion, RiskShareTerms Terms, IReadOnlyList<string> Parties,
    IReadOnlyList<Acceptance> Acceptances,
    IReadOnlyList<VariationSummary> Variations)
{
    public static RiskShareView Of(RiskShare r)
    {
        var varied = r.Variations.LastOrDefault(v => v.Status == Variation.Agreed);
        return new(r.Id, r.AgreementId, r.Status, r.Title, varied?.Number ?? RiskShare.FirstVersion, varied?.Terms ?? r.Terms, r.Parties,
            varied?.Acceptances ?? r.Acceptances, [.. r.Variations.Select(v => new VariationSummary(v.Number, v.Status, v.EffectiveFrom))]);
    }
}

/// <param name="Status"><c>proposed</c>, <c>agreed</c> by every party, or <c>superseded</c> by a later proposal.</param>
internal sealed record VariationSummary(int Number, string Status, DateOnly EffectiveFrom);
