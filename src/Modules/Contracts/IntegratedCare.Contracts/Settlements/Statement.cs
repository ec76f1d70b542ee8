using System.Text.Json;
using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared;

namespace IntegratedCare.Contracts.Settlements;

/// <summary>The terms, period, frozen values and inputs that a settlement is computed from.</summary>
internal sealed record SettlementPack(
    StatementRiskShare RiskShare, int TermsVersion, RiskShareTerms Terms, string Period, IReadOnlyList<FrozenValue> Values, SettlementInputs? Inputs = null);

internal sealed record StatementRiskShare(Guid Id, Guid AgreementId, string Title);

/// <summary>A published value as it stood when the settlement froze it.</summary>
/// <param name="Activity">Its numerator: activity, or money where the result is measured in money.</param>
internal sealed record FrozenValue(
    string Period, decimal Activity, Guid? ValueId = null, int? DefinitionVersion = null, int? Version = null, string? Status = null,
    DateTimeOffset? KnownAt = null);

/// <summary>A settlement with the computation of every line. It depends on its inputs only, so the same inputs give the same bytes.</summary>
internal sealed record Statement(
    string Schema,
    StatementRiskShare RiskShare,
    int TermsVersion,
    string Period,
    string Currency,
    RiskShareTerms Terms,
    IReadOnlyList<FrozenValue> Values,
    SettlementInputs Inputs,
    IReadOnlyList<StatementLine> Lines,
    IReadOnlyList<StatementTransfer> Transfers,
    IReadOnlyList<StatementWarning> Warnings)
{
    /// <summary>Canonical JSON: UTF-8, no white space, members in order of name, nothing that is null, numbers at the fixed scale of their unit.</summary>
    public byte[] ToBytes() => CanonicalJson.ToBytes(this);

    public static Statement FromBytes(byte[] bytes) => JsonSerializer.Deserialize<Statement>(bytes, SharedJson.Storage)!;
}
