using IntegratedCare.Commissioning.ControlTotals;
using IntegratedCare.Commissioning.Funds;
using IntegratedCare.Commissioning.Ledger;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Documents;
using Marten.Schema;
using Weasel.Postgresql.Tables;

namespace IntegratedCare.Commissioning;

/// <summary>Commissioning's unit of work, and which of its rows a caller may see.</summary>
internal sealed class CommissioningSession(ICommissioningStore store, ModuleSessionServices services) : ModuleSession(store, "commissioning", services)
{
    public static void Declare(StoreDeclaration store)
    {
        store.Document<Fund>("fund")
            .Duplicate(f => f.Code, notNull: true)
            .UniqueIndex(UniqueIndexType.DuplicatedField, "fund_once", f => f.Host, f => f.Code)
            .Duplicate(f => f.Partners, notNull: true, configure: i => i.Method = IndexMethod.gin);
        store.Column<Fund>(nameof(Fund.System));
        store.Document<OrganisationPlan>("organisation_plan")
            .UniqueIndex(UniqueIndexType.DuplicatedField, "organisation_plan_once", p => p.System, p => p.Year, p => p.Organisation);
        store.Document<PlanningRole>("planning_role")
            .UniqueIndex(UniqueIndexType.DuplicatedField, "planning_role_once", p => p.System, p => p.Organisation);
        store.Document<UnpostedSettlement>("unposted_settlement").Duplicate(u => u.FundId);
        store.Document<FundClaim>("fund_claim")
            .UniqueIndex(UniqueIndexType.DuplicatedField, "fund_claim_once", c => c.RiskShareId, c => c.Organisation);
        store.Tables(LedgerTables.Of(store.Schema)).Tables(KnownOrganisations.Table(store.Schema));
    }

    /// <summary>The operator, for operations, sees all and consents for others.</summary>
    public static bool SeesAll(AccessContext caller) => caller is { Kind: OrganisationKinds.SystemOperator, Purpose: Purposes.Operations };

    /// <summary>The fund of this id, or null where the caller is neither partner nor operator.</summary>
    public async Task<Fund?> FindFundAsync(Guid id, AccessContext caller, CancellationToken ct) =>
        await FindAsync<Fund>(id, ct) is { } fund && (SeesAll(caller) || fund.Partners.Contains(caller.Organisation)) ? fund : null;

    /// <summary>The fund of this id, also for those whose consent it waits for; null for others.</summary>
    public async Task<Fund?> FindProposedAsync(Guid id, AccessContext caller, CancellationToken ct) =>
        await FindAsync<Fund>(id, ct) is { } fund && (SeesAll(caller) || fund.Partners.Contains(caller.Organisation)
            || fund.Invited.Contains(caller.Organisation) || await this.PlansForAsync(fund.System, caller, ct)) ? fund : null;

    /// <summary>Locks a fund until the save, so that no settlement is held for a reason that is just going away.</summary>
    public Task LockFundAsync(Guid fund, CancellationToken ct) => LockAsync($"fund|{fund}", ct);
}
