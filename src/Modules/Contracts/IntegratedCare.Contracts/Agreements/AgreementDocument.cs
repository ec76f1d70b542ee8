using System.Text.Json.Serialization;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts.Domain;

internal sealed record AgreementDocument(
    string Title,
    string Form,
    string Structure,
    string System,
    string? Population,
    IReadOnlyList<string> Services,
    IReadOnlyList<AgreementParty> Parties,
    IReadOnlyList<Guid> RiskShares)
{
    /// <summary>Full months between notice and the end of the month in which the party leaves.</summary>
    public int NoticeMonths { get; init; } = 6;

    public string OnWithdrawal { get; init; } = Withdrawal.Ends;

    /// <summary>The version of the terms in force.</summary>
    public int TermsVersion { get; init; } = 1;

    /// <summary>Every version, once there has been a variation or a notice.</summary>
    public IReadOnlyList<AgreementVersion> Versions { get; init; } = [];

    public IReadOnlyList<Notice> Notices { get; init; } = [];

    /// <summary>Parties that have left.</summary>
    public IReadOnlyList<AgreementParty> Left { get; init; } = [];

    public IReadOnlyList<Gate> Gates { get; init; } = [];
}

/// <param name="Prime">Whether it is the prime or lead provider, who may let subcontracts.</param>
internal sealed record AgreementParty(string Organisation, string Role, Signatory Signatory, Signature? Signature = null, bool Prime = false)
{
    /// <summary>The signature of the named signatory, or a refusal.</summary>
    public Signature Sign(ActingUser user, DateTimeOffset now) =>
        Signatory.Is(user)
            ? new Signature(user.Name, user.Role, now)
            : throw new RuleViolation(ContractsProblems.WrongSignatory, "The acting user is not the signatory whom the agreement names for your organisation.");
}

internal sealed record Signatory(string Name, string Role)
{
    public bool Is(ActingUser user) => string.Equals(user.Name.Trim(), Name.Trim(), StringComparison.OrdinalIgnoreCase);
}

internal sealed record Signature(string Name, string Role, DateTimeOffset At);

internal sealed record NamedSignatory(string Organisation, Signatory Signatory);

/// <summary>What a variation can change.</summary>
internal sealed record AgreementTerms(string Title, IReadOnlyList<string> Services, DateOnly To, IReadOnlyList<NamedSignatory> Signatories, Guid? HeadAgreement);

/// <summary>What one variation would change; null for what stays.</summary>
internal sealed record AgreementChange(
    DateOnly EffectiveFrom, string Reason, string? Title, IReadOnlyList<string>? Services, DateOnly? To, IReadOnlyList<NamedSignatory>? Signatories, Guid? HeadAgreement);

/// <param name="ProposedBy">The party that proposed it; null for the first version, which was signed with the agreement.</param>
internal sealed record AgreementVersion(
    int Number, string Status, DateOnly EffectiveFrom, string? Reason, string? ProposedBy, DateTimeOffset? ProposedAt, AgreementTerms Terms, IReadOnlyList<Acceptance> Signatures)
{
    public bool Signed(string organisation) => Signatures.Any(s => s.Organisation == organisation);
}

/// <summary>The states of a version of terms.</summary>
internal static class Variation
{
    public const string Proposed = "proposed";
    public const string Agreed = "agreed";
    public const string Superseded = "superseded";
}

/// <param name="LeavesOn">The party's last day, the last of a month.</param>
/// <param name="Outcome"><c>agreement-ends</c> on that day, or <c>party-leaves</c> and the others go on.</param>
internal sealed record Notice(Guid Id, string Organisation, string Reason, DateOnly GivenOn, DateOnly LeavesOn, string Outcome, Signature Signature)
{
    public const string AgreementEnds = "agreement-ends";
    public const string PartyLeaves = "party-leaves";
}

/// <summary>A decision on a checkpoint (1 to 3) of the Integrated Support and Assurance Process.</summary>
/// <param name="DecidedBy">The organisation that recorded it; null when Commissioning told of it.</param>
/// <param name="EventVersion">The version of Commissioning's word; null when it was recorded here.</param>
internal sealed record Gate(int Checkpoint, string Outcome, string? Evidence, DateOnly DecidedOn, string? DecidedBy, Signature? Signature, DateTimeOffset RecordedAt, long? EventVersion)
{
    public const string PassedOutcome = "passed";
    public static readonly string[] Outcomes = [PassedOutcome, "failed"];

    [JsonIgnore]
    public bool Passed => Outcome == PassedOutcome;
}
