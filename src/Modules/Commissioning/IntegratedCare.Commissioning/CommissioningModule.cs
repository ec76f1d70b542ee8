using IntegratedCare.Commissioning.Domain;
using IntegratedCare.Commissioning.Features;
using IntegratedCare.Commissioning.Reactions;
using IntegratedCare.Commissioning.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Outbox;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace IntegratedCare.Commissioning;

/// <summary>What did we agree, and what does the pooled money do?</summary>
public sealed class CommissioningModule : IModule
{
    public string Name => "Commissioning";
    public string Schema => "commissioning";
    public Type DbContext => typeof(CommissioningDb);
    public IReadOnlyList<ProblemType> Problems => CommissioningProblems.All;

    public static void Add(IServiceCollection services, IConfiguration configuration) =>
        services.AddModule<CommissioningDb>(new CommissioningModule(), configuration);

    public void AddServices(IServiceCollection services, IConfiguration configuration)
    {
    }

    public void MapEndpoints(EndpointList endpoints) => endpoints
        .Map<CreateFund>()
        .Map<GetFund>()
        .Map<ListFunds>()
        .Map<AddPartner>()
        .Map<AddContribution>()
        .Map<GetLedger>()
        .Map<ListUnpostedSettlements>()
        .Map<GetControlTotal>()
        .Map<RecordPlan>()
        .Map<ChangePlan>();

    public void AddReactions(ReactionList reactions) => reactions
        .Add<OnOrganisationChanged>()
        .Add<OnSettlementAgreed>();
}
