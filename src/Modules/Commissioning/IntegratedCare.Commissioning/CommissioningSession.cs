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
            .Duplicate(f => f.Code, notNull: true, configure: i => i.IsUnique = true)
            .Duplicate(f => f.Partners, notNull: true, configure: i => i.Method = IndexMethod.gin);
        store.Column<Fund>(nameof(Fund.System));
        store.Document<OrganisationPlan>("organisation_plan")
            .UniqueIndex(UniqueIndexType.DuplicatedField, "organisation_plan_once", p => p.System, p => p.Year, p => p.Organisation);
        store.Document<UnpostedSettlement>("unposted_settlement").Duplicate(u => u.Fund, notNull: true);
        store.Tables(LedgerTables.Of(store.Schema)).Tables(KnownOrganisations.Table(store.Schema));
    }

    /// <summary>The operator, for operations, sees all; others the funds that their organisation hosts or takes part in.</summary>
    public static bool SeesAll(AccessContext caller) => caller is { Kind: OrganisationKinds.SystemOperator, Purpose: Purposes.Operations };

    /// <summary>The fund of this id, or null where the caller may not see it.</summary>
    public async Task<Fund?> FindFundAsync(Guid id, AccessContext caller, CancellationToken ct) =>
        await FindAsync<Fund>(id, ct) is { } fund && (SeesAll(caller) || fund.Partners.Contains(caller.Organisation)) ? fund : null;

    /// <summary>Locks a fund's code until the save, so that no settlement is held while its fund is being created.</summary>
    public Task LockFundCodeAsync(string code, CancellationToken ct) => LockAsync($"fund|{code}", ct);
}
