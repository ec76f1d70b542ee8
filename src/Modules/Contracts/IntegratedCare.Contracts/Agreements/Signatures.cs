using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Http;

namespace IntegratedCare.Contracts.Agreements;

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

internal sealed record NamedSignatory(string Organisation, Signatory Signatory);

internal sealed record Signature(string Name, string Role, DateTimeOffset At);

/// <summary>An organisation's signature under terms, a variation or a settlement.</summary>
internal sealed record Acceptance(string Organisation, Signature Signature);
