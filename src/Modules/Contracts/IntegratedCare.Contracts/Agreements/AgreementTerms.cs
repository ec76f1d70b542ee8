namespace IntegratedCare.Contracts.Agreements;

/// <summary>The terms that a variation can change.</summary>
internal sealed record AgreementTerms(string Title, IReadOnlyList<string> Services, DateOnly To, IReadOnlyList<NamedSignatory> Signatories,
    Guid? HeadAgreement);

/// <summary>The changes of one variation; null for a member that stays.</summary>
internal sealed record AgreementChange(
    DateOnly EffectiveFrom, string Reason, string? Title, IReadOnlyList<string>? Services, DateOnly? To, IReadOnlyList<NamedSignatory>? Signatories,
    Guid? HeadAgreement);

/// <param name="ProposedBy">The party that proposed it; null for the first version, which was signed with the agreement.</param>
internal sealed record AgreementVersion(
    int Number, string Status, DateOnly EffectiveFrom, string? Reason, string? ProposedBy, DateTimeOffset? ProposedAt, AgreementTerms Terms,
    IReadOnlyList<Acceptance> Signatures)
{
    public bool IsSignedBy(string organisation) => Signatures.Any(s => s.Organisation == organisation);
}

/// <summary>The states of a version of terms.</summary>
internal static class Variation
{
    public const string Proposed = "proposed";
    public const string Agreed = "agreed";
    public const string Superseded = "superseded";
}
