using IntegratedCare.Contracts.Settlements;
using IntegratedCare.Contracts.Statements;

namespace IntegratedCare.Contracts.Payments;

/// <param name="Number">The version: 1 is the first for the period.</param>
/// <param name="Amount">What the provider receives; negative when it pays back.</param>
/// <param name="Sha256">Of the statement's canonical bytes, which <c>.../statement</c> gives.</param>
internal sealed record PaymentView(
    Guid Id, Guid PaymentTermsId, string Period, int Number, string ProposedBy, DateTimeOffset ProposedAt, decimal Amount, string Sha256,
    PaymentStatement Statement,
    IReadOnlyList<LineDifference> Differences)
{
    public static PaymentView Of(Payment p, PaymentStatement statement) =>
        new(p.Id, p.PaymentTermsId, p.Period, p.Number, p.ProposedBy, p.ProposedAt, p.Amount, p.Sha256, statement, p.Differences);
}
