using IntegratedCare.Contracts.Payments.Statements;
using IntegratedCare.Contracts.Statements;

namespace IntegratedCare.Contracts.Payments;

/// <summary>A payment's statement in the format that the caller accepts.</summary>
internal static class PaymentStatementAnswers
{
    /// <param name="names">Of payer and provider, for the page; the bytes hold their codes.</param>
    public static StatementAnswer<PaymentStatement> Of(byte[] bytes, IReadOnlyDictionary<string, string>? names = null) => new(
        bytes, () => StatementCsv.Of(PaymentStatement.FromBytes(bytes).Lines), () =>
        PaymentPage.Of(PaymentStatement.FromBytes(bytes), StatementHash.Of(bytes), names));
}
