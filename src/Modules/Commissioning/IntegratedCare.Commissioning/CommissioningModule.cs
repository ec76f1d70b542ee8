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
        .Add<AddContribution>()
        .Add<ReadLedger>()
        .Add<ListUnpostedSettlements>()
        .Add<ReadControlTotal>()
        .Add<RecordPlan>()
        .Add<ChangePlan>();

    public void AddReactions(ReactionList reactions) => reactions
        .Add<OnOrganisationChanged>()
        .Add<OnSettlementAgreed>();
}
