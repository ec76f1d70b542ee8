using IntegratedCare.Metrics.Domain;
using IntegratedCare.Metrics.Features;
using IntegratedCare.Metrics.Reactions;
using IntegratedCare.Metrics.Storage;
using IntegratedCare.Shared;
using IntegratedCare.Shared.Http;
using IntegratedCare.Shared.Outbox;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace IntegratedCare.Metrics;

/// <summary>Is it working, and can anybody check?</summary>
public sealed class MetricsModule : IModule
{
    public string Name => "Metrics";
    public string Schema => "metrics";
    public Type Session => typeof(MetricsDb);
    public IReadOnlyList<ProblemType> Problems => MetricsProblems.All;

    public static void Add(IServiceCollection services, IConfiguration configuration) =>
        services.AddModule<MetricsDb>(new MetricsModule(), configuration);

    public void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<LiveValues>();
        services.AddHostedService(provider => provider.GetRequiredService<LiveValues>());
    }

    public void MapEndpoints(EndpointList endpoints) => endpoints
        .Map<ListMetricDefinitions>()
        .Map<ReadMetricDefinition>()
        .Map<ComputeMetrics>()
        .Map<ReadComputation>()
        .Map<ReadValues>()
        .Map<ReadLineage>()
        .Map<VerifyValue>();

    public void AddReactions(ReactionList reactions) => reactions
        .Add<OnCareFactsRecorded>()
        .Add<OnRegisterCounted>()
        .Add<OnHighRiskConfirmed>()
        .Add<OnPlanChanged>()
        .Add<OnPersonDied>()
        .Add<OnDeathWithdrawn>()
        .Add<OnOrganisationChanged>()
        .Add<OnPlaceChanged>();
}
