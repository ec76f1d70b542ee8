using IntegratedCare.Metrics.Areas;
using IntegratedCare.Metrics.Computations;
using IntegratedCare.Metrics.Definitions;
using IntegratedCare.Metrics.Facts;
using IntegratedCare.Metrics.Values;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Access;
using IntegratedCare.Shared.Documents;
using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Outbox;
using Marten;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace IntegratedCare.Metrics;

/// <summary>Metrics' documents and tables.</summary>
public interface IMetricsStore : IDocumentStore;

/// <summary>Metrics by area and period: definitions, live and published values, and their lineage.</summary>
public sealed class MetricsModule : IModule
{
    public string Name => "Metrics";
    public string Schema => "metrics";
    public Type Session => typeof(MetricsSession);
    public IReadOnlyList<Scope> Scopes => MetricsScopes.All;
    public IReadOnlyList<ProblemType> Problems => MetricsProblems.All;

    public static void Add(IServiceCollection services, IConfiguration configuration) =>
        services.AddModule<IMetricsStore, MetricsSession>(new MetricsModule(), configuration);

    public void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<LiveValueWorker>();
        services.AddHostedService(provider => provider.GetRequiredService<LiveValueWorker>());
    }

    public void Declare(StoreDeclaration store) => MetricsSession.Declare(store);

    public void AddEndpoints(EndpointTypes endpoints) => endpoints
        .Add<ListMetricDefinitions>()
        .Add<ReadMetricDefinition>()
        .Add<ComputeMetrics>()
        .Add<ReadComputation>()
        .Add<ListValues>()
        .Add<ReadLineage>()
        .Add<VerifyValue>();

    public void AddReactions(ReactionList reactions) => reactions
        .Add<OnCareFactsRecorded>()
        .Add<OnRegisterCounted>()
        .Add<OnHighRiskConfirmed>()
        .Add<OnPlanChanged>()
        .Add<OnPersonDied>()
        .Add<OnDeathWithdrawn>()
        .Add<OnOrganisationChanged>()
        .Add<OnPlaceChanged>();

    public IReadOnlyList<PersonColumn> PersonColumns { get; } =
    [
        new("fact.person_id", nameof(OnCareFactsRecorded)),
        new("register_entry.person_id", nameof(OnHighRiskConfirmed)),
        new("plan.person_id", nameof(OnPlanChanged)),
        new("death.person_id", nameof(OnPersonDied)),
    ];
}
