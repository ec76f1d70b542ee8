namespace IntegratedCare.Contracts.Agreements;

/// <param name="InForce">Whether these are the agreement's terms today.</param>
/// <param name="Awaiting">The parties that have yet to sign it.</param>
/// <param name="SubcontractsTouched">The subcontracts that would no longer fit within these terms, with the reason.</param>
internal sealed record AgreementVersionView(
    Guid AgreementId, int Number, string Status, bool InForce, DateOnly EffectiveFrom, string? Reason, string? ProposedBy, DateTimeOffset? ProposedAt,
    string Title, IReadOnlyList<string> Services, DateOnly To, IReadOnlyList<NamedSignatory> Signatories, Guid? HeadAgreement,
    IReadOnlyList<Acceptance> Signatures, IReadOnlyList<string> Awaiting, IReadOnlyList<SubcontractTouched> SubcontractsTouched)
{
    public static async Task<AgreementVersionView> OfAsync(ContractsSession session, Agreement agreement, AgreementVersion version, CancellationToken ct) =>
        Of(agreement, version, await session.SubcontractsAsync(agreement, ct));

    public static AgreementVersionView Of(Agreement a, AgreementVersion v, IEnumerable<Agreement> subcontracts) => new(
        a.Id, v.Number, v.Status, a.Status != Agreement.Draft && v.Number == a.TermsVersion, v.EffectiveFrom, v.Reason, v.ProposedBy, v.ProposedAt,
        v.Terms.Title, v.Terms.Services, v.Terms.To, v.Terms.Signatories, v.Terms.HeadAgreement, v.Signatures,
        v.Status == Variation.Proposed ? [.. a.Signers(v).Where(s => !v.IsSignedBy(s))] : [],
        [.. subcontracts.Select(s => SubcontractTouched.Of(s,
            SubcontractRules.Misfit(s, v.Terms.Services, a.StartsOn, v.Terms.To))).OfType<SubcontractTouched>()]);
}
