using IntegratedCare.Shared.Documents;

namespace IntegratedCare.Contracts.Payments;

/// <summary>Queries for an agreement's payment terms and payments.</summary>
internal static class PaymentQueries
{
    /// <summary>
    /// Locks all payment terms of the agreement that these belong to until the save, and loads them; empty where these terms do not
    /// exist.
    /// </summary>
    public static async Task<IReadOnlyList<PaymentScheme>> LockPaymentTermsAsync(this ContractsSession session, Guid id, CancellationToken ct)
    {
        await session.BeginAsync(ct);
        await using var command = await session.CommandAsync(
            """
            SELECT agreement_id FROM contracts.mt_doc_payment_terms
            WHERE agreement_id = (SELECT agreement_id FROM contracts.mt_doc_payment_terms WHERE id = $1) ORDER BY id FOR UPDATE
            """, ct, id);
        return await command.ExecuteScalarAsync(ct) is Guid agreement
            ? await session.ListAsync<PaymentScheme>(all => all.Where(p => p.AgreementId == agreement), ct) : [];
    }

    /// <summary>The payments under the terms that these supersede, directly or indirectly.</summary>
    /// <param name="all">All payment terms of the agreement.</param>
    public static async Task<IReadOnlyList<Payment>> PaidBeforeAsync(
        this ContractsSession session, PaymentScheme scheme, IReadOnlyList<PaymentScheme> all, CancellationToken ct)
    {
        var before = PaymentSuccession.Predecessors(scheme, all).Select(s => s.Id).ToArray();
        return before.Length == 0 ? [] : await session.ListAsync<Payment>(payments => payments.Where(p => before.Contains(p.PaymentTermsId)), ct);
    }
}
