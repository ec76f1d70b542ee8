using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared.Documents;

namespace IntegratedCare.Contracts.Payments;

/// <summary>One version of one period's payment. It never changes; a correction is the next version.</summary>
/// <param name="Amount">What the provider receives; negative when it pays back.</param>
/// <param name="Sha256">Of the statement's canonical bytes, which are in the table <c>statement</c> under the payment's id.</param>
/// <param name="Differences">Lines whose results differ from the version before.</param>
internal sealed record Payment(
    Guid PaymentTermsId, string Period, int Number, string[] Parties, decimal Amount, string Sha256, string ProposedBy, DateTimeOffset ProposedAt,
    IReadOnlyList<LineDifference> Differences) : Document
{
    /// <param name="earlier">The version before; null for the first.</param>
    /// <param name="before">Its statement.</param>
    public static Payment Of(
        PaymentScheme scheme, PaymentStatement statement, string sha256, Payment? earlier, PaymentStatement? before, string organisation,
        DateTimeOffset now) => new(
        scheme.Id, statement.Period, (earlier?.Number ?? 0) + 1, scheme.Parties, statement.Transfers.First(t => t.Party == statement.Terms.Provider).Amount,
        sha256,
        organisation, now, before is null ? [] : LineDifference.Between(before.Lines, statement.Lines));
}
