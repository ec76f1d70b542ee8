using IntegratedCare.Contracts.Agreements;

namespace IntegratedCare.Contracts.Payments;

/// <param name="Status"><c>proposed</c>, or <c>agreed</c> once every party has accepted.</param>
/// <param name="Awaiting">Parties that have not accepted yet.</param>
/// <param name="EffectiveFrom">The first day they pay for; null: from the agreement's first day.</param>
/// <param name="Supersedes">The payment terms whose place they take on that day.</param>
/// <param name="SupersededBy">The payment terms that take their place from the day <c>supersededFrom</c>.</param>
internal sealed record PaymentTermsView(
    Guid Id, Guid AgreementId, string Status, string Title, PaymentTerms Terms, IReadOnlyList<string> Parties, IReadOnlyList<Acceptance> Acceptances,
    IReadOnlyList<string> Awaiting, DateOnly? EffectiveFrom, Guid? Supersedes, Guid? SupersededBy, DateOnly? SupersededFrom)
{
    public static PaymentTermsView Of(PaymentScheme s) => new(
        s.Id, s.AgreementId, s.Status, s.Title, s.Terms, s.Parties, s.Acceptances, s.Awaiting, s.EffectiveFrom, s.Supersedes, s.SupersededBy, s.SupersededFrom);
}
