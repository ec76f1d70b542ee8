using IntegratedCare.Contracts.Agreements;
using IntegratedCare.Contracts.Payments;
using IntegratedCare.Contracts.PublishedValues;
using IntegratedCare.Contracts.RiskShares;
using IntegratedCare.Contracts.Settlements;
using IntegratedCare.Contracts.Spend;
using IntegratedCare.Contracts.Statements;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Documents;
using Marten.Schema;
using Weasel.Postgresql.Tables;

namespace IntegratedCare.Contracts;

/// <summary>Contracts' unit of work, and which of its documents a caller may see.</summary>
internal sealed class ContractsSession(IContractsStore store, ModuleSessionServices services) : ModuleSession(store, "contracts", services)
{
    public static void Declare(StoreDeclaration store)
    {
        store.Document<Agreement>("agreement")
            .Duplicate(a => a.Organisations, notNull: true, configure: i => i.Method = IndexMethod.gin)
            .Duplicate(a => a.HeadAgreementId, configure: i => i.Predicate = "head_agreement_id is not null")
            .Duplicate(a => a.DueOn, configure: i => i.Predicate = "due_on is not null");
        store.Document<RiskShare>("risk_share")
            .Duplicate(r => r.AgreementId, notNull: true)
            .Duplicate(r => r.Parties, notNull: true, configure: i => i.Method = IndexMethod.gin);
        store.Document<Settlement>("settlement")
            .UniqueIndex(UniqueIndexType.DuplicatedField, "settlement_period_number", s => s.RiskShareId, s => s.Period, s => s.Number);
        store.Document<PaymentScheme>("payment_terms")
            .Duplicate(p => p.AgreementId, notNull: true);
        store.Document<Payment>("payment")
            .UniqueIndex(UniqueIndexType.DuplicatedField, "payment_period_number", p => p.PaymentTermsId, p => p.Period, p => p.Number);
        store.Column<Agreement>(nameof(Agreement.Status)).Column<Settlement>(nameof(Settlement.Status))
            .Tables(StatementTable.Of(store.Schema))
            .Tables(SpendTables.Of(store.Schema))
            .Tables(PublishedValueTable.Of(store.Schema))
            .Tables(KnownOrganisations.Table(store.Schema));
    }

    /// <summary>The operator, for operations, sees all; others what their organisation is or was a party to.</summary>
    public static bool SeesAll(AccessContext caller) => caller is { Kind: OrganisationKinds.SystemOperator, Purpose: Purposes.Operations };

    /// <summary>The agreement of this id, or null where the caller may not see it. The methods below do the same.</summary>
    public async Task<Agreement?> FindAgreementAsync(Guid id, AccessContext caller, CancellationToken ct) =>
        await FindAsync<Agreement>(id, ct) is { } agreement && Sees(caller, agreement.Organisations) ? agreement : null;

    public async Task<RiskShare?> FindRiskShareAsync(Guid id, AccessContext caller, CancellationToken ct) =>
        await FindAsync<RiskShare>(id, ct) is { } riskShare && Sees(caller, riskShare.Parties) ? riskShare : null;

    public async Task<Settlement?> FindSettlementAsync(Guid riskShareId, Guid id, AccessContext caller, CancellationToken ct) =>
        await FindAsync<Settlement>(id, ct) is { } settlement && settlement.RiskShareId == riskShareId && Sees(caller, settlement.Parties) ? settlement : null;

    public async Task<PaymentScheme?> FindPaymentTermsAsync(Guid id, AccessContext caller, CancellationToken ct) =>
        await FindAsync<PaymentScheme>(id, ct) is { } scheme && Sees(caller, scheme.Parties) ? scheme : null;

    public async Task<Payment?> FindPaymentAsync(Guid paymentTermsId, Guid id, AccessContext caller, CancellationToken ct) =>
        await FindAsync<Payment>(id, ct) is { } payment && payment.PaymentTermsId == paymentTermsId && Sees(caller, payment.Parties) ? payment : null;

    /// <summary>The agreement that a risk-share or payment terms belong to.</summary>
    public async Task<Agreement> AgreementAsync(Guid id, CancellationToken ct) =>
        await FindAsync<Agreement>(id, ct) ?? throw new InvalidOperationException($"There is no agreement {id}.");

    /// <summary>
    /// A risk-share, locked until the save, so that its terms and settlements change one at a time; null as for
    /// <see cref="FindRiskShareAsync"/>.
    /// </summary>
    public async Task<RiskShare?> LockRiskShareAsync(Guid id, AccessContext caller, CancellationToken ct) =>
        (await LockAsync<RiskShare>([id], ct)).SingleOrDefault() is { } riskShare && Sees(caller, riskShare.Parties) ? riskShare : null;

    /// <summary>The display names of organisations, by code; unknown codes are left out.</summary>
    public async Task<IReadOnlyDictionary<string, string>> NamesAsync(IEnumerable<string> codes, CancellationToken ct) =>
        (await this.OrganisationsAsync(codes, ct)).ToDictionary(o => o.Key, o => o.Value.DisplayName);

    public static bool Sees(AccessContext caller, IReadOnlyCollection<string> parties) => SeesAll(caller) || parties.Contains(caller.Organisation);
}
