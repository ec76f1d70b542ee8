using IntegratedCare.Commissioning.ControlTotals;
using IntegratedCare.Commissioning.Funds;
using IntegratedCare.Commissioning.Ledger;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Outbox;
using Marten;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace IntegratedCare.Commissioning;

/// <summary>Commissioning's documents and tables.</summary>
public interface ICommissioningStore : IDocumentStore;

/// <summary>Pooled funds and their ledgers, and the control totals of systems.</summary>
public sealed class CommissioningModule : IModule
{
    public string Name => "Commissioning";
    public string Schema => "commissioning";
    public Type Session => typeof(CommissioningSession);
    public IReadOnlyList<Scope> Scopes => CommissioningScopes.All;
    public IReadOnlyList<ProblemType> Problems => CommissioningProblems.All;

    public static void Add(IServiceCollection services, IConfiguration configuration) =>
        services.AddModule<ICommissioningStore, CommissioningSession>(new CommissioningModule(), configuration);

    public void Declare(StoreDeclaration store) => CommissioningSession.Declare(store);

    public void AddEndpoints(EndpointTypes endpoints) => endpoints
        .Add<CreateFund>()
        .Add<ReadFund>()
        .Add<ListFunds>()
        .Add<AddPartner>()
        .Add<AcceptPartnership>()
        .Add<ConfirmFund>()
        .Add<ClaimFund>()
        .Add<AddContribution>()
        .Add<ReadLedger>()
        .Add<ListUnpostedSettlements>()
        .Add<ReadControlTotal>()
        .Add<RecordPlan>()
        .Add<ChangePlan>()
        .Add<GrantPlanning>()
        .Add<RevokePlanning>();

    /// <summary>A fund's code is its host's to choose, and a held settlement belongs to its risk-share.</summary>
    public IReadOnlyList<string> AllowedDrops =>
    [
        "drop index if exists commissioning.mt_doc_fund_idx_code", "drop index if exists commissioning.mt_doc_unposted_settlement_idx_fund",
        "alter table commissioning.mt_doc_unposted_settlement drop column fund",
        "drop index if exists commissioning.mt_doc_unposted_settlement_idx_risk_share_id",
        "alter table commissioning.mt_doc_unposted_settlement drop column risk_share_id",
    ];

    public void AddReactions(ReactionList reactions) => reactions
        .Add<OnOrganisationChanged>()
        .Add<OnSettlementAgreed>();
}
