using IntegratedCare.Metrics.Domain;
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
    public Type DbContext => typeof(MetricsDb);
    public IReadOnlyList<ProblemType> Problems => MetricsProblems.All;

    public static void Add(IServiceCollection services, IConfiguration configuration) =>
        services.AddModule<MetricsDb>(new MetricsModule(), configuration);

    public void AddServices(IServiceCollection services, IConfiguration configuration)
    {
    }

    public void MapEndpoints(EndpointList endpoints)
    {
    }

    public void AddReactions(ReactionList reactions)
    {
    }
}
