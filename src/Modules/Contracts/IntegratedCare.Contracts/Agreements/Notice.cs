namespace IntegratedCare.Contracts.Agreements;

/// <param name="LeavesOn">The party's last day, the last of a month.</param>
/// <param name="Outcome"><c>agreement-ends</c> on that day, or <c>party-leaves</c> and the others go on.</param>
internal sealed record Notice(Guid Id, string Organisation, string Reason, DateOnly GivenOn, DateOnly LeavesOn, string Outcome, Signature Signature)
{
    public const string AgreementEnds = "agreement-ends";
    public const string PartyLeaves = "party-leaves";
}
