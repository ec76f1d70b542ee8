using System.Text.Json;
using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared;

namespace IntegratedCare.Contracts.Payments;

/// <summary>The terms and inputs that a payment is computed from.</summary>
/// <param name="PaymentTerms">Identifies the terms; null for a pack that belongs to no agreement.</param>
internal sealed record PaymentPack(StatementPaymentTerms? PaymentTerms, PaymentTerms Terms, string Period, PaymentInputs Inputs);

internal sealed record StatementPaymentTerms(Guid Id, Guid AgreementId, string Title);

/// <summary>A payment with the computation of every line. It depends on its inputs only, so the same inputs give the same bytes.</summary>
internal sealed record PaymentStatement(
    string Schema,
    StatementPaymentTerms? PaymentTerms,
    string Period,
    string Currency,
    PaymentTerms Terms,
    PaymentInputs Inputs,
    IReadOnlyList<StatementLine> Lines,
    IReadOnlyList<StatementTransfer> Transfers,
    IReadOnlyList<StatementWarning> Warnings)
{
    /// <summary>Canonical JSON; see <see cref="CanonicalJson"/>.</summary>
    public byte[] ToBytes() => CanonicalJson.ToBytes(this);

    public static PaymentStatement FromBytes(byte[] bytes) => JsonSerializer.Deserialize<PaymentStatement>(bytes, SharedJson.Storage)!;
}
